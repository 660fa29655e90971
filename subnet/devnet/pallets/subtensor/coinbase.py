"""What every block does about emission: mint, share out, set aside, and run the epochs that are due (rules 8).

Nothing here loops over neurons except the epochs. TAO is minted where it goes: what no subnet receives is not
issued at all, which comes to the same as minting and recycling it.
"""

from typing import NamedTuple, TypeVar

from subnet.devnet.dispatch import ModuleError
from subnet.devnet.pallets import balances
from subnet.devnet.pallets.alpha_assets import AlphaBurned
from subnet.devnet.pallets.subtensor import pool, storage
from subnet.devnet.pallets.subtensor.distribution import distribute
from subnet.devnet.pallets.subtensor.epoch import hotkeys_of, run_epoch
from subnet.devnet.pallets.subtensor.events import EpochDeferred, EpochSkipped
from subnet.devnet.pallets.subtensor.pallet import pallet
from subnet.devnet.pallets.subtensor.storage import (
    BlockEmission,
    BlocksSinceLastStep,
    FirstEmissionBlockNumber,
    LastEpochBlock,
    LastMechansimStepBlock,
    MaxEpochsPerBlock,
    PendingEpochAt,
    PendingOwnerCut,
    PendingRootAlphaDivs,
    PendingServerEmission,
    PendingValidatorEmission,
    RootProp,
    SubnetAlphaIn,
    SubnetAlphaInEmission,
    SubnetAlphaOut,
    SubnetAlphaOutEmission,
    SubnetEpochIndex,
    SubnetMovingPrice,
    SubnetProtocolAlpha,
    SubnetTAO,
    SubnetTaoInEmission,
    TaoWeight,
)
from subnet.devnet.pallets.subtensor.subnets import ROOT, netuids, schedule_of, subnet_account
from subnet.devnet.pallets.subtensor.types import FixedI128, FixedU128
from subnet.devnet.state import State
from subnet.devnet.storage import StorageMap
from subnet.rules import emission, schedule


@pallet.on_initialize(order=20)
def compute_block_emission(state: State) -> None:
    """Stores how much TAO this block may issue."""
    amount = emission.block_emission(balances.TotalIssuance[state])
    if amount != BlockEmission[state]:
        BlockEmission[state] = amount


@pallet.on_initialize(order=40)
def run_coinbase(state: State) -> None:
    """Emits to the subnets that are started, then runs the epochs that are due."""
    subnets = [netuid for netuid in netuids(state) if netuid != ROOT]
    emit(state, [netuid for netuid in subnets if is_emitting(state, netuid)])
    for netuid, drained in drain(state, subnets):
        earned = run_epoch(state, netuid, drained.to_distribute)
        distribute(state, netuid, drained, earned)
        LastMechansimStepBlock[state, netuid] = state.block


@pallet.on_initialize(order=50)
def update_moving_prices(state: State) -> None:
    """Lets the averages of started subnets follow their pools' prices (rules 8.3)."""
    for netuid in netuids(state):
        if netuid == ROOT or not is_emitting(state, netuid):
            continue
        average = emission.Average(
            storage.SubnetMovingAlpha[state].bits, storage.EMAPriceHalvingBlocks[state, netuid]
        )
        age = state.block - (FirstEmissionBlockNumber[state, netuid] or 0)
        before = SubnetMovingPrice[state, netuid].bits
        moved = emission.moving_price(before, pool.price(state, netuid), age, average)
        if moved != before:
            SubnetMovingPrice[state, netuid] = FixedI128(moved)


@pallet.on_initialize(order=60)
def update_root_proportions(state: State) -> None:
    """Stores root's part of each subnet."""
    for netuid in netuids(state):
        if netuid != ROOT:
            _write(RootProp, state, netuid, FixedU128(_root_part(state, netuid)))


def is_emitting(state: State, netuid: int) -> bool:
    """Whether the subnet is started and takes part in emission."""
    return bool(
        FirstEmissionBlockNumber[state, netuid] is not None
        and storage.SubtokenEnabled[state, netuid]
        and storage.NetworkRegistrationAllowed[state, netuid]
    )


def emit(state: State, subnets: list[int]) -> None:
    """Gives each started subnet its part of the block's TAO and its own alpha (rules 8.2)."""
    shares = emission.shares({netuid: _emitter(state, netuid) for netuid in subnets}) if subnets else {}
    moving = {netuid: SubnetMovingPrice[state, netuid].bits for netuid in subnets}
    root_is_paid = emission.root_is_paid(moving)
    for netuid in subnets:
        alpha = emission.block_emission(_alpha_issuance(state, netuid))
        _inject(state, netuid, emission.tao_share(BlockEmission[state], shares[netuid]), alpha)
        _set_aside(state, netuid, alpha, root_is_paid)


T = TypeVar("T")


class Drained(NamedTuple):
    """A subnet whose epoch runs in this block, and what was pending for it."""

    netuid: int
    pending: emission.Pending


def drain(state: State, subnets: list[int]) -> list[Drained]:
    """Decides which epochs run in this block and takes what is pending for them (rules 1.4)."""
    drained, ran = [], 0
    for netuid in subnets:
        BlocksSinceLastStep[state, netuid] = BlocksSinceLastStep[state, netuid] + 1
        if not schedule.due(schedule_of(state, netuid), state.block):
            continue
        if ran >= MaxEpochsPerBlock[state]:
            PendingEpochAt[state, netuid] = state.block + 1
            state.deposit(EpochDeferred(netuid, state.block, state.block + 1))
            continue
        ran += 1
        if _is_consistent(state, netuid):
            BlocksSinceLastStep[state, netuid] = 0
            drained.append(Drained(netuid, _take_pending(state, netuid)))
        else:
            state.deposit(EpochSkipped(netuid, state.block))
        LastEpochBlock[state, netuid] = state.block
        PendingEpochAt[state, netuid] = 0
        SubnetEpochIndex[state, netuid] = SubnetEpochIndex[state, netuid] + 1
    return drained


def pending(state: State, netuid: int) -> emission.Pending:
    """What the subnet's next epoch would hand out, in rao of alpha."""
    return emission.Pending(
        PendingServerEmission[state, netuid],
        PendingValidatorEmission[state, netuid],
        PendingRootAlphaDivs[state, netuid],
        PendingOwnerCut[state, netuid],
    )


def _emitter(state: State, netuid: int) -> emission.Emitter:
    return emission.Emitter(
        SubnetMovingPrice[state, netuid].bits,
        storage.MinerBurned[state, netuid].bits,
        storage.SubnetEmissionEnabled[state, netuid],
    )


def _alpha_issuance(state: State, netuid: int) -> int:
    issued: int = SubnetAlphaIn[state, netuid] + SubnetAlphaOut[state, netuid]
    return issued


def _root_part(state: State, netuid: int) -> int:
    return emission.root_proportion(SubnetTAO[state, ROOT], _alpha_issuance(state, netuid), TaoWeight[state])


def _inject(state: State, netuid: int, tao: int, alpha_emission: int) -> None:
    """Adds TAO and alpha to the pool at its price; TAO beyond that buys alpha that nobody owns."""
    root_part = _root_part(state, netuid)
    parts = emission.injection(tao, pool.price(state, netuid), alpha_emission, root_part)
    if (parts.tao_in or parts.alpha_in) and not pool.inject(state, netuid, parts.tao_in, parts.alpha_in):
        parts = emission.Injection(0, 0, parts.excess)
    if parts.excess:
        _buy_for_nobody(state, netuid, parts.excess)
    _write(SubnetTaoInEmission, state, netuid, parts.tao_in)
    _write(SubnetAlphaInEmission, state, netuid, parts.alpha_in)


def _buy_for_nobody(state: State, netuid: int, tao: int) -> None:
    """Buys alpha with newly issued TAO; where the pool refuses, that TAO is not issued."""
    try:
        with state.transaction():
            balances.deposit(state, subnet_account(netuid), tao)
            bought = pool.swap_tao_for_alpha(state, netuid, tao, drop_fees=True)
    except ModuleError:
        return
    SubnetProtocolAlpha[state, netuid] = SubnetProtocolAlpha[state, netuid] + bought


def _set_aside(state: State, netuid: int, alpha: int, root_is_paid: bool) -> None:
    """Issues the block's alpha and keeps it for the next epoch, by destination."""
    cut = storage.SubnetOwnerCut[state] if storage.OwnerCutEnabled[state, netuid] else 0
    parts = emission.alpha_split(alpha, _root_part(state, netuid), cut)
    kept_for_root = parts.root_alpha if root_is_paid else 0
    recycled = parts.root_alpha - kept_for_root
    SubnetAlphaOut[state, netuid] = SubnetAlphaOut[state, netuid] + alpha - recycled
    # What the floors leave is issued, but nobody's
    _add(AlphaBurned, state, netuid, alpha - parts.to_distribute - parts.owner_cut)
    _write(SubnetAlphaOutEmission, state, netuid, alpha)
    _add(PendingServerEmission, state, netuid, parts.server)
    _add(PendingValidatorEmission, state, netuid, parts.validator)
    _add(PendingRootAlphaDivs, state, netuid, kept_for_root)
    _add(PendingOwnerCut, state, netuid, parts.owner_cut)


def _take_pending(state: State, netuid: int) -> emission.Pending:
    taken = pending(state, netuid)
    for item in (PendingServerEmission, PendingValidatorEmission, PendingRootAlphaDivs, PendingOwnerCut):
        _write(item, state, netuid, 0)
    return taken


def _is_consistent(state: State, netuid: int) -> bool:
    """Whether no hotkey sits on two uids."""
    hotkeys = hotkeys_of(state, netuid)
    return len(set(hotkeys)) == len(hotkeys)


def _add(item: StorageMap[int], state: State, netuid: int, amount: int) -> None:
    if amount:
        item[state, netuid] = item[state, netuid] + amount


def _write(item: StorageMap[T], state: State, netuid: int, value: T) -> None:
    if item[state, netuid] != value:
        item[state, netuid] = value
