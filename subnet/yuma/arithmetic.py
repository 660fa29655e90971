"""I32F32 on whole arrays: raw int64 values, exact to the last bit, as `subnet.rules.fixed` is for one number.

Products and quotients need more than 64 bits in general, but what an epoch multiplies and divides are parts
of a whole: the products of two such parts fit 64 bits, and of their quotients floating point finds all but
the last unit, which 64-bit integers settle. Larger products are put together from 32-bit halves.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from subnet.rules.fixed import I32F32, ONE, U16_MAX

Fixed: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]

_LOW = np.int64(0xFFFFFFFF)
_HALF = np.int64(32)
_HALF_WORD = np.uint64(32)
_SIGN = np.int64(63)
_MAXIMUM, _MINIMUM = I32F32.maximum, I32F32.minimum
_EXP_TERMS = 32
_EXP_LIMIT = 20 * ONE
_EULER = 0x15BF0A8 << 9
# 2**63 / 65535 rounded up: for every u16 the excess is less than what is missing to the next unit
_U16_SHIFT = np.uint64(31)
_U16_INVERSE = np.uint64(-(-(2**63) // U16_MAX))
# outweighs the four roundings on the way to an estimated quotient, which stays less than one in 2**49 too high
_UPWARD = ONE * (1 + 2.0**-50)
# an exact quotient ends at least 1 / whole below the next unit; for parts up to this the estimate does, too
_SMALL_PART = 2**17 - 1


def _magnitude(values: Fixed) -> tuple[int, bool]:
    """(largest absolute value, 0 for an empty array; whether any value is negative)."""
    # read as words, negative values are the largest of all: one look at every value is enough
    word = int(np.maximum.reduce(values.view(np.uint64), axis=None, initial=0))
    return (word, False) if word < 2**63 else (max(int(values.max()), -int(values.min())), True)


def mul(left: Fixed | int, right: Fixed | int) -> Fixed:
    """Broadcast product, rounded toward minus infinity and saturating."""
    a, b = np.asarray(left, dtype=np.int64), np.asarray(right, dtype=np.int64)
    (largest_a, negative_a), (largest_b, negative_b) = _magnitude(a), _magnitude(b)
    bound = largest_a * largest_b
    if bound < 2**64 and not (negative_a or negative_b):
        product = np.asarray(a.view(np.uint64) * b.view(np.uint64))
        product >>= _HALF_WORD
        return product.view(np.int64)
    if bound < 2**94:
        return _long_product(a, b)
    wide = (a.astype(object) * b.astype(object)) >> 32
    return np.asarray(np.clip(wide, _MINIMUM, _MAXIMUM), dtype=np.int64)


def _long_product(a: Fixed, b: Fixed) -> Fixed:
    """As `mul`, for results that fit."""
    low_a, low_b = a & _LOW, b & _LOW
    low = ((low_a.view(np.uint64) * low_b.view(np.uint64)) >> _HALF_WORD).view(np.int64)
    return np.asarray((a >> _HALF) * b + low_a * (b >> _HALF) + low)


def shares(parts: Fixed | int, whole: Fixed | int) -> Fixed:
    """Broadcast quotient, floored, of numbers that are not negative and not above their whole; 0 of 0.

    Parts and whole are both I32F32 or both plain integers; the quotient is I32F32 in [0, 1]. The estimate in
    double precision is right or one too high, and the remainder, exact modulo 2**64, says which.
    """
    part, divisor = np.asarray(parts, dtype=np.int64), np.maximum(np.asarray(whole, dtype=np.int64), 1)
    quotient = np.asarray(part.astype(np.float64) * (_UPWARD / divisor)).astype(np.int64)
    if _magnitude(part)[0] <= _SMALL_PART:
        return quotient
    remainder = np.asarray(quotient * divisor)
    np.subtract(part << _HALF, remainder, out=remainder)
    remainder >>= _SIGN
    quotient += remainder
    return quotient


def total(values: Fixed, axis: int | None = None) -> Fixed:
    """Saturating sum of non-negative values."""
    summands = values.size if axis is None else values.shape[axis]
    if _magnitude(values)[0] * summands < 2**63:
        return np.asarray(values.sum(axis=axis, dtype=np.int64))
    wide = np.asarray(values.astype(object).sum(axis=axis))
    return np.asarray(np.minimum(wide, _MAXIMUM), dtype=np.int64)


def normalised(values: Fixed) -> Fixed:
    """Each value over the sum of all; zeros when that is 0."""
    return shares(values, total(values))


def columns_normalised(matrix: Fixed) -> Fixed:
    """Each column divided by its sum; columns of zeros are unchanged."""
    return shares(matrix, total(matrix, axis=0))


def columns_upscaled(matrix: Fixed) -> Fixed:
    """Each column divided by its largest value; columns of zeros are unchanged."""
    return shares(matrix, matrix.max(axis=0, initial=0))


def proportion(values: Fixed) -> Fixed:
    """u16 shares as I32F32: `value / 65535`."""
    product = np.asarray(values.view(np.uint64) * _U16_INVERSE)
    product >>= _U16_SHIFT
    return product.view(np.int64)


def prop16(values: Fixed) -> Fixed:
    """I32F32 values in [0, 1] as the u16 shares the chain stores: floored and clamped."""
    result = np.minimum(np.maximum(values, 0), ONE)
    result *= U16_MAX
    result >>= _HALF
    return np.asarray(result)


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
        term = (mul(term, power).view(np.uint64) // np.uint64(index)).view(np.int64)
        if not term.any():
            break
        result = result + term
    result = np.where(argument < 0, shares(ONE, result), result)
    return np.where(argument == ONE, _EULER, result)
