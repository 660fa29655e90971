"""I32F32 on whole arrays: raw int64 values, exact to the last bit, as `subnet.rules.fixed` is for one number.

Products and quotients need more than 64 bits. They are put together from 32-bit halves, and only the few
cells for which that is not enough go the longer way, so that a matrix costs a handful of array operations.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from subnet.rules.fixed import I32F32, ONE, U16_MAX

Fixed: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]
_Words: TypeAlias = NDArray[np.uint64]

_LOW = np.int64(0xFFFFFFFF)
_HALF = np.int64(32)
_HALF_WORD = np.uint64(32)
_MAXIMUM, _MINIMUM = I32F32.maximum, I32F32.minimum
_EXP_TERMS = 32
_EXP_LIMIT = 20 * ONE
_EULER = 0x15BF0A8 << 9


def _magnitude(values: Fixed) -> int:
    """Largest absolute value, as a Python integer; 0 for an empty array."""
    return max(int(values.max()), -int(values.min())) if values.size else 0


def mul(left: Fixed | int, right: Fixed | int) -> Fixed:
    """Broadcast product, rounded toward minus infinity and saturating."""
    a, b = np.asarray(left, dtype=np.int64), np.asarray(right, dtype=np.int64)
    bound = _magnitude(a) * _magnitude(b)
    if bound < 2**63:
        return np.asarray((a * b) >> _HALF)
    low_a, low_b = a & _LOW, b & _LOW
    high_a, high_b = a >> _HALF, b >> _HALF
    low = ((low_a.view(np.uint64) * low_b.view(np.uint64)) >> _HALF_WORD).view(np.int64)
    if bound < 2**94:
        return np.asarray(high_a * b + low_a * high_b + low)
    wide = (a.astype(object) * b.astype(object)) >> 32
    return np.asarray(np.clip(wide, _MINIMUM, _MAXIMUM), dtype=np.int64)


def div(left: Fixed | int, right: Fixed | int, *, saturating: bool = False) -> Fixed:
    """Broadcast quotient truncated toward zero; 0 where the divisor is 0.

    A quotient that does not fit is 0 as well, or the limit it exceeds when `saturating`.
    """
    a, b = np.broadcast_arrays(np.asarray(left, dtype=np.int64), np.asarray(right, dtype=np.int64))
    quotient = _quotient(np.abs(a).view(np.uint64), np.abs(b).view(np.uint64))
    negative = (a < 0) != (b < 0)
    overflow = quotient > np.uint64(_MAXIMUM) + negative
    result = np.where(negative, -quotient.view(np.int64), quotient.view(np.int64))
    if overflow.any():
        limit = np.where(negative, _MINIMUM, _MAXIMUM) if saturating else 0
        result = np.where(overflow, limit, result)
    return np.asarray(np.where(b == 0, 0, result))


def _quotient(numerator: _Words, denominator: _Words) -> _Words:
    """`(numerator << 32) // denominator`, at most 2**64 - 1; any value where the divisor is 0."""
    divisor = np.maximum(denominator, np.uint64(1))
    if not numerator.size:
        return numerator
    if (
        int(numerator.max()) >> 32
        and not int(np.bitwise_or.reduce((numerator | divisor).ravel())) & 0xFFFFFFFF
    ):
        # whole numbers over whole numbers, as when stored u16 weights are normalised
        numerator, divisor = numerator >> _HALF_WORD, divisor >> _HALF_WORD
    quotient = np.asarray((numerator << _HALF_WORD) // divisor)
    long = numerator >> _HALF_WORD != 0
    if long.any():
        quotient[long] = _long_quotient(numerator[long], divisor[long])
    return quotient


def _long_quotient(numerator: _Words, divisor: _Words) -> _Words:
    """As `_quotient`, by long division: as many bits at a time as the remainder leaves room for."""
    quotient = numerator // divisor
    remainder = numerator - quotient * divisor
    overflow = quotient >> _HALF_WORD != 0
    room = max(64 - int(divisor.max()).bit_length(), 1)
    left = 32
    while left:
        step = np.uint64(min(room, left))
        remainder = remainder << step
        digit = remainder // divisor
        remainder -= digit * divisor
        quotient = (quotient << step) | digit
        left -= int(step)
    return np.where(overflow, np.uint64(2**64 - 1), quotient)


def total(values: Fixed, axis: int | None = None) -> Fixed:
    """Saturating sum of non-negative values."""
    summands = values.size if axis is None else values.shape[axis]
    if _magnitude(values) * summands < 2**63:
        return np.asarray(values.sum(axis=axis, dtype=np.int64))
    wide = np.asarray(values.astype(object).sum(axis=axis))
    return np.asarray(np.minimum(wide, _MAXIMUM), dtype=np.int64)


def normalised(values: Fixed) -> Fixed:
    """Each value over the sum of all; unchanged when that is 0."""
    whole = total(values)
    return div(values, whole) if whole else values


def rows_normalised(matrix: Fixed) -> Fixed:
    """Each row divided by its sum; rows that sum to 0 or less are unchanged."""
    sums = total(matrix, axis=1)[:, None]
    return np.where(sums > 0, div(matrix, sums), matrix)


def columns_normalised(matrix: Fixed) -> Fixed:
    """Each column divided by its sum; columns that sum to 0 are unchanged."""
    sums = total(matrix, axis=0)
    return np.where(sums != 0, div(matrix, sums), matrix)


def columns_upscaled(matrix: Fixed) -> Fixed:
    """Each column divided by its largest value; columns of zeros are unchanged."""
    largest = matrix.max(axis=0, initial=0)
    return np.where(largest != 0, div(matrix, largest), matrix)


def proportion(values: Fixed | int) -> Fixed:
    """u16 shares as I32F32: `value / 65535`."""
    return div(np.asarray(values, dtype=np.int64) << _HALF, U16_MAX << 32)


def prop16(values: Fixed) -> Fixed:
    """I32F32 values in [0, 1] as the u16 shares the chain stores: floored and clamped."""
    return np.asarray(np.clip(mul(values, U16_MAX << 32) >> _HALF, 0, U16_MAX))


def weighted_rows(vector: Fixed, matrix: Fixed) -> Fixed:
    """Sum over the rows of `vector[i] * matrix[i, j]`, each product floored: one value per column."""
    return total(mul(vector[:, None], matrix), axis=0)


def weighted_columns(matrix: Fixed, vector: Fixed) -> Fixed:
    """Sum over the columns of `matrix[i, j] * vector[j]`, each product floored: one value per row."""
    return total(mul(matrix, vector), axis=1)


def exp_safe(values: Fixed) -> Fixed:
    """e to the power of each value, the argument clamped to [-20, 20] (within which nothing overflows)."""
    argument = np.clip(values, -_EXP_LIMIT, _EXP_LIMIT)
    power = np.abs(argument)
    term, result = power, power + ONE
    for index in range(2, _EXP_TERMS):
        term = mul(term, power) // index
        result = result + term
    result = np.where(argument < 0, div(ONE, result), result)
    return np.where(argument == ONE, _EULER, result)
