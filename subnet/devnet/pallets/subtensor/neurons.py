"""Seats of a subnet: who gets which uid, and what a newcomer finds of the one it replaces (rules 4.4 to 4.6)."""

from typing import Any

from subnet.devnet.pallets.subtensor import storage
from subnet.devnet.pallets.subtensor.storage import (
    BlockAtRegistration,
    Bonds,
    Emission,
    IsNetworkMember,
    Keys,
    OwnedHotkeys,
    SubnetOwner,
    SubnetOwnerHotkey,
    SubnetworkN,
    Uids,
    Weights,
)
from subnet.devnet.pallets.subtensor.subnets import owner_uid, storage_indices
from subnet.devnet.state import State
from subnet.devnet.storage import StorageMap
from subnet.rules import pruning
from subnet.rules.weights import without_target

# What a fresh neuron has in the vectors of its subnet; StakeWeight is left to the next epoch
_FRESH: tuple[tuple[StorageMap[Any], Any], ...] = (
    (storage.Active, True),
    (storage.Emission, 0),
    (storage.Consensus, 0),
    (storage.Dividends, 0),
    (storage.ValidatorTrust, 0),
    (storage.ValidatorPermit, False),
)
_PUBLISHED_BY_HOTKEY = (storage.Axons, storage.NeuronCertificates, storage.Prometheus)


def is_full(state: State, netuid: int) -> bool:
    """Whether a newcomer must replace somebody."""
    return bool(SubnetworkN[state, netuid] >= storage.MaxAllowedUids[state, netuid])


def replaceable(state: State, netuid: int) -> int | None:
    """The uid that a newcomer to the full subnet would take, None when there is none (rules 4.5)."""
    return pruning.choose(
        seats(state, netuid),
        state.block,
        storage.ImmunityPeriod[state, netuid],
        storage.MinNonImmuneUids[state, netuid],
    )


def append(state: State, netuid: int, hotkey: bytes) -> int:
    """Gives the hotkey the next free uid and returns it."""
    uid: int = SubnetworkN[state, netuid]
    SubnetworkN[state, netuid] = uid + 1
    _sit(state, netuid, uid, hotkey)
    return uid


def replace(state: State, netuid: int, uid: int, hotkey: bytes) -> None:
    """Gives a taken uid to the hotkey; the subnet owner's hotkey keeps its seat, silently."""
    old: bytes = Keys[state, netuid, uid]
    if old == SubnetOwnerHotkey[state, netuid]:
        return
    leave(state, netuid, uid, old)
    _forget_judgements(state, netuid, uid)
    _sit(state, netuid, uid, hotkey)


def put(item: StorageMap[Any], state: State, key: int, uid: int, value: Any) -> None:
    """Writes one entry of a per-uid vector; missing entries before it read as zero."""
    vector = list(item[state, key])
    vector.extend([type(value)()] * (uid + 1 - len(vector)))
    vector[uid] = value
    item[state, key] = tuple(vector)


def _sit(state: State, netuid: int, uid: int, hotkey: bytes) -> None:
    Keys[state, netuid, uid] = hotkey
    Uids[state, netuid, hotkey] = uid
    IsNetworkMember[state, hotkey, netuid] = True
    BlockAtRegistration[state, netuid, uid] = state.block
    for item, value in _FRESH:
        put(item, state, netuid, uid, value)
    for index in storage_indices(state, netuid):
        put(storage.Incentive, state, index, uid, 0)
        put(storage.LastUpdate, state, index, uid, state.block)


def leave(state: State, netuid: int, uid: int, hotkey: bytes) -> None:
    """Takes a hotkey's membership and what it published; its stake stays with it."""
    del Uids[state, netuid, hotkey]
    del IsNetworkMember[state, hotkey, netuid]
    del storage.AssociatedEvmAddress[state, netuid, uid]
    for item in _PUBLISHED_BY_HOTKEY:
        del item[state, netuid, hotkey]


def _forget_judgements(state: State, netuid: int, uid: int) -> None:
    """Removes what the old neuron thought of others and what others thought of it; bonds towards it stay."""
    if uid < len(storage.StakeWeight[state, netuid]):
        put(storage.StakeWeight, state, netuid, uid, 0)
    for index in storage_indices(state, netuid):
        del Weights[state, index, uid]
        del Bonds[state, index, uid]
        for (validator,), row in list(Weights.items(state, index)):
            if any(target == uid and value for target, value in row):
                Weights[state, index, validator] = tuple(without_target(row, uid))


def seats(state: State, netuid: int) -> list[pruning.Seat]:
    """All uids of a subnet as the pruning rule sees them."""
    emission = Emission[state, netuid]
    kept = set(_kept_by_owner(state, netuid))
    return [
        pruning.Seat(
            uid,
            emission[uid] if uid < len(emission) else 0,
            BlockAtRegistration[state, netuid, uid],
            uid in kept,
        )
        for uid in range(SubnetworkN[state, netuid])
    ]


def _kept_by_owner(state: State, netuid: int) -> list[int]:
    """Uids that are never replaced because they belong to the subnet's owner."""
    uids = (Uids[state, netuid, hotkey] for hotkey in OwnedHotkeys[state, SubnetOwner[state, netuid]])
    owned = [pruning.Owned(uid, BlockAtRegistration[state, netuid, uid]) for uid in uids if uid is not None]
    return pruning.owner_immune(owned, owner_uid(state, netuid), storage.ImmuneOwnerUidsLimit[state, netuid])
