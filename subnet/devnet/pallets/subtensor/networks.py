"""Subnets come into being and start: register_network and start_call (rules 3.1 to 3.5)."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

from subnet.devnet.frame import BadOrigin, BoundCall, Origin, custom, ensure
from subnet.devnet.pallets import balances
from subnet.devnet.pallets.subtensor import errors, neurons, pool
from subnet.devnet.pallets.subtensor.children import lend_from_root
from subnet.devnet.pallets.subtensor.dissolution import dissolve
from subnet.devnet.pallets.subtensor.events import FirstEmissionBlockNumberSet, NetworkAdded
from subnet.devnet.pallets.subtensor.identity import store_subnet_identity
from subnet.devnet.pallets.subtensor.pallet import pallet
from subnet.devnet.pallets.subtensor.presets import write_new_subnet
from subnet.devnet.pallets.subtensor.storage import (
    FirstEmissionBlockNumber,
    LastEpochBlock,
    LastRateLimitedBlock,
    NetworkImmunityPeriod,
    NetworkLastLockCost,
    NetworkLockReductionInterval,
    NetworkMinLockCost,
    NetworkRateLimit,
    NetworkRegisteredAt,
    NetworkRegistrationStartBlock,
    NetworksAdded,
    StartCallDelay,
    SubnetEmissionEnabled,
    SubnetLimit,
    SubnetLocked,
    SubnetMechanism,
    SubnetMovingPrice,
    SubnetOwner,
    SubnetOwnerHotkey,
    SubtokenEnabled,
    Tempo,
    TokenSymbol,
    TotalNetworks,
)
from subnet.devnet.pallets.subtensor.subnets import (
    ROOT,
    associate,
    coldkey_of,
    ensure_exists,
    is_subnet_account,
    netuids,
    subnet_account,
)
from subnet.devnet.pallets.subtensor.symbols import symbol_for
from subnet.devnet.pallets.subtensor.types import AccountId32, NetUid, SubnetIdentityV3
from subnet.devnet.scale import Option, Variant
from subnet.devnet.state import State
from subnet.rules import price, pruning, schedule
from subnet.rules.fixed import U64F64

DYNAMIC = 1
RATE_LIMIT = 6  # as the pool says it
LAST_REGISTERED = Variant("NetworkLastRegistered")


@pallet.call(59, [("hotkey", AccountId32)])
def register_network(state: State, origin: Origin, hotkey: bytes) -> None:
    """Creates a subnet; the signing coldkey owns it, pays its price, and `hotkey` gets uid 0."""
    create_network(state, origin.signed(), hotkey)


@pallet.call(79, [("hotkey", AccountId32), ("identity", Option(SubnetIdentityV3))])
def register_network_with_identity(state: State, origin: Origin, hotkey: bytes, identity: Any) -> None:
    """register_network, and set_subnet_identity in the same call."""
    netuid = create_network(state, origin.signed(), hotkey)
    if identity is not None:
        store_subnet_identity(state, netuid, identity)


@pallet.call(92, [("netuid", NetUid)])
def start_call(state: State, origin: Origin, netuid: int) -> None:
    """Starts a subnet: from the next block on it has emission, and its alpha can be staked (rules 3.5)."""
    ensure_exists(state, netuid)
    ensure(SubnetOwner[state, netuid] == origin.signed(), BadOrigin)
    ensure(FirstEmissionBlockNumber[state, netuid] is None, errors.FirstEmissionBlockNumberAlreadySet)
    earliest = NetworkRegisteredAt[state, netuid] + StartCallDelay[state]
    ensure(state.block >= earliest, errors.NeedWaitingMoreBlocksToStarCall)
    FirstEmissionBlockNumber[state, netuid] = state.block + 1
    SubtokenEnabled[state, netuid] = True
    state.deposit(FirstEmissionBlockNumberSet(netuid, state.block + 1))


def lock_cost(state: State) -> int:
    """Rao that a new subnet costs in this block (rules 3.2)."""
    last = price.Lock(NetworkLastLockCost[state], LastRateLimitedBlock[state, LAST_REGISTERED])
    return price.lock_cost(last, state.block, NetworkMinLockCost[state], NetworkLockReductionInterval[state])


def subnet_to_prune(state: State) -> int | None:
    """The subnet that would go for a new one, None when all are immune (rules 3.3)."""
    candidates = [
        pruning.Subnet(netuid, SubnetMovingPrice[state, netuid].bits, NetworkRegisteredAt[state, netuid])
        for netuid in netuids(state)
    ]
    return pruning.subnet_to_prune(candidates, state.block, NetworkImmunityPeriod[state])


def create_network(state: State, coldkey: bytes, hotkey: bytes) -> int:
    """Does what register_network says and returns the netuid (rules 3.1; the checks are in the chain's order)."""
    ensure(coldkey_of(state, hotkey) in (None, coldkey), errors.NonAssociatedColdKey)
    ensure(not is_subnet_account(hotkey), errors.CannotUseSystemAccount)
    ensure(state.block >= NetworkRegistrationStartBlock[state], errors.SubNetRegistrationDisabled)
    ensure(creation_allowed(state), errors.NetworkTxRateLimitExceeded)
    pruned = _pruned_for_newcomer(state)
    cost = lock_cost(state)
    ensure(balances.spendable(state, coldkey, keep_alive=False) >= cost, errors.CannotAffordLockCost)
    if pruned is not None:
        dissolve(state, pruned)
    netuid = _free_netuid(state) if pruned is None else pruned
    balances.transfer(state, coldkey, subnet_account(netuid), cost, keep_alive=False)
    NetworkLastLockCost[state] = cost
    LastRateLimitedBlock[state, LAST_REGISTERED] = state.block
    _found(state, netuid, coldkey, hotkey, cost)
    state.deposit(NetworkAdded(netuid, DYNAMIC))
    return netuid


@pallet.validate("register_network", "register_network_with_identity")
def validate_network(state: State, who: bytes, call: BoundCall) -> None:
    """Refuses a subnet that comes too soon after the last, before it enters the pool (rules 2.7)."""
    if not creation_allowed(state):
        raise custom(RATE_LIMIT)


def creation_allowed(state: State) -> bool:
    """Whether enough blocks have passed since the last subnet was created; the first is free to come."""
    last = LastRateLimitedBlock[state, LAST_REGISTERED]
    return bool(last == 0 or state.block - last >= NetworkRateLimit[state])


def add_network(state: State, netuid: int, mechanism: int) -> None:
    """Makes a netuid exist, without owner, neurons or pool."""
    NetworksAdded[state, netuid] = True
    TotalNetworks[state] = TotalNetworks[state] + 1
    SubnetMechanism[state, netuid] = mechanism
    NetworkRegisteredAt[state, netuid] = state.block
    TokenSymbol[state, netuid] = symbol_for(state, netuid)


def _pruned_for_newcomer(state: State) -> int | None:
    if len(netuids(state)) - 1 < SubnetLimit[state]:
        return None
    pruned = subnet_to_prune(state)
    ensure(pruned is not None, errors.SubnetLimitReached)
    return pruned


def _free_netuid(state: State) -> int:
    taken = set(netuids(state))
    return next(netuid for netuid in range(1, len(taken) + 2) if netuid not in taken)


def _found(state: State, netuid: int, coldkey: bytes, hotkey: bytes, lock: int) -> None:
    prices = _prices(state)
    add_network(state, netuid, DYNAMIC)
    write_new_subnet(state, netuid)
    LastEpochBlock[state, netuid] = schedule.first_last_epoch_block(netuid, Tempo[state, netuid], state.block)
    associate(state, coldkey, hotkey)
    SubnetOwner[state, netuid] = coldkey
    SubnetOwnerHotkey[state, netuid] = hotkey
    neurons.append(state, netuid, hotkey)
    tao, alpha = price.starting_pool(lock, prices, NetworkMinLockCost[state])
    pool.write_reserves(state, netuid, replace(pool.pool_of(state, netuid), tao=tao, alpha=alpha))
    SubnetLocked[state, netuid] = lock
    # Root must allow TAO emission; the subnet's own alpha is emitted once it is started
    SubnetEmissionEnabled[state, netuid] = False
    lend_from_root(state, netuid, hotkey)


def _prices(state: State) -> list[Fraction]:
    return [Fraction(pool.price(state, netuid), U64F64.one) for netuid in netuids(state) if netuid != ROOT]
