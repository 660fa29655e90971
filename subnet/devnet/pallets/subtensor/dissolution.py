"""A subnet goes: its stakers get the pool's TAO, and everything stored under its netuid is removed.

The real chain does this over many blocks and refunds the owner by a rule of its own; here it happens at once:
each staker gets the part of the pool's TAO that its alpha is of all staked alpha, the owner what is left.
"""

from collections.abc import Iterator
from typing import Any

from subnet.devnet.frame import Origin, ensure
from subnet.devnet.pallets import alpha_assets, assay, balances, commitments, swap
from subnet.devnet.pallets.subtensor import root_rates
from subnet.devnet.pallets.subtensor.errors import SubnetNotExists
from subnet.devnet.pallets.subtensor.events import NetworkRemoved
from subnet.devnet.pallets.subtensor.pallet import pallet
from subnet.devnet.pallets.subtensor.shares import stake_of
from subnet.devnet.pallets.subtensor.storage import (
    Alpha,
    SubnetOwner,
    SubnetTAO,
    TotalNetworks,
    TotalStake,
)
from subnet.devnet.pallets.subtensor.subnets import ROOT, ensure_exists, storage_indices, subnet_account
from subnet.devnet.pallets.subtensor.types import AccountId32, NetUid, NetUidStorageIndex
from subnet.devnet.state import State
from subnet.devnet.storage import StorageItem, StorageMap

# Pallets that store something by netuid
_OWNERS = (pallet, swap.pallet, alpha_assets.pallet, assay.pallet, commitments.pallet)


@pallet.call(61, [("coldkey", AccountId32), ("netuid", NetUid)])
def dissolve_network(state: State, origin: Origin, coldkey: bytes, netuid: int) -> None:
    """Removes a subnet that `coldkey` owns; for root only."""
    origin.root()
    ensure_exists(state, netuid)
    dissolve(state, netuid)


@pallet.call(120, [("netuid", NetUid)])
def root_dissolve_network(state: State, origin: Origin, netuid: int) -> None:
    """Removes a subnet; for root only."""
    origin.root()
    ensure_exists(state, netuid)
    dissolve(state, netuid)


def dissolve(state: State, netuid: int) -> None:
    """Pays the stakers of a subnet and removes it with all that is stored about it."""
    ensure(netuid != ROOT, SubnetNotExists)
    _pay_out(state, netuid)
    indices = set(storage_indices(state, netuid))
    for item in (item for owner in _OWNERS for item in owner.storage):
        if isinstance(item, StorageMap):
            for key in list(_keys_of(state, item, netuid, indices)):
                del item[state, *key]
    root_rates.forget(state, netuid)
    TotalNetworks[state] = TotalNetworks[state] - 1
    state.deposit(NetworkRemoved(netuid))


def _pay_out(state: State, netuid: int) -> None:
    account = subnet_account(netuid)
    stakes = {
        (hotkey, coldkey): stake_of(state, hotkey, coldkey, netuid)
        for hotkey, coldkey, at in Alpha.all_keys(state)
        if at == netuid
    }
    total, tao = sum(stakes.values()), SubnetTAO[state, netuid]
    TotalStake[state] = TotalStake[state] - tao
    for (_, coldkey), alpha in stakes.items():
        _give(state, account, coldkey, tao * alpha // total)
    _give(state, account, SubnetOwner[state, netuid], balances.free(state, account))
    balances.withdraw(state, account, balances.free(state, account), keep_alive=False)


def _give(state: State, account: bytes, coldkey: bytes, tao: int) -> None:
    """Pays somebody out of the subnet's account, unless it is too little to bring an account to life."""
    if balances.free(state, coldkey) + tao >= balances.EXISTENTIAL_DEPOSIT:
        balances.transfer(state, account, coldkey, tao, keep_alive=False)


def _keys_of(
    state: State, item: StorageItem[Any], netuid: int, indices: set[int]
) -> Iterator[tuple[Any, ...]]:
    """All keys of a map that name the subnet, or a mechanism of it."""
    kinds = [kind for _, kind in item.keys]
    wanted: set[int] = set()
    if NetUid in kinds:
        position, wanted = kinds.index(NetUid), {netuid}
    elif NetUidStorageIndex in kinds:
        position, wanted = kinds.index(NetUidStorageIndex), indices
    else:
        return
    assert isinstance(item, StorageMap)
    yield from (key for key in item.all_keys(state) if key[position] in wanted)
