"""The TAO/alpha pool of a dynamic subnet: price, fee, buying, selling, limits, and weights that drift.

A pool weighs its two sides; at equal weights it is the constant product. Injections that are not at the
price ratio leave the price alone and move the weights instead.
"""

from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction

from subnet.rules.fixed import U16_MAX, U64F64

WEIGHT_ONE = 10**18
MIN_WEIGHT = WEIGHT_ONE // 100
DEFAULT_FEE_RATE = 33
MAX_FEE_RATE = 10_000
MIN_RESERVE = 1_000_000
MAX_INPUT_MULTIPLE = 1000
MIN_STAKE = 2_000_000
MAX_PRICE = Fraction(10**15, 10**9)
MIN_PRICE = Fraction(1000, 10**9)
# Eighteen digits of the power are kept, as on the chain; the working precision only has to exceed them.
_WORKING = Context(prec=60)


class PoolError(Exception):
    """Base of the refusals of a swap; the class name is the chain's error name."""


class SwapInputTooLarge(PoolError):
    """The input is more than a thousand times the reserve it is added to."""


class ReservesTooLow(PoolError):
    """The reserve that pays out is below the minimum, or would pay nothing."""


class PriceLimitExceeded(PoolError):
    """The price is already beyond the limit, so that not even a part can be swapped."""


class SlippageTooHigh(PoolError):
    """The whole amount cannot be swapped within the limit, and a part was not allowed."""


class AmountTooLow(PoolError):
    """The amount is below the smallest stake, or nothing."""


class InsufficientLiquidity(PoolError):
    """The stake is out of proportion to the pool's TAO."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Reserves in rao and the weight of the TAO side in 1e18ths; `stable` swaps one to one without a fee."""

    tao: int
    alpha: int
    quote_weight: int = WEIGHT_ONE // 2
    fee_rate: int = DEFAULT_FEE_RATE
    stable: bool = False

    @property
    def base_weight(self) -> int:
        """Weight of the alpha side in 1e18ths."""
        return WEIGHT_ONE - self.quote_weight


@dataclass(frozen=True, slots=True)
class Swap:
    """What a swap did: rao taken (fee included), fee in the input's unit, rao paid out, the pool after it."""

    taken: int
    fee: int
    out: int
    pool: Pool


def price(pool: Pool) -> Fraction:
    """TAO per alpha, exact; 1 for a stable pool, 0 for a pool without alpha."""
    if pool.stable:
        return Fraction(1)
    if pool.alpha == 0:
        return Fraction(0)
    return Fraction(pool.base_weight * pool.tao, pool.quote_weight * pool.alpha)


def price_raw(pool: Pool) -> int:
    """The price as the chain's U64F64, every step cut as there."""
    if pool.stable:
        return U64F64.one
    ratio = U64F64.div(U64F64.from_int(pool.base_weight), U64F64.from_int(pool.quote_weight))
    return U64F64.mul(ratio, U64F64.div(U64F64.from_int(pool.tao), U64F64.from_int(pool.alpha)))


def price_rao(pool: Pool) -> int:
    """Rao of TAO per whole alpha, floored, as the runtime API reports it."""
    return (price_raw(pool) * 10**9) >> U64F64.fraction_bits


def fee(amount: int, fee_rate: int = DEFAULT_FEE_RATE) -> int:
    """Part of the input, in its own unit, that is taken before the swap."""
    return amount * fee_rate // U16_MAX


def buy(pool: Pool, tao: int, limit: Fraction = MAX_PRICE) -> Swap:
    """Swap TAO for alpha, stopping where the price reaches `limit`.

    Raises PriceLimitExceeded, SwapInputTooLarge, ReservesTooLow.
    """
    if pool.stable:
        return Swap(tao, 0, tao, replace(pool, tao=pool.tao + tao, alpha=max(pool.alpha - tao, 0)))
    if price(pool) > limit:
        raise PriceLimitExceeded("the price is above the limit")
    net, paid_fee = _within(tao, _max_net_buy(pool, limit), pool.fee_rate)
    out = _paid_out(pool.alpha, pool.tao, net, pool.quote_weight, pool.base_weight)
    return Swap(net + paid_fee, paid_fee, out, replace(pool, tao=pool.tao + net, alpha=pool.alpha - out))


def sell(pool: Pool, alpha: int, limit: Fraction = MIN_PRICE) -> Swap:
    """Swap alpha for TAO, stopping where the price falls to `limit`.

    Raises PriceLimitExceeded, SwapInputTooLarge, ReservesTooLow.
    """
    if pool.stable:
        return Swap(alpha, 0, alpha, replace(pool, tao=max(pool.tao - alpha, 0), alpha=pool.alpha + alpha))
    if price(pool) < limit:
        raise PriceLimitExceeded("the price is below the limit")
    net, paid_fee = _within(alpha, _max_net_sell(pool, limit), pool.fee_rate)
    out = _paid_out(pool.tao, pool.alpha, net, pool.base_weight, pool.quote_weight)
    return Swap(net + paid_fee, paid_fee, out, replace(pool, alpha=pool.alpha + net, tao=pool.tao - out))


def whole(swap: Swap, amount: int) -> Swap:
    """The swap, if it took the whole amount; SlippageTooHigh when the limit stopped it early."""
    if swap.taken < amount:
        raise SlippageTooHigh(f"only {swap.taken} of {amount} rao fit within the price limit")
    return swap


def injected(pool: Pool, tao: int, alpha: int) -> Pool:
    """The pool after an emission injection: the price stays, the weights follow.

    An injection that would push a weight out of [0.01, 0.99] is refused by the chain: the pool is returned
    unchanged.
    """
    new_tao, new_alpha = pool.tao + tao, pool.alpha + alpha
    if pool.stable:
        return replace(pool, tao=new_tao, alpha=new_alpha)
    base = _weighed(pool.base_weight, pool.tao * new_alpha)
    quote = _weighed(pool.quote_weight, pool.alpha * new_tao)
    weight = quote * WEIGHT_ONE // (base + quote) if base + quote else WEIGHT_ONE // 2
    if not MIN_WEIGHT <= weight <= WEIGHT_ONE - MIN_WEIGHT:
        return pool
    return replace(pool, tao=new_tao, alpha=new_alpha, quote_weight=weight)


def _weighed(weight: int, value: int) -> int:
    return (weight * value + WEIGHT_ONE // 2) // WEIGHT_ONE


def _within(amount: int, most: int, fee_rate: int) -> tuple[int, int]:
    """(net input, fee) of `amount`, cut to `most` net; the fee of a cut input is worked out from its net."""
    paid_fee = fee(amount, fee_rate)
    if amount - paid_fee <= most:
        return amount - paid_fee, paid_fee
    return most, most * fee_rate // (U16_MAX - fee_rate)


def _paid_out(out_reserve: int, in_reserve: int, net: int, in_weight: int, out_weight: int) -> int:
    if net > MAX_INPUT_MULTIPLE * in_reserve:
        raise SwapInputTooLarge("the input exceeds a thousand times the reserve")
    if out_reserve < MIN_RESERVE:
        raise ReservesTooLow(f"the reserve of {out_reserve} rao is below {MIN_RESERVE}")
    if in_weight == out_weight:
        return out_reserve * net // (in_reserve + net)
    # rounded up, so that the last digit never pays out more than the formula
    kept = _power(Fraction(in_reserve, in_reserve + net), Fraction(in_weight, out_weight), ROUND_CEILING)
    return out_reserve * (WEIGHT_ONE - kept) // WEIGHT_ONE


def _max_net_buy(pool: Pool, limit: Fraction) -> int:
    ratio = limit / price(pool) if pool.tao and pool.alpha else Fraction(1)
    return pool.tao * (_power(ratio, Fraction(pool.base_weight, WEIGHT_ONE)) - WEIGHT_ONE) // WEIGHT_ONE


def _max_net_sell(pool: Pool, limit: Fraction) -> int:
    ratio = price(pool) / limit if limit else MAX_PRICE / MIN_PRICE
    return pool.alpha * (_power(ratio, Fraction(pool.quote_weight, WEIGHT_ONE)) - WEIGHT_ONE) // WEIGHT_ONE


def _power(base: Fraction, exponent: Fraction, rounding: str = ROUND_FLOOR) -> int:
    """`base ** exponent` in 1e18ths."""
    value = _WORKING.divide(Decimal(base.numerator), Decimal(base.denominator))
    power = _WORKING.divide(Decimal(exponent.numerator), Decimal(exponent.denominator))
    scaled = _WORKING.multiply(_WORKING.power(value, power), Decimal(WEIGHT_ONE))
    return int(scaled.to_integral_value(rounding=rounding))
