"""Stake weight, shares of a hotkey's stake, and takes."""

from hypothesis import given
from hypothesis import strategies as st

from subnet.rules import stake
from subnet.rules.fixed import I64F64
from subnet.rules.stake import Link, SharePool

rao = st.integers(1, 10**15)


def test_root_stake_counts_by_the_tao_weight() -> None:
    assert stake.weight(100, 1000, tao_weight=2**63) == 600
    assert stake.weight(10**9, 10**9) == 10**9 + 52_676_974


def test_the_threshold_includes_its_own_value() -> None:
    assert stake.meets_threshold(I64F64.from_int(5), 5)
    assert not stake.meets_threshold(I64F64.from_int(5) - 1, 5)


@given(rao, st.integers(0, 2**64 - 1))
def test_what_a_parent_gives_its_child_receives(own: int, proportion: int) -> None:
    assert stake.inherited(own, [proportion]) + stake.inherited(0, (), [Link(own, proportion)]) == own


@given(rao, rao, rao, st.integers(0, 10**12))
def test_shares_never_pay_out_more_than_the_pool_holds(
    first: int, second: int, dividend: int, taken: int
) -> None:
    pool, alice = stake.deposited(SharePool(), 0, first)
    pool = stake.rewarded(pool, dividend)
    pool, bob = stake.deposited(pool, 0, second)
    assert stake.value_of(pool, alice) + stake.value_of(pool, bob) <= pool.value
    pool, bob = stake.withdrawn(pool, bob, taken)
    assert stake.value_of(pool, alice) >= first
    assert stake.value_of(pool, alice) + stake.value_of(pool, bob) <= pool.value


def test_a_dividend_is_shared_pro_rata() -> None:
    pool, alice = stake.deposited(SharePool(), 0, 100)
    pool, bob = stake.deposited(pool, 0, 300)
    pool = stake.rewarded(pool, 40)
    assert [stake.value_of(pool, share) for share in (alice, bob)] == [110, 330]


def test_withdrawing_all_leaves_no_share_behind() -> None:
    pool, share = stake.deposited(SharePool(), 0, 100)
    assert stake.withdrawn(stake.rewarded(pool, 7), share, 10**9) == (SharePool(0, 0), 0)


def test_the_take_is_floored() -> None:
    assert stake.take(1000) == 179
