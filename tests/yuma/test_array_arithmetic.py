"""Array arithmetic equals the one-number fixed point of the rules, over the whole range of the format."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from subnet.rules import fixed
from subnet.rules.fixed import I32F32, ONE
from subnet.yuma import arithmetic

EDGES = [0, 1, -1, ONE, ONE - 1, ONE + 1, -ONE, 65535 << 32, I32F32.maximum, I32F32.minimum]
raws = st.one_of(
    st.sampled_from(EDGES),
    st.integers(I32F32.minimum, I32F32.maximum),
    st.integers(0, ONE),
    st.integers(0, 65535).map(lambda value: value << 32),
)
pairs = st.lists(st.tuples(raws, raws), min_size=1, max_size=40)


def columns(cells: list[tuple[int, int]]) -> tuple[arithmetic.Fixed, arithmetic.Fixed]:
    both = np.array(cells, dtype=np.int64)
    return both[:, 0], both[:, 1]


@given(pairs)
def test_products_equal_those_of_single_numbers(cells: list[tuple[int, int]]) -> None:
    assert arithmetic.mul(*columns(cells)).tolist() == [I32F32.mul(a, b) for a, b in cells]


parts = st.one_of(
    st.tuples(raws, raws).map(lambda pair: sorted(min(abs(raw), I32F32.maximum) for raw in pair)),
    # a whole number of units above, or just below, a quotient that is a whole number of units itself
    st.tuples(st.integers(1, 2**31 - 1), st.integers(0, ONE), st.integers(-1, 1)).map(
        lambda drawn: [min(max((drawn[0] * drawn[1] >> 32) + drawn[2], 0), drawn[0]), drawn[0]]
    ),
)


@given(st.lists(parts, min_size=1, max_size=40))
@settings(max_examples=400)
def test_parts_of_a_whole_equal_quotients_of_single_numbers(cells: list[list[int]]) -> None:
    part, whole = np.array(cells, dtype=np.int64).T
    assert arithmetic.shares(part, whole).tolist() == [I32F32.div(a, b) for a, b in cells]


@given(st.lists(st.integers(-25 * ONE, 25 * ONE), min_size=1, max_size=20))
def test_exponentials_equal_those_of_single_numbers(values: list[int]) -> None:
    values = [*values, 0, ONE, -ONE]
    assert arithmetic.exp_safe(np.array(values)).tolist() == [fixed.exp_safe(value) for value in values]


shapes = arrays.array_shapes(min_dims=2, max_dims=2, max_side=6)
matrices = arrays.arrays(np.int64, shapes, elements=st.integers(0, 2**40))


@given(matrices)
@settings(max_examples=60)
def test_rows_and_columns_normalise_as_their_vectors_do(matrix: arithmetic.Fixed) -> None:
    rows = [fixed.normalised(row) for row in matrix.tolist()]
    assert arithmetic.shares(matrix, arithmetic.total(matrix, axis=1)[:, None]).tolist() == rows
    assert arithmetic.columns_normalised(matrix.T).T.tolist() == rows
    assert arithmetic.normalised(matrix[0]).tolist() == rows[0]


@given(matrices)
@settings(max_examples=60)
def test_upscaled_columns_have_a_one_where_anything_was(matrix: arithmetic.Fixed) -> None:
    largest = arithmetic.columns_upscaled(matrix).max(axis=0)
    assert largest.tolist() == [ONE if column.any() else 0 for column in matrix.T]


@given(st.lists(raws, min_size=1))
def test_u16_shares_equal_those_of_single_numbers(values: list[int]) -> None:
    assert arithmetic.prop16(np.array(values)).tolist() == [fixed.prop16(value) for value in values]


def test_sums_saturate_and_empty_arrays_are_harmless() -> None:
    huge = np.full(4, I32F32.maximum)
    assert int(arithmetic.total(huge)) == I32F32.maximum
    empty = np.zeros((0, 3), dtype=np.int64)
    assert arithmetic.columns_normalised(empty).shape == (0, 3)
    assert arithmetic.weighted_rows(np.zeros(0, dtype=np.int64), empty).tolist() == [0, 0, 0]


def test_every_u16_share_is_the_proportion_of_single_numbers() -> None:
    every = np.arange(65536)
    assert arithmetic.proportion(every).tolist() == [fixed.proportion(value) for value in range(65536)]


@given(st.lists(st.integers(1, 65535), min_size=1, max_size=40))
def test_u16_weights_become_exact_parts_of_their_row(row: list[int]) -> None:
    assert arithmetic.normalised(np.array(row)).tolist() == fixed.normalised([value << 32 for value in row])
