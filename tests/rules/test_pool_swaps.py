"""The pool: no free money, no price beyond a limit, injections that leave the price alone."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from subnet.rules import pool
from subnet.rules.pool import WEIGHT_ONE, Pool

reserves = st.integers(10**7, 10**15)
weights = st.one_of(st.just(WEIGHT_ONE // 2), st.integers(WEIGHT_ONE // 100, WEIGHT_ONE - WEIGHT_ONE // 100))
pools = st.builds(
    Pool, tao=reserves, alpha=reserves, quote_weight=weights, fee_rate=st.sampled_from([0, 33, 10_000])
)
EVEN = Pool(10**9, 4 * 10**9)


@given(pools, st.integers(1, 10**15))
@settings(max_examples=80, deadline=None)
def test_buying_and_selling_back_never_profits(before: Pool, tao: int) -> None:
    assume(tao <= 100 * before.tao)
    bought = pool.buy(before, tao, limit=Fraction(10**30))
    assume(bought.pool.alpha >= pool.MIN_RESERVE and bought.out <= 1000 * bought.pool.alpha)
    assert pool.sell(bought.pool, bought.out, limit=Fraction(1, 10**30)).out <= tao


@given(pools, st.integers(1, 10**15))
@settings(max_examples=80, deadline=None)
def test_selling_and_buying_back_never_profits(before: Pool, alpha: int) -> None:
    assume(alpha <= 100 * before.alpha)
    sold = pool.sell(before, alpha, limit=Fraction(1, 10**30))
    assume(sold.pool.tao >= pool.MIN_RESERVE and sold.out <= 1000 * sold.pool.tao)
    assert pool.buy(sold.pool, sold.out, limit=Fraction(10**30)).out <= alpha


@given(pools, st.integers(1, 10**12))
@settings(max_examples=80, deadline=None)
def test_a_buy_moves_the_price_up_but_not_beyond_its_limit(before: Pool, tao: int) -> None:
    limit = pool.price(before) * Fraction(101, 100)
    after = pool.buy(before, tao, limit)
    assert pool.price(before) <= pool.price(after.pool)
    # what is paid out is floored to the rao, which a reserve of ten million feels in the seventh digit
    assert pool.price(after.pool) <= limit * (1 + Fraction(1, 10**6))
    assert after.taken <= tao


def test_a_limit_cuts_the_order_and_whole_refuses_a_part() -> None:
    limit = pool.price(EVEN) * Fraction(121, 100)
    part = pool.buy(EVEN, 10**9, limit)
    assert part.taken - part.fee == 10**8
    with pytest.raises(pool.SlippageTooHigh):
        pool.whole(part, 10**9)
    assert pool.whole(part, part.taken) is part


def test_a_price_already_beyond_the_limit_is_refused() -> None:
    with pytest.raises(pool.PriceLimitExceeded):
        pool.buy(EVEN, 1, Fraction(1, 5))
    with pytest.raises(pool.PriceLimitExceeded):
        pool.sell(EVEN, 1, Fraction(1, 3))


def test_sizes_out_of_proportion_are_refused() -> None:
    with pytest.raises(pool.SwapInputTooLarge):
        pool.buy(EVEN, 1002 * EVEN.tao, Fraction(10**30))
    with pytest.raises(pool.ReservesTooLow):
        pool.sell(replace(EVEN, tao=999_999), 10)


def test_every_rao_is_in_the_pool_the_fee_or_the_payout() -> None:
    swap = pool.buy(EVEN, 10**8)
    assert swap.pool.tao + swap.fee == EVEN.tao + 10**8
    assert swap.pool.alpha + swap.out == EVEN.alpha


def test_a_stable_pool_swaps_one_to_one_without_a_fee() -> None:
    swap = pool.buy(Pool(0, 0, stable=True), 5)
    assert (swap.out, swap.fee) == (5, 0)
    assert pool.price(swap.pool) == 1


@given(pools, st.integers(0, 10**6), st.integers(0, 10**6))
@settings(deadline=None)
def test_an_injection_leaves_the_price_alone(before: Pool, tao: int, alpha: int) -> None:
    after = pool.injected(before, tao, alpha)
    assert float(pool.price(after)) == pytest.approx(float(pool.price(before)), rel=1e-9)


def test_an_injection_that_would_tilt_the_pool_is_refused() -> None:
    assert pool.injected(EVEN, 10**15, 0) == EVEN


def test_the_price_in_rao_and_in_fixed_point_agree_with_the_exact_price() -> None:
    assert pool.price_raw(EVEN) == 1 << 62
    assert pool.price_rao(EVEN) == 250_000_000
