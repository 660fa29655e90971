"""Takes of hotkeys, and where a coldkey's incentives are staked (rules 5.8)."""

from subnet.devnet.frame import BoundCall, Origin, custom, ensure
from subnet.devnet.pallets.subtensor import errors
from subnet.devnet.pallets.subtensor.events import (
    AutoStakeDestinationSet,
    ChildKeyTakeSet,
    TakeDecreased,
    TakeIncreased,
)
from subnet.devnet.pallets.subtensor.pallet import pallet
from subnet.devnet.pallets.subtensor.storage import (
    AutoParentDelegationEnabled,
    AutoStakeDestination,
    ChildkeyTake,
    Delegates,
    LastRateLimitedBlock,
    MaxDelegateTake,
    MinChildkeyTakePerSubnet,
    MinDelegateTake,
    TxDelegateTakeRateLimit,
    Uids,
)
from subnet.devnet.pallets.subtensor.subnets import coldkey_of, ensure_exists
from subnet.devnet.pallets.subtensor.types import AccountId32, NetUid, PerU16
from subnet.devnet.scale import BOOL, Variant
from subnet.devnet.state import State

NOT_OWNER, TAKE_TOO_LOW, TAKE_TOO_HIGH = 25, 26, 27
MAX_CHILDKEY_TAKE = 11796  # of 65535: 18 %
HOTKEY, NETUID, TAKE = ("hotkey", AccountId32), ("netuid", NetUid), ("take", PerU16)


@pallet.call(65, [HOTKEY, TAKE], pays=False)
def decrease_take(state: State, origin: Origin, hotkey: bytes, take: int) -> None:
    """Lowers the share of dividends that the hotkey's owner keeps."""
    coldkey = owner_of(state, origin, hotkey)
    ensure(MinDelegateTake[state] <= take < Delegates[state, hotkey], errors.DelegateTakeTooLow)
    Delegates[state, hotkey] = take
    state.deposit(TakeDecreased(coldkey, hotkey, take))


@pallet.call(66, [HOTKEY, TAKE], pays=False)
def increase_take(state: State, origin: Origin, hotkey: bytes, take: int) -> None:
    """Raises the owner's share of dividends, once in TxDelegateTakeRateLimit blocks."""
    coldkey = owner_of(state, origin, hotkey)
    ensure(take > Delegates[state, hotkey], errors.DelegateTakeTooLow)
    ensure(take <= MaxDelegateTake[state], errors.DelegateTakeTooHigh)
    key = Variant("LastTxBlockDelegateTake", (hotkey,))
    last = LastRateLimitedBlock[state, key]
    soon = last and state.block - last < TxDelegateTakeRateLimit[state]
    ensure(not soon, errors.DelegateTxRateLimitExceeded)
    LastRateLimitedBlock[state, key] = state.block
    Delegates[state, hotkey] = take
    state.deposit(TakeIncreased(coldkey, hotkey, take))


@pallet.call(75, [HOTKEY, NETUID, TAKE])
def set_childkey_take(state: State, origin: Origin, hotkey: bytes, netuid: int, take: int) -> None:
    """Sets what the hotkey keeps of the dividends that stake lent to it earns on a subnet."""
    owner_of(state, origin, hotkey)
    ensure_exists(state, netuid)
    least = MinChildkeyTakePerSubnet[state, netuid]
    ensure(least <= take <= MAX_CHILDKEY_TAKE, errors.InvalidChildkeyTake)
    ChildkeyTake[state, hotkey, netuid] = take
    state.deposit(ChildKeyTakeSet(hotkey, take))


@pallet.call(114, [NETUID, HOTKEY])
def set_coldkey_auto_stake_hotkey(state: State, origin: Origin, netuid: int, hotkey: bytes) -> None:
    """From now on the incentives of all the signer's miners on a subnet are staked on this hotkey."""
    coldkey = origin.signed()
    ensure_exists(state, netuid)
    ensure(Uids[state, netuid, hotkey] is not None, errors.HotKeyNotRegisteredInSubNet)
    before = AutoStakeDestination[state, coldkey, netuid]
    ensure(before != hotkey, errors.SameAutoStakeHotkeyAlreadySet)
    AutoStakeDestination[state, coldkey, netuid] = hotkey
    state.deposit(AutoStakeDestinationSet(coldkey, netuid, hotkey))


@pallet.call(135, [HOTKEY, ("enabled", BOOL)])
def set_auto_parent_delegation_enabled(state: State, origin: Origin, hotkey: bytes, enabled: bool) -> None:
    """Says whether a root member lends its stake to the owners of subnets that are founded from now on."""
    owner_of(state, origin, hotkey)
    AutoParentDelegationEnabled[state, hotkey] = enabled


@pallet.validate("decrease_take", "increase_take")
def validate_take(state: State, who: bytes, call: BoundCall) -> None:
    """Refuses takes that could not be set, before they reach the pool."""
    if coldkey_of(state, call.args.hotkey) != who:
        raise custom(NOT_OWNER)
    take, before = call.args.take, Delegates[state, call.args.hotkey]
    too_low = take >= before if call.name == "decrease_take" else take <= before
    if too_low or take < MinDelegateTake[state]:
        raise custom(TAKE_TOO_LOW)
    if take > MaxDelegateTake[state]:
        raise custom(TAKE_TOO_HIGH)


def owner_of(state: State, origin: Origin, hotkey: bytes) -> bytes:
    """The signing coldkey; raises HotKeyAccountNotExists, or NonAssociatedColdKey for another's hotkey."""
    coldkey = origin.signed()
    owner = coldkey_of(state, hotkey)
    ensure(owner is not None, errors.HotKeyAccountNotExists)
    ensure(owner == coldkey, errors.NonAssociatedColdKey)
    return coldkey
