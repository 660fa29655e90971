"""Who leaves when a full subnet takes a newcomer in, and which subnet leaves when a new one is registered.

Only the last epoch's emission counts. In a small subnet (few unprotected, non-immune seats) the chain
replaces an IMMUNE neuron first and refuses the newcomer when there is none; that is the chain's rule,
surprising as it is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MIN_NON_IMMUNE_UIDS = 10
IMMUNE_OWNER_UIDS_LIMIT = 1
NETWORK_IMMUNITY_PERIOD = 1_296_000


@dataclass(frozen=True, slots=True)
class Seat:
    """One uid as the pruning rule sees it: emission in rao of the last epoch, registration block."""

    uid: int
    emission: int
    registered_at: int
    protected: bool = False


def immune(seat: Seat, now: int, immunity_period: int) -> bool:
    """Whether the seat is younger than the immunity period."""
    return now - seat.registered_at < immunity_period


def worst(seats: Iterable[Seat]) -> Seat | None:
    """Seat with the lowest emission, then the earliest registration, then the lowest uid; None without seats."""
    return min(seats, key=lambda seat: (seat.emission, seat.registered_at, seat.uid), default=None)


def choose(
    seats: Sequence[Seat], now: int, immunity_period: int, min_non_immune: int = MIN_NON_IMMUNE_UIDS
) -> int | None:
    """Uid that a newcomer to a full subnet replaces, or None when the registration fails."""
    open_seats = [seat for seat in seats if not seat.protected]
    free = [seat for seat in open_seats if not immune(seat, now, immunity_period)]
    young = [seat for seat in open_seats if immune(seat, now, immunity_period)]
    candidate = worst(free) if len(free) > min_non_immune else worst(young)
    return None if candidate is None else candidate.uid


@dataclass(frozen=True, slots=True)
class Owned:
    """A uid held by the subnet owner's coldkey."""

    uid: int
    registered_at: int


def owner_immune(
    owned: Iterable[Owned], owner_uid: int | None, limit: int = IMMUNE_OWNER_UIDS_LIMIT
) -> list[int]:
    """Uids of the owner that are never pruned: oldest registrations first, at most `limit`.

    The uid of the subnet's owner hotkey goes to the front when the list lacks it.
    """
    uids = [seat.uid for seat in sorted(owned, key=lambda seat: (seat.registered_at, seat.uid))]
    if owner_uid is not None and owner_uid not in uids:
        uids.insert(0, owner_uid)
    return uids[:limit]


@dataclass(frozen=True, slots=True)
class Subnet:
    """One subnet as the dissolution rule sees it; `moving_price` is raw fixed point of any one format."""

    netuid: int
    moving_price: int
    registered_at: int


def subnet_to_prune(
    subnets: Iterable[Subnet], now: int, immunity_period: int = NETWORK_IMMUNITY_PERIOD
) -> int | None:
    """Netuid of the non-root subnet past its immunity with the lowest moving price, the oldest on a tie."""
    candidates = [s for s in subnets if s.netuid != 0 and now - s.registered_at >= immunity_period]
    lowest = min(candidates, key=lambda s: (s.moving_price, s.registered_at, s.netuid), default=None)
    return None if lowest is None else lowest.netuid
