"""Child hotkeys: a hotkey lends parts of its stake on a subnet to others, after a cooldown (rules 5.2)."""

from subnet.devnet.frame import Origin, ensure
from subnet.devnet.pallets.subtensor import errors, stake_weight
from subnet.devnet.pallets.subtensor.delegation import owner_of
from subnet.devnet.pallets.subtensor.events import SetChildren, SetChildrenScheduled
from subnet.devnet.pallets.subtensor.pallet import pallet
from subnet.devnet.pallets.subtensor.storage import (
    AutoParentDelegationEnabled,
    ChildKeys,
    LastEpochBlock,
    ParentKeys,
    PendingChildKeyCooldown,
    PendingChildKeys,
    StakeThreshold,
    Uids,
)
from subnet.devnet.pallets.subtensor.subnets import ROOT, ensure_exists, netuids
from subnet.devnet.pallets.subtensor.types import AccountId32, NetUid, Proportions
from subnet.devnet.state import State
from subnet.rules.fixed import U64_MAX

MAX_CHILDREN = 5
Links = tuple[tuple[int, bytes], ...]


@pallet.call(67, [("hotkey", AccountId32), ("netuid", NetUid), ("children", Proportions)])
def set_children(state: State, origin: Origin, hotkey: bytes, netuid: int, children: Links) -> None:
    """Schedules whom the hotkey lends which parts (of 2**64 - 1) of its stake to; the list replaces the last."""
    owner_of(state, origin, hotkey)
    ensure(netuid != ROOT, errors.RegistrationNotPermittedOnRootSubnet)
    ensure_exists(state, netuid)
    _check(hotkey, children)
    enough = stake_weight.weight(state, netuid, hotkey) >= StakeThreshold[state]
    ensure(enough or not children, errors.NotEnoughStakeToSetChildkeys)
    due = state.block + PendingChildKeyCooldown[state]
    PendingChildKeys[state, netuid, hotkey] = (children, due)
    state.deposit(SetChildrenScheduled(hotkey, netuid, due, children))


def lend_from_root(state: State, netuid: int, owner_hotkey: bytes) -> None:
    """Schedules the owner's hotkey of a new subnet as the only child of each root member that allows it."""
    due = state.block + PendingChildKeyCooldown[state]
    children = ((U64_MAX, owner_hotkey),)
    for (member,), _ in list(Uids.items(state, ROOT)):
        if member != owner_hotkey and AutoParentDelegationEnabled[state, member]:
            PendingChildKeys[state, netuid, member] = (children, due)
            state.deposit(SetChildrenScheduled(member, netuid, due, children))


@pallet.on_initialize(order=70)
def apply_pending_children(state: State) -> None:
    """Puts scheduled children into force on subnets whose epoch ran in this block (rules 1.2, step 7)."""
    for netuid in netuids(state):
        if netuid == ROOT or LastEpochBlock[state, netuid] != state.block:
            continue
        for (hotkey,), (children, due) in PendingChildKeys.items(state, netuid):
            if due <= state.block:
                _link(state, netuid, hotkey, children)
                del PendingChildKeys[state, netuid, hotkey]
                state.deposit(SetChildren(hotkey, netuid, children))


def _check(hotkey: bytes, children: Links) -> None:
    keys = [child for _, child in children]
    ensure(len(keys) <= MAX_CHILDREN, errors.TooManyChildren)
    ensure(hotkey not in keys, errors.InvalidChild)
    ensure(len(set(keys)) == len(keys), errors.DuplicateChild)
    ensure(sum(share for share, _ in children) <= U64_MAX, errors.ProportionOverflow)


def _link(state: State, netuid: int, parent: bytes, children: Links) -> None:
    for _, child in ChildKeys[state, parent, netuid]:
        others = tuple(link for link in ParentKeys[state, child, netuid] if link[1] != parent)
        ParentKeys[state, child, netuid] = others
    ChildKeys[state, parent, netuid] = children
    for share, child in children:
        ParentKeys[state, child, netuid] = (*ParentKeys[state, child, netuid], (share, parent))
