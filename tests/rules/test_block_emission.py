"""What a block mints and how it is set aside."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subnet.rules import emission
from subnet.rules.emission import Emitter, Pending
from subnet.rules.fixed import I96F32, U64F64, U96F32

SUPPLY = emission.TOTAL_SUPPLY
parts = st.integers(0, U96F32.one)


@given(st.integers(0, SUPPLY - 1))
def test_each_block_mints_a_power_of_one_half(issuance: int) -> None:
    halvings = 0
    # the supply still to come halves with every halving; the ratio is cut to 32 bits
    while (SUPPLY - issuance) << (halvings + 1) <= SUPPLY:
        halvings += 1
    assert emission.block_emission(issuance) in {10**9 >> halvings, 10**9 >> max(halvings - 1, 0)}


def test_halvings_fall_on_the_exact_thresholds() -> None:
    half = SUPPLY // 2
    assert emission.block_emission(half - 1) == 10**9
    assert emission.block_emission(half) == 10**9 // 2
    assert emission.block_emission(SUPPLY) == 0


@given(st.integers(0, 10**10), parts, st.integers(0, 65535))
def test_setting_alpha_aside_loses_at_most_two_rao(alpha: int, root: int, cut: int) -> None:
    pending = emission.alpha_split(alpha, root, cut)
    assert 0 <= alpha - pending.to_distribute - pending.owner_cut <= 2


def test_root_takes_from_the_validators_half_only() -> None:
    part = emission.root_proportion(10**9, 3 * 10**9, tao_weight=2**64)
    assert emission.alpha_split(10**9, part, 0) == Pending(500_000_000, 375_000_000, 125_000_000, 0)


def test_pending_amounts_add_up() -> None:
    assert Pending(1, 2, 3, 4).plus(Pending(10, 20, 30, 40)) == Pending(11, 22, 33, 44)


@given(st.dictionaries(st.integers(1, 9), st.integers(0, 10**12), min_size=1))
def test_shares_of_the_emission_sum_to_at_most_one(prices: dict[int, int]) -> None:
    shares = emission.shares({netuid: Emitter(raw) for netuid, raw in prices.items()})
    assert sum(shares.values()) <= U64F64.one
    assert sum(emission.tao_share(10**9, share) for share in shares.values()) <= 10**9


def test_a_subnet_without_tao_emission_leaves_its_share_to_the_others() -> None:
    one = I96F32.one
    shares = emission.shares({1: Emitter(one), 2: Emitter(one), 3: Emitter(2 * one, enabled=False)})
    assert shares == {1: U64F64.one // 2, 2: U64F64.one // 2, 3: 0}


def test_incentive_withheld_from_the_owner_lowers_a_subnets_share() -> None:
    one = I96F32.one
    shares = emission.shares({1: Emitter(one, miner_burned=one // 2), 2: Emitter(one)})
    assert shares[1] * 2 == pytest.approx(shares[2], rel=1e-9)
    everything_burned = {1: Emitter(one, miner_burned=one), 2: Emitter(one, miner_burned=one)}
    assert set(emission.shares(everything_burned).values()) == {U64F64.one // 2}


@given(st.integers(0, 10**9), st.floats(1e-4, 10), st.integers(0, 10**9), parts)
def test_an_injection_spends_the_tao_once_and_respects_roots_part(
    tao: int, price: float, alpha: int, root: int
) -> None:
    into = emission.injection(tao, emission.as_price(price), alpha, root)
    assert into.tao_in + into.excess == tao
    assert 0 <= into.alpha_in <= alpha


def test_a_capped_injection_enters_at_the_pool_price() -> None:
    half_price = emission.as_price(0.5)
    into = emission.injection(10**9, half_price, 10**9, U96F32.one)
    assert (into.tao_in, into.alpha_in, into.excess) == (5 * 10**8, 10**9, 5 * 10**8)


def test_the_moving_price_follows_slowly_and_is_capped_at_one() -> None:
    price = emission.as_price(30)
    assert emission.moving_price(0, price, 0) == 0
    fast = emission.Average(alpha=I96F32.one, halving_blocks=1)
    assert emission.moving_price(0, price, 10**9, fast) / I96F32.one == pytest.approx(1, abs=1e-6)


def test_root_is_paid_only_when_the_moving_prices_exceed_one() -> None:
    half = I96F32.one // 2
    assert not emission.root_is_paid({1: half, 2: half})
    assert emission.root_is_paid({1: half, 2: half + 1})
