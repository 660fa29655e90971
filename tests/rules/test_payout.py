"""Incentive and dividends: nothing is created, nothing is lost."""

from hypothesis import given
from hypothesis import strategies as st

from subnet.rules import payout
from subnet.rules.fixed import U96F32
from subnet.rules.payout import Drained, Parent, Staked

hotkeys = st.sampled_from("abcdefgh")
rao = st.integers(0, 10**12)
stakes = st.builds(Staked, alpha=rao, root=rao, take=st.integers(0, 11_796))


@given(st.dictionaries(hotkeys, rao), st.sets(hotkeys))
def test_incentive_is_paid_or_withheld_to_the_rao(amounts: dict[str, int], owned: set[str]) -> None:
    result = payout.incentives(amounts, owned)
    assert sum(result.paid.values()) + result.withheld == sum(amounts.values())
    assert not owned & result.paid.keys()


def test_the_burned_fraction_is_what_the_owner_earned() -> None:
    assert payout.incentives({"miner": 3, "owner": 1}, {"owner"}).miner_burned == U96F32.one // 4
    assert payout.incentives({}, set()).miner_burned == 0


def test_without_incentive_the_server_part_goes_to_validators() -> None:
    assert payout.validator_side(5, 7, incentive_total=0) == 12
    assert payout.validator_side(5, 7, incentive_total=1) == 7


@given(st.dictionaries(hotkeys, rao), st.dictionaries(hotkeys, stakes), rao, rao)
def test_dividends_and_dust_sum_to_what_was_drained(
    earned: dict[str, int], staked: dict[str, Staked], validator: int, root: int
) -> None:
    result = payout.dividends(earned, staked, Drained(validator, root))
    assert sum(part.total for part in result.paid.values()) + result.dust == validator + root
    assert result.dust >= 0
    assert result.paid.keys() <= staked.keys()


@given(st.dictionaries(hotkeys, st.integers(1, 10**12), min_size=1))
def test_dust_stays_below_a_thousand_rao_for_an_ordinary_epoch(earned: dict[str, int]) -> None:
    staked = {hotkey: Staked(alpha=10**12, root=10**12) for hotkey in earned}
    assert payout.dividends(earned, staked, Drained(183_123_567_452, 83_712_094_987)).dust < 1000


def test_the_owner_takes_its_share_of_alpha_and_of_root() -> None:
    staked = {"v": Staked(alpha=10**9, root=10**12, take=6553)}
    paid = payout.dividends({"v": 1}, staked, Drained(1000, 1000)).paid["v"]
    assert (paid.alpha_take, paid.alpha) == (99, 901)
    assert (paid.root_take, paid.root) == (99, 901)


def test_a_validator_without_root_stake_earns_no_root_dividend() -> None:
    result = payout.dividends({"v": 5}, {"v": Staked(alpha=1)}, Drained(100, 40))
    assert result.paid["v"].total == 100
    assert result.dust == 40


@given(
    rao,
    stakes,
    st.lists(st.builds(Parent, hotkey=hotkeys, staked=stakes, proportion=st.integers(0, 2**64 - 1))),
)
def test_parents_and_child_share_one_dividend(dividend: int, own: Staked, parents: list[Parent[str]]) -> None:
    shared = payout.with_parents("child", dividend, own, parents, childkey_take=5000)
    assert sum(shared.values()) == dividend
    assert min(shared.values()) >= 0


def test_a_parent_is_paid_by_the_stake_it_lends_less_the_take() -> None:
    parent = Parent("parent", Staked(alpha=300), 2**64 - 1)
    shared = payout.with_parents("child", 1000, Staked(alpha=100), [parent], childkey_take=6553)
    assert shared == {"parent": 750 - 74, "child": 250 + 74}
