"""The price of a seat and the cost of a subnet."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subnet.rules import price
from subnet.rules.fixed import U64F64

OPEN = price.Bounds(0, 2**64 - 1)
burns = st.integers(0, 2**64 - 1)


@given(burns, burns, st.integers(1, 36_100))
@settings(max_examples=50)
def test_decay_keeps_the_order_of_prices_and_never_raises_one(one: int, other: int, half_life: int) -> None:
    low, high = sorted((one, other))
    assert price.decayed(low, half_life, OPEN) <= price.decayed(high, half_life, OPEN) <= high


@given(st.integers(1, 36_100))
@settings(max_examples=30)
def test_the_decay_factor_is_the_half_life_root_of_one_half(half_life: int) -> None:
    assert (price.decay_factor(half_life) / 2**32) ** half_life == pytest.approx(0.5, rel=1e-4)


def test_a_half_life_of_zero_keeps_the_price() -> None:
    assert price.decayed(7, 0, OPEN) == 7


def test_a_price_halves_over_its_half_life_and_truncates_below() -> None:
    burn, prices = 1024, []
    for _ in range(4):
        burn = price.decayed(burn, 2, OPEN)
        prices.append(burn)
    assert prices[1::2] == [511, 255]


@given(burns, st.floats(0, 3))
def test_a_registration_never_lowers_the_price(burn: int, mult: float) -> None:
    assert price.bumped(burn, U64F64.from_number(mult), OPEN) >= burn


@given(burns, st.integers(1, 36_100))
@settings(max_examples=30)
def test_the_price_stays_within_its_bounds(burn: int, half_life: int) -> None:
    for moved in (price.decayed(burn, half_life), price.bumped(burn)):
        assert price.MIN_BURN <= moved <= price.MAX_BURN


def test_the_first_subnet_pays_the_last_lock_and_later_ones_twice_it_falling() -> None:
    assert price.lock_cost(price.Lock(), 5) == price.MIN_LOCK
    paid = price.Lock(price.MIN_LOCK, 10)
    assert price.lock_cost(paid, 10) == 2 * price.MIN_LOCK
    assert price.lock_cost(paid, 50_410) == 1_500_000_046_400
    assert price.lock_cost(paid, 10**7) == price.MIN_LOCK


def test_median_price_of_subnets() -> None:
    assert price.median_price([7, 2, 5]) == 5
    assert price.median_price([2, 8]) == 5
    assert price.median_price([0, 0]) == 1


def test_a_new_pool_starts_at_the_median_price() -> None:
    assert price.starting_pool(10, [Fraction(1, 2)]) == (price.MIN_LOCK, 2 * price.MIN_LOCK)
