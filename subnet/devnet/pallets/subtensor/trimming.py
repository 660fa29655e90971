"""A subnet is made smaller: the neurons that earned least lose their seats, the others move together (rules 4.7)."""

from collections.abc import Callable
from typing import Any

from subnet.devnet.frame import ensure
from subnet.devnet.pallets.subtensor import errors, neurons, storage
from subnet.devnet.pallets.subtensor.subnets import storage_indices
from subnet.devnet.state import State
from subnet.devnet.storage import StorageMap
from subnet.rules import pruning

MOST_IMMUNE = 80  # percent of the seats that stay; the share of immune ones must be below

_VECTORS: tuple[StorageMap[Any], ...] = (
    storage.Active,
    storage.Emission,
    storage.Consensus,
    storage.Dividends,
    storage.ValidatorTrust,
    storage.ValidatorPermit,
    storage.StakeWeight,
)
_VECTORS_BY_MECHANISM: tuple[StorageMap[Any], ...] = (
    storage.Incentive,
    storage.LastUpdate,
    storage.ConsensusByMechanism,
)
_BY_UID: tuple[StorageMap[Any], ...] = (
    storage.Keys,
    storage.BlockAtRegistration,
    storage.AssociatedEvmAddress,
)


def trim(state: State, netuid: int, most: int) -> None:
    """Makes `most` the maximum of uids and removes who no longer fits; immune and owner's neurons stay.

    Raises InvalidValue for a maximum below MinAllowedUids or above the present one, and
    TrimmingWouldExceedMaxImmunePercentage.
    """
    in_bounds = storage.MinAllowedUids[state, netuid] <= most <= storage.MaxAllowedUids[state, netuid]
    ensure(in_bounds, errors.InvalidValue)
    storage.MaxAllowedUids[state, netuid] = most
    seats = neurons.seats(state, netuid)
    if len(seats) <= most:
        return
    period = storage.ImmunityPeriod[state, netuid]
    immune = [seat for seat in seats if seat.protected or pruning.immune(seat, state.block, period)]
    ensure(100 * len(immune) < MOST_IMMUNE * most, errors.TrimmingWouldExceedMaxImmunePercentage)
    # Of those who earned the same the later seats go first
    weakest = sorted((s for s in seats if s not in immune), key=lambda seat: (seat.emission, -seat.uid))
    for seat in weakest[: len(seats) - most]:
        _remove(state, netuid, seat.uid)
    _close_gaps(state, netuid, len(seats))


def _remove(state: State, netuid: int, uid: int) -> None:
    hotkey = storage.Keys[state, netuid, uid]
    neurons.leave(state, netuid, uid, hotkey)
    del storage.AlphaDividendsPerSubnet[state, netuid, hotkey]
    for item in _BY_UID:
        del item[state, netuid, uid]
    for index in storage_indices(state, netuid):
        del storage.Weights[state, index, uid]
        del storage.Bonds[state, index, uid]


def _close_gaps(state: State, netuid: int, before: int) -> None:
    """Numbers the neurons that are left from 0 in the order of their old uids, in all that names a uid."""
    left = [uid for uid in range(before) if storage.Keys.has(state, netuid, uid)]
    renumbered = {old: new for new, old in enumerate(left)}
    for item in _BY_UID:
        _move(state, item, netuid, renumbered)
    for new in renumbered.values():
        storage.Uids[state, netuid, storage.Keys[state, netuid, new]] = new
    for vector in _VECTORS:
        _shorten(state, vector, netuid, left)
    for index in storage_indices(state, netuid):
        for vector in _VECTORS_BY_MECHANISM:
            _shorten(state, vector, index, left)
        for rows in (storage.Weights, storage.Bonds):
            _move(state, rows, index, renumbered, lambda row: _without_gaps(row, renumbered))
    storage.SubnetworkN[state, netuid] = len(left)


def _move(
    state: State,
    item: StorageMap[Any],
    key: int,
    renumbered: dict[int, int],
    changed: Callable[[Any], Any] = lambda value: value,
) -> None:
    """Puts each uid's value under its new number, which is never larger than the old one."""
    for old, new in renumbered.items():
        if item.has(state, key, old):
            value = changed(item[state, key, old])
            del item[state, key, old]
            item[state, key, new] = value


def _without_gaps(
    row: tuple[tuple[int, int], ...], renumbered: dict[int, int]
) -> tuple[tuple[int, int], ...]:
    return tuple((renumbered[uid], value) for uid, value in row if uid in renumbered)


def _shorten(state: State, vector: StorageMap[Any], key: int, left: list[int]) -> None:
    values = vector[state, key]
    if values:
        vector[state, key] = tuple(values[uid] for uid in left if uid < len(values))
