"""Prices of entry: the burn price of a seat, which falls every block and jumps at each registration, and
the lock cost of a subnet."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from subnet.rules.fixed import U64_MAX, U64F64

MIN_BURN = 500_000
MAX_BURN = 100_000_000_000
DEFAULT_BURN = 100_000_000
INITIAL_BURN = 1_000_000_000
BURN_HALF_LIFE = 360
BURN_INCREASE_MULT = U64F64.from_number(1.26)
MIN_LOCK = 1_000_000_000_000
LOCK_REDUCTION_INTERVAL = 100_800
_ONE_Q32 = 1 << 32


@dataclass(frozen=True, slots=True)
class Bounds:
    """Between which two prices, in rao, a burn price is kept."""

    lowest: int = MIN_BURN
    highest: int = MAX_BURN

    def clamp(self, burn: int) -> int:
        """`burn` within the bounds; where they cross, the upper one wins."""
        return min(max(burn, self.lowest), self.highest)


DEFAULT_BOUNDS = Bounds()


def _power_q32(base: int, exponent: int) -> int:
    result = _ONE_Q32
    while exponent > 0:
        if exponent & 1:
            result = (result * base) >> 32
        exponent >>= 1
        if exponent > 0:
            base = (base * base) >> 32
    return result


@lru_cache(maxsize=1024)
def decay_factor(half_life: int) -> int:
    """Per-block factor in Q32, the largest whose `half_life`-th power is at most one half (bisection)."""
    low, high = 0, _ONE_Q32
    while low + 1 < high:
        middle = low + (high - low) // 2
        if _power_q32(middle, half_life) > _ONE_Q32 >> 1:
            high = middle
        else:
            low = middle
    return low


def decayed(burn: int, half_life: int, bounds: Bounds = DEFAULT_BOUNDS) -> int:
    """Burn price one block later, in rao; a half life of 0 keeps it."""
    if half_life == 0:
        return burn
    return bounds.clamp((burn * decay_factor(half_life)) >> 32)


def bumped(burn: int, mult: int = BURN_INCREASE_MULT, bounds: Bounds = DEFAULT_BOUNDS) -> int:
    """Burn price after one registration, in rao; `mult` is raw U64F64 and acts as 1 when below 1."""
    raised = (burn * max(mult, U64F64.one)) >> U64F64.fraction_bits
    return bounds.clamp(min(raised, U64_MAX))


@dataclass(frozen=True, slots=True)
class Lock:
    """The last lock paid for a subnet (rao) and its block, 0 when there was none."""

    last_lock: int = MIN_LOCK
    last_block: int = 0


def lock_cost(lock: Lock, now: int, min_lock: int = MIN_LOCK, interval: int = LOCK_REDUCTION_INTERVAL) -> int:
    """Rao to lock for a new subnet in block `now`: twice the last lock, falling linearly, never below the minimum."""
    start = lock.last_lock * (1 if lock.last_block == 0 else 2)
    fall = lock.last_lock // interval * max(now - lock.last_block, 0)
    return max(min_lock, max(start - fall, 0))


def median_price(prices: Sequence[Fraction | int | float]) -> Fraction:
    """Median of the positive prices, the mean of the middle two for an even count, 1 when there is none."""
    ordered = sorted(Fraction(price) for price in prices if price > 0)
    if not ordered:
        return Fraction(1)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


def starting_pool(
    lock: int, prices: Sequence[Fraction | int | float], min_lock: int = MIN_LOCK
) -> tuple[int, int]:
    """(TAO, alpha) in rao of a new subnet's pool, priced at the median of the existing subnets."""
    tao = max(lock, min_lock)
    return tao, int(tao / median_price(prices))
