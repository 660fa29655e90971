"""When epochs run, in which order, and how an epoch's emission is split over mechanisms."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MAX_TEMPO = 50_400
MIN_TEMPO = 360
MAX_EPOCHS_PER_BLOCK = 2
ADMIN_FREEZE_WINDOW = 10
MECHANISM_STRIDE = 4096
MAX_MECHANISMS = 16
U16_MAX = 65535
U64_MAX = 2**64 - 1


@dataclass(frozen=True, slots=True)
class Schedule:
    """What the chain stores about one subnet's epochs; all in blocks, `pending_epoch_at` 0 for none."""

    tempo: int
    last_epoch_block: int
    pending_epoch_at: int = 0
    blocks_since_last_step: int = 0


def due(schedule: Schedule, now: int) -> bool:
    """Whether the subnet's epoch fires in block `now`."""
    if schedule.tempo == 0:
        return False
    if 0 < schedule.pending_epoch_at <= now:
        return True
    if schedule.blocks_since_last_step > MAX_TEMPO:
        return True
    return max(now - schedule.last_epoch_block, 0) >= schedule.tempo


def next_epoch_start(schedule: Schedule) -> int | None:
    """Block of the next epoch, a triggered one included; None for a subnet without tempo."""
    if schedule.tempo == 0:
        return None
    automatic = schedule.last_epoch_block + schedule.tempo
    return min(automatic, schedule.pending_epoch_at) if schedule.pending_epoch_at else automatic


def blocks_until_next_epoch(schedule: Schedule, now: int) -> int:
    """Blocks left until the next epoch, 0 when it is overdue, u64 maximum without tempo."""
    start = next_epoch_start(schedule)
    return U64_MAX if start is None else max(start - now, 0)


def epoch_with_lookahead(schedule: Schedule, epoch_index: int, now: int) -> int:
    """Index of the epoch that block `now` belongs to: one more than stored when an epoch is due in it."""
    return epoch_index + int(due(schedule, now))


def first_last_epoch_block(netuid: int, tempo: int, now: int) -> int:
    """LastEpochBlock of a subnet created in block `now`, staggered so that subnets do not fire together."""
    return max(now - netuid % tempo, 0) if tempo else now


def storage_order(netuids: Iterable[int]) -> list[int]:
    """Subnets in the order in which the chain visits them: by their two-byte little-endian key."""
    return sorted(netuids, key=lambda netuid: netuid.to_bytes(2, "little"))


def split_by_cap(due_netuids: Sequence[int], cap: int = MAX_EPOCHS_PER_BLOCK) -> tuple[list[int], list[int]]:
    """Due subnets, in storage order, as (those that run in this block, those deferred to the next)."""
    return list(due_netuids[:cap]), list(due_netuids[cap:])


def in_freeze_window(schedule: Schedule, now: int, window: int = ADMIN_FREEZE_WINDOW) -> bool:
    """Whether owner settings are frozen: a triggered epoch is ahead, or the next epoch is nearer than `window`."""
    return schedule.pending_epoch_at > now or blocks_until_next_epoch(schedule, now) < window


def activity_cutoff(factor_milli: int, tempo: int) -> int:
    """Blocks after which a neuron that did not update counts as inactive."""
    return max(1, factor_milli * tempo // 1000)


def inactive(last_update: int, cutoff: int, now: int) -> bool:
    """Whether a neuron's last update lies more than `cutoff` blocks back."""
    return last_update + cutoff < now


def storage_index(netuid: int, mechid: int) -> int:
    """Key under which weights, bonds and the like of one mechanism are stored; ValueError out of range."""
    if not (0 <= netuid < MECHANISM_STRIDE and 0 <= mechid < MAX_MECHANISMS):
        raise ValueError(f"netuid {netuid} must be below 4096 and mechanism {mechid} below 16")
    return mechid * MECHANISM_STRIDE + netuid


def from_storage_index(index: int) -> tuple[int, int]:
    """(netuid, mechanism id) of a storage index."""
    return index % MECHANISM_STRIDE, index // MECHANISM_STRIDE


def mechanism_split(total: int, count: int, split: Sequence[int] | None = None) -> list[int]:
    """Emission of each of `count` mechanisms; `split` holds u16 shares of 65535, None means even.

    Shares are floored and mechanism 0 receives what that leaves, so the parts always sum to `total`.
    """
    if split is None:
        parts = [total // count] * count
    else:
        parts = [total * share // U16_MAX for share in split]
    parts[0] += total - sum(parts)
    return parts
