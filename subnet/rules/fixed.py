"""Binary fixed point as the chain computes it: raw integers with a stated number of fraction bits.

A raw integer stands for `raw / 2**fraction_bits`. Products are rounded toward minus infinity, quotients
toward zero, every result saturates at the limits of its format; sums never round. Those four facts decide
the last digit of every emission, so nothing here may be replaced by floating point.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

U16_MAX = 65535
U64_MAX = 2**64 - 1


@dataclass(frozen=True, slots=True)
class Format:
    """A fixed-point type such as I32F32: how many integer and fraction bits, signed or not."""

    integer_bits: int
    fraction_bits: int
    signed: bool

    @property
    def one(self) -> int:
        """Raw value of 1."""
        return 1 << self.fraction_bits

    @property
    def maximum(self) -> int:
        """Largest raw value."""
        return (1 << (self.integer_bits + self.fraction_bits - int(self.signed))) - 1

    @property
    def minimum(self) -> int:
        """Smallest raw value."""
        return -self.maximum - 1 if self.signed else 0

    def saturated(self, raw: int) -> int:
        """`raw`, or the limit of the format that it exceeds."""
        return min(max(raw, self.minimum), self.maximum)

    def add(self, left: int, right: int) -> int:
        """Saturating sum."""
        return self.saturated(left + right)

    def sub(self, left: int, right: int) -> int:
        """Saturating difference."""
        return self.saturated(left - right)

    def mul(self, left: int, right: int) -> int:
        """Saturating product, rounded toward minus infinity."""
        return self.saturated((left * right) >> self.fraction_bits)

    def div(self, left: int, right: int) -> int:
        """Quotient truncated toward zero; 0 when the divisor is 0 or the quotient does not fit."""
        if right == 0:
            return 0
        quotient = truncated(left << self.fraction_bits, right)
        return quotient if self.minimum <= quotient <= self.maximum else 0

    def div_saturating(self, left: int, right: int) -> int:
        """Quotient truncated toward zero and clamped to the format; 0 when the divisor is 0."""
        return self.saturated(truncated(left << self.fraction_bits, right)) if right else 0

    def from_int(self, value: int) -> int:
        """Raw form of an integer."""
        return self.saturated(value << self.fraction_bits)

    def from_number(self, value: float | Fraction) -> int:
        """Nearest raw form of a float or fraction; a value halfway between two goes to the even one."""
        return self.saturated(round(Fraction(value) * self.one))

    def floor(self, raw: int) -> int:
        """Largest integer not above the value."""
        return raw >> self.fraction_bits

    def rounded(self, raw: int) -> int:
        """Nearest integer, a half goes away from zero."""
        half = self.one >> 1
        return (raw + half) >> self.fraction_bits if raw >= 0 else -((-raw + half) >> self.fraction_bits)

    def to(self, raw: int, other: "Format") -> int:
        """The raw value in another format: lost fraction bits are floored, the rest saturates."""
        shift = other.fraction_bits - self.fraction_bits
        return other.saturated(raw << shift if shift >= 0 else raw >> -shift)


I32F32 = Format(32, 32, signed=True)
I64F64 = Format(64, 64, signed=True)
I96F32 = Format(96, 32, signed=True)
U32F32 = Format(32, 32, signed=False)
U64F64 = Format(64, 64, signed=False)
U96F32 = Format(96, 32, signed=False)

ONE = I32F32.one
_EULER = 0x15BF0A8 << 9  # e cut to 23 fraction bits, as the chain's fixed-point library holds it
_EXP_LIMIT = I32F32.from_int(20)
_EXP_TERMS = 32


def truncated(numerator: int, denominator: int) -> int:
    """Integer quotient rounded toward zero; ZeroDivisionError for a zero denominator."""
    quotient = abs(numerator) // abs(denominator)
    return quotient if (numerator < 0) == (denominator < 0) else -quotient


def proportion(value: int) -> int:
    """A u16 share as I32F32: `value / 65535`."""
    return I32F32.div(I32F32.from_int(value), I32F32.from_int(U16_MAX))


def prop16(raw: int) -> int:
    """An I32F32 in [0, 1] as the u16 the chain stores: `floor(raw * 65535)`, clamped."""
    return min(max((raw * U16_MAX) >> 32, 0), U16_MAX)


def normalised(values: Sequence[int], fmt: Format = I32F32) -> list[int]:
    """Each value divided by the sum; unchanged when the sum is 0."""
    total = fmt.saturated(sum(values))
    return [fmt.div(value, total) for value in values] if total else list(values)


def max_upscaled(values: Sequence[int]) -> list[int]:
    """I32F32 values as u16 so that the largest becomes 65535.

    Above 32768 the product with 65535 would leave I32F32, so the chain divides first there; the two
    orders differ in the last digit and both are kept.
    """
    largest = max(values, default=0)
    full = I32F32.from_int(U16_MAX)
    if largest == 0:
        return [_u16(I32F32.floor(I32F32.mul(value, full))) for value in values]
    if largest > I32F32.from_int(32768):
        ratio = I32F32.div(full, largest)
        return [_u16(I32F32.rounded(I32F32.mul(value, ratio))) for value in values]
    return [_u16(I32F32.rounded(I32F32.div(I32F32.mul(value, full), largest))) for value in values]


def _u16(value: int) -> int:
    return min(max(value, 0), U16_MAX)


def exp(value: int) -> int | None:
    """e to an I32F32 power by the chain's 31-term series; None when it leaves the format."""
    if value == 0:
        return ONE
    if value == ONE:
        return _EULER
    power = term = abs(value)
    result = ONE + power
    for index in range(2, _EXP_TERMS):
        product = (term * power) >> 32
        if product > I32F32.maximum:
            return None
        term = product // index
        result += term
    if result > I32F32.maximum:
        return None
    return I32F32.div(ONE, result) if value < 0 else result


def exp_safe(value: int) -> int:
    """`exp` with its argument clamped to [-20, 20]; an overflow is 0 below zero and the maximum above."""
    clamped = min(max(value, -_EXP_LIMIT), _EXP_LIMIT)
    result = exp(clamped)
    if result is None:
        return 0 if clamped <= 0 else I32F32.maximum
    return result


def sigmoid(value: int, rho: int, kappa: int) -> int:
    """`1 / (1 + exp(-rho * (value - kappa)))`, all I32F32."""
    exponent = I32F32.mul(-rho, I32F32.sub(value, kappa))
    return I32F32.div(ONE, I32F32.add(ONE, exp_safe(exponent)))
