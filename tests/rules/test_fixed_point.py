"""Fixed point: rounding directions, saturation, and the conversions the chain states."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subnet.rules.fixed import (
    I32F32,
    I64F64,
    ONE,
    U64F64,
    exp,
    exp_safe,
    max_upscaled,
    normalised,
    prop16,
    proportion,
    sigmoid,
)

raws = st.integers(I32F32.minimum, I32F32.maximum)


@given(raws, raws)
def test_products_round_toward_minus_infinity_and_saturate(left: int, right: int) -> None:
    exact = Fraction(left * right, ONE)
    assert I32F32.mul(left, right) == min(max(exact.__floor__(), I32F32.minimum), I32F32.maximum)


@given(raws, raws)
def test_quotients_round_toward_zero_and_a_misfit_is_zero(left: int, right: int) -> None:
    exact = int(Fraction(left * ONE, right)) if right else 0
    fits = I32F32.minimum <= exact <= I32F32.maximum
    assert I32F32.div(left, right) == (exact if fits else 0)


def test_saturating_division_keeps_the_limit_and_zero_divisors_give_zero() -> None:
    assert I32F32.div_saturating(I32F32.maximum, 1) == I32F32.maximum
    assert I32F32.div_saturating(I32F32.minimum, 1) == I32F32.minimum
    assert I32F32.div_saturating(ONE, 0) == 0


def test_sums_saturate_at_the_limits_of_the_format() -> None:
    assert I32F32.add(I32F32.maximum, 1) == I32F32.maximum
    assert I32F32.sub(I32F32.minimum, 1) == I32F32.minimum
    assert U64F64.sub(0, 1) == 0


def test_halves_round_away_from_zero() -> None:
    assert [I32F32.rounded(raw) for raw in (ONE // 2, -ONE // 2, ONE // 2 - 1)] == [1, -1, 0]


def test_losing_fraction_bits_floors_and_integers_floor() -> None:
    assert I64F64.to(-1, I32F32) == -1
    assert I64F64.to((1 << 64) + 1, I32F32) == ONE
    assert I32F32.floor(-1) == -1


def test_floats_convert_to_the_nearest_even() -> None:
    assert I32F32.from_number(Fraction(3, 2 * ONE)) == 2
    assert I32F32.from_number(Fraction(1, 2 * ONE)) == 0


def test_one_half_is_32767_of_65535() -> None:
    assert [prop16(raw) for raw in (0, ONE // 2, ONE, 2 * ONE, -1)] == [0, 32767, 65535, 65535, 0]


@given(st.integers(0, 65535))
def test_a_u16_share_survives_the_way_through_fixed_point_within_one(value: int) -> None:
    assert value - 1 <= prop16(proportion(value)) <= value


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0, 0.5, 1, 1.5, 2, 32768], [0, 1, 2, 3, 4, 65535]),
        ([0, 0.5, 1, 1.5, 2, 32768, 32769], [0, 1, 2, 3, 4, 65533, 65535]),
        ([], []),
        ([0, 0], [0, 0]),
    ],
)
def test_max_upscale_divides_first_above_32768(values: list[float], expected: list[int]) -> None:
    assert max_upscaled([I32F32.from_number(value) for value in values]) == expected


@given(st.lists(st.integers(0, 2**50), min_size=1, max_size=20))
def test_normalised_shares_sum_to_at_most_one(values: list[int]) -> None:
    shares = normalised(values)
    assert sum(shares) == 0 if not any(values) else ONE - len(values) <= sum(shares) <= ONE


def test_exp_is_one_at_zero_and_e_cut_to_23_bits_at_one() -> None:
    assert exp(0) == ONE
    assert exp(ONE) == int(math.e * 2**23) << 9
    assert exp(I32F32.from_int(30)) is None


@given(st.floats(-8, 8))
def test_exp_follows_the_real_exponential_where_its_series_is_long_enough(value: float) -> None:
    got = exp_safe(I32F32.from_number(value)) / ONE
    assert got == pytest.approx(math.exp(value), rel=1e-5, abs=1e-8)


def test_exp_safe_clamps_its_argument() -> None:
    assert exp_safe(I32F32.from_int(500)) == exp_safe(I32F32.from_int(20))
    assert sigmoid(I32F32.from_number(0.5), I32F32.from_int(30), I32F32.from_number(0.5)) == ONE // 2
