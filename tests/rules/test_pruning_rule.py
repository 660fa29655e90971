"""Who leaves a full subnet, against a second, naive statement of the rule."""

from hypothesis import given
from hypothesis import strategies as st

from subnet.rules.pruning import Owned, Seat, Subnet, choose, owner_immune, subnet_to_prune

NOW, PERIOD = 1000, 100
seats = st.lists(st.tuples(st.integers(0, 3), st.integers(880, NOW), st.booleans()), max_size=25).map(
    lambda rows: [Seat(uid, *row) for uid, row in enumerate(rows)]
)


def naive(candidates: list[Seat], minimum: int) -> int | None:
    """Walk the seats in order of merit, lowest first, and take the first that the rule lets go."""
    by_merit = sorted(candidates, key=lambda seat: (seat.emission, seat.registered_at, seat.uid))
    old = [seat.uid for seat in by_merit if not seat.protected and NOW - seat.registered_at >= PERIOD]
    young = [seat.uid for seat in by_merit if not seat.protected and NOW - seat.registered_at < PERIOD]
    if len(old) > minimum:
        return old[0]
    return young[0] if young else None


@given(seats, st.integers(0, 12))
def test_the_choice_is_the_first_by_emission_then_age_then_uid(candidates: list[Seat], minimum: int) -> None:
    assert choose(candidates, NOW, PERIOD, minimum) == naive(candidates, minimum)


@given(seats, st.integers(0, 12))
def test_the_order_in_which_seats_are_listed_does_not_matter(candidates: list[Seat], minimum: int) -> None:
    assert choose(candidates[::-1], NOW, PERIOD, minimum) == choose(candidates, NOW, PERIOD, minimum)


def test_a_small_subnet_replaces_an_immune_neuron_first() -> None:
    old = [Seat(uid, 0, 0) for uid in range(10)]
    assert choose([*old, Seat(10, 99, NOW)], NOW, PERIOD) == 10
    assert choose(old, NOW, PERIOD) is None
    assert choose([*old, Seat(10, 0, 1)], NOW, PERIOD) == 0


def test_protected_seats_never_leave() -> None:
    assert choose([Seat(0, 0, 0, protected=True)], NOW, PERIOD, 0) is None


def test_the_owner_keeps_its_oldest_seats() -> None:
    owned = [Owned(4, 30), Owned(2, 10), Owned(3, 10)]
    assert owner_immune(owned, 2, limit=2) == [2, 3]
    assert owner_immune(owned, 9, limit=2) == [9, 2]
    assert owner_immune([], None) == []


def test_the_cheapest_subnet_past_its_immunity_is_dissolved() -> None:
    subnets = [Subnet(0, 0, 0), Subnet(1, 5, 3), Subnet(2, 5, 2), Subnet(3, 1, 95)]
    assert subnet_to_prune(subnets, now=100, immunity_period=50) == 2
    assert subnet_to_prune(subnets, now=100, immunity_period=99) is None
