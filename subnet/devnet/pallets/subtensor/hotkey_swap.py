"""A neuron gets a new hotkey: uid, registration block and history stay, the key and what hangs on it move.

Commitments stay with the old hotkey, and timelocked commits of the old hotkey no longer open.
"""

from typing import Any, NamedTuple

from subnet.devnet.frame import Origin, ensure
from subnet.devnet.pallets import balances
from subnet.devnet.pallets.subtensor import errors, root_rates, shares, storage
from subnet.devnet.pallets.subtensor.events import HotkeySwapped
from subnet.devnet.pallets.subtensor.pallet import pallet
from subnet.devnet.pallets.subtensor.subnets import (
    ROOT,
    associate,
    coldkey_of,
    ensure_exists,
    is_member,
    is_subnet_account,
    netuids,
    storage_indices,
)
from subnet.devnet.pallets.subtensor.types import AccountId32, NetUid
from subnet.devnet.scale import BOOL, Option
from subnet.devnet.state import State
from subnet.devnet.storage import StorageMap

PRICE_EVERYWHERE, PRICE_ON_ONE = 100_000_000, 1_000_000  # rao, destroyed
_INTERVAL = {"localnet": 1, "mainnet": 7200}  # blocks between two swaps of a coldkey on one subnet

_BY_SUBNET: tuple[StorageMap[Any], ...] = (
    storage.Axons,
    storage.NeuronCertificates,
    storage.Prometheus,
    storage.AlphaDividendsPerSubnet,
    storage.RootAlphaDividendsPerSubnet,
    storage.Uids,
)
_BY_HOTKEY: tuple[StorageMap[Any], ...] = (storage.IsNetworkMember, storage.ChildkeyTake)
_LINKS = ((storage.ChildKeys, storage.ParentKeys), (storage.ParentKeys, storage.ChildKeys))
_ARGUMENTS = [("hotkey", AccountId32), ("new_hotkey", AccountId32), ("netuid", Option(NetUid))]


class Swap(NamedTuple):
    """Who swaps which hotkey for which."""

    coldkey: bytes
    old: bytes
    new: bytes
    keep_stake: bool = False


@pallet.call(70, _ARGUMENTS)
def swap_hotkey(state: State, origin: Origin, hotkey: bytes, new_hotkey: bytes, netuid: int | None) -> None:
    """Puts `new_hotkey` in the place of the signer's `hotkey`, with its stake, on one subnet or on all."""
    make(state, Swap(origin.signed(), hotkey, new_hotkey), netuid)


@pallet.call(72, [*_ARGUMENTS, ("keep_stake", BOOL)])
def swap_hotkey_v2(
    state: State, origin: Origin, hotkey: bytes, new_hotkey: bytes, netuid: int | None, keep_stake: bool
) -> None:
    """swap_hotkey; with `keep_stake` the stake stays with the old hotkey."""
    make(state, Swap(origin.signed(), hotkey, new_hotkey, keep_stake), netuid)


def make(state: State, swap: Swap, netuid: int | None) -> None:
    """Checks a swap and makes it, on one subnet or (None) wherever the old hotkey is."""
    ensure(coldkey_of(state, swap.old) == swap.coldkey, errors.NonAssociatedColdKey)
    ensure(swap.old != swap.new, errors.NewHotKeyIsSameWithOld)
    _ensure_not_too_soon(state, swap.coldkey)
    ensure(not is_subnet_account(swap.new), errors.CannotUseSystemAccount)
    subnets = _concerned(state, swap, netuid)
    _ensure_may_swap(state, swap, subnets)
    _pay(state, swap.coldkey, PRICE_EVERYWHERE if netuid is None else PRICE_ON_ONE)
    associate(state, swap.coldkey, swap.new)
    ensure(coldkey_of(state, swap.new) == swap.coldkey, errors.NonAssociatedColdKey)
    for subnet in subnets:
        _rekey(state, swap, subnet)
        storage.LastHotkeySwapOnNetuid[state, subnet, swap.coldkey] = state.block
    if netuid is None and not swap.keep_stake:
        _retire(state, swap)
    storage.LastTxBlock[state, swap.coldkey] = state.block
    state.deposit(HotkeySwapped(swap.coldkey, swap.old, swap.new))


def _ensure_not_too_soon(state: State, coldkey: bytes) -> None:
    last, limit = storage.LastTxBlock[state, coldkey], storage.TxRateLimit[state]
    soon = last and limit and state.block - last <= limit
    ensure(not soon, errors.HotKeySetTxRateLimitExceeded)


def _concerned(state: State, swap: Swap, netuid: int | None) -> list[int]:
    if netuid is not None:
        ensure_exists(state, netuid)
        ensure(is_member(state, netuid, swap.old), errors.HotKeyNotRegisteredInSubNet)
        return [netuid]
    return [
        subnet
        for subnet in netuids(state)
        if is_member(state, subnet, swap.old) or storage.TotalHotkeyAlpha[state, swap.old, subnet]
    ]


def _ensure_may_swap(state: State, swap: Swap, subnets: list[int]) -> None:
    interval = _INTERVAL[state.config.preset]
    for subnet in subnets:
        ensure(not is_member(state, subnet, swap.new), errors.HotKeyAlreadyRegisteredInSubNet)
        last = storage.LastHotkeySwapOnNetuid[state, subnet, swap.coldkey]
        ensure(last == 0 or state.block - last >= interval, errors.HotKeySwapOnSubnetIntervalNotPassed)
    if ROOT in subnets and not swap.keep_stake:
        clean = (
            not storage.TotalHotkeyAlpha[state, swap.new, ROOT] and not storage.RootClaimable[state, swap.new]
        )
        ensure(clean, errors.NewHotKeyNotCleanForRootSwap)


def _pay(state: State, coldkey: bytes, rao: int) -> None:
    ensure(balances.spendable(state, coldkey) >= rao, errors.NotEnoughBalanceToPaySwapHotKey)
    balances.withdraw(state, coldkey, rao)


def _rekey(state: State, swap: Swap, netuid: int) -> None:
    uid = storage.Uids[state, netuid, swap.old]
    if uid is not None:
        storage.Keys[state, netuid, uid] = swap.new
    if storage.SubnetOwnerHotkey[state, netuid] == swap.old:
        storage.SubnetOwnerHotkey[state, netuid] = swap.new
    for item in _BY_SUBNET:
        _move(state, item, (netuid, swap.old), (netuid, swap.new))
    for item in _BY_HOTKEY:
        _move(state, item, (swap.old, netuid), (swap.new, netuid))
    for index in storage_indices(state, netuid):
        _move(state, storage.WeightCommits, (index, swap.old), (index, swap.new))
    _relink(state, swap, netuid)
    if not swap.keep_stake:
        _move_stake(state, swap, netuid)


def _move(state: State, item: StorageMap[Any], source: tuple[Any, ...], target: tuple[Any, ...]) -> None:
    if item.has(state, *source):
        item[state, *target] = item[state, *source]
        del item[state, *source]


def _relink(state: State, swap: Swap, netuid: int) -> None:
    """Children and parents of the old hotkey become those of the new one."""
    for own, others in _LINKS:
        for _, other in own[state, swap.old, netuid]:
            links = others[state, other, netuid]
            renamed = ((share, swap.new if key == swap.old else key) for share, key in links)
            others[state, other, netuid] = tuple(renamed)
        _move(state, own, (swap.old, netuid), (swap.new, netuid))


def _move_stake(state: State, swap: Swap, netuid: int) -> None:
    claims = root_rates.renamed(state, swap.old, swap.new) if netuid == ROOT else {}
    for coldkey, subnet, alpha in list(shares.nominators(state, swap.old)):
        if subnet == netuid:
            shares.decrease_stake(state, swap.old, coldkey, netuid, alpha)
            shares.increase_stake(state, swap.new, coldkey, netuid, alpha)
    if netuid == ROOT:
        root_rates.restored(state, swap.new, claims)
    for (coldkey, subnet), hotkey in storage.AutoStakeDestination.items(state):
        if subnet == netuid and hotkey == swap.old:
            storage.AutoStakeDestination[state, coldkey, netuid] = swap.new


def _retire(state: State, swap: Swap) -> None:
    """Nothing is left of the old hotkey: it belongs to nobody and may be associated anew."""
    for item in (storage.Delegates, storage.AutoParentDelegationEnabled):
        _move(state, item, (swap.old,), (swap.new,))
    del storage.Owner[state, swap.old]
    owned = storage.OwnedHotkeys[state, swap.coldkey]
    storage.OwnedHotkeys[state, swap.coldkey] = tuple(key for key in owned if key != swap.old)
