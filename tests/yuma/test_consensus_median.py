"""The weighted median, against the chain's own search restated with lists."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from subnet.rules.fixed import ONE, normalised
from subnet.yuma import weighted_median, weighted_median_columns

stakes = st.integers(0, 5).map(lambda units: units * ONE // 5)
scores = st.sampled_from([0, ONE // 4, ONE // 3, ONE // 2, ONE])
votes = st.lists(st.tuples(stakes, scores), min_size=1, max_size=12)


def searched(stake: list[int], score: list[int], minority: int) -> int:
    """Halve the voters around a pivot until it has the minority below it and the majority at or above it."""
    voters, low, high = list(range(len(score))), 0, sum(stake)
    while len(voters) > 1:
        pivot = score[voters[len(voters) // 2]]
        lower = [voter for voter in voters if score[voter] < pivot]
        higher = [voter for voter in voters if score[voter] > pivot]
        below, above = sum(stake[v] for v in lower), sum(stake[v] for v in higher)
        if minority < low + below and lower:
            voters, high = lower, low + below
        elif high - above <= minority and higher:
            voters, low = higher, high - above
        else:
            return pivot
    return score[voters[0]] if voters else 0


@given(votes, st.integers(-ONE // 5, ONE + ONE // 5))
def test_the_median_is_what_the_chains_search_finds(cast: list[tuple[int, int]], majority: int) -> None:
    shares = normalised([stake for stake, _ in cast])
    score, minority = [score for _, score in cast], sum(shares) - majority
    assert weighted_median(np.array(shares), np.array(score), minority) == searched(shares, score, minority)


@given(
    st.lists(st.tuples(stakes, scores, scores), min_size=1, max_size=12),
    st.lists(stakes),
    st.integers(1, ONE),
)
def test_validators_without_a_row_vote_zero(
    cast: list[tuple[int, int, int]], silent: list[int], majority: int
) -> None:
    rows = np.array([row[1:] for row in cast], dtype=np.int64)
    stake = np.array([row[0] for row in cast], dtype=np.int64)
    everyone = np.vstack([rows, np.zeros((len(silent), 2), dtype=np.int64)])
    unheard = np.array(silent, dtype=np.int64)
    with_rows = weighted_median_columns(np.concatenate([stake, unheard]), everyone, majority)
    without_rows = weighted_median_columns(stake, rows, majority, unheard)
    assert with_rows.tolist() == without_rows.tolist()


@given(st.lists(st.tuples(stakes, scores), min_size=1, max_size=12), st.integers(1, ONE))
def test_columns_are_medians_of_the_voters_with_stake(cast: list[tuple[int, int]], majority: int) -> None:
    voting = [(stake, score) for stake, score in cast if stake > 0]
    shares = normalised([stake for stake, _ in voting])
    expected = searched(shares, [score for _, score in voting], sum(shares) - majority)
    stake, score = np.array(cast, dtype=np.int64).T
    assert weighted_median_columns(stake, score[:, None], majority).tolist() == [expected]


@pytest.mark.parametrize(("support", "agreed"), [(49, 0), (51, ONE)])
def test_a_weight_counts_once_the_majority_gives_it(support: int, agreed: int) -> None:
    stake = np.array([support, 100 - support]) * ONE // 100
    assert weighted_median_columns(stake, np.array([[ONE], [0]]), ONE // 2).tolist() == [agreed]


def test_two_equal_halves_give_the_higher_score_at_the_chains_kappa() -> None:
    kappa = 32767 * ONE // 65535
    assert weighted_median_columns(np.array([5, 5]), np.array([[0], [ONE]]), kappa).tolist() == [ONE]


def test_without_scores_or_stake_there_is_no_consensus() -> None:
    nobody = np.zeros(0, dtype=np.int64)
    assert weighted_median(nobody, nobody, 0) == 0
    no_stake, votes_cast = np.zeros(2, dtype=np.int64), np.ones((2, 3), dtype=np.int64)
    assert weighted_median_columns(no_stake, votes_cast, 1).tolist() == [0, 0, 0]
    assert weighted_median_columns(nobody, np.zeros((0, 2), dtype=np.int64), 1).tolist() == [0, 0]
