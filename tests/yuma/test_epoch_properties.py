"""What holds for every epoch: budget, proportions, and what the rules say of simple subnets."""

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subnet.yuma import ABSENT, Matrix, Moment, Neurons, Outcome, Rules, epoch, in_rao

NOW, BUDGET = 1000, 10**12
Votes = dict[int, list[tuple[int, int]]]


def settled(stake: list[int], votes: Votes, rules: Rules | None = None, owner: int | None = None) -> Outcome:
    """One epoch of a subnet at rest."""
    neurons = Neurons.settled(stake, NOW, owner)
    empty = Matrix.empty(len(stake))
    return epoch(
        Matrix.of(votes, len(stake)), empty, neurons, rules or Rules(), Moment(NOW, BUDGET, NOW - 360)
    )


@st.composite
def subnets(draw: st.DrawFn) -> tuple[list[int], Votes]:
    count = draw(st.integers(2, 8))
    stake = draw(st.lists(st.integers(0, 10**15), min_size=count, max_size=count))
    cell = st.tuples(st.integers(0, count - 1), st.integers(0, 65535))
    rows = st.lists(cell, max_size=count, unique_by=lambda pair: pair[0])
    return stake, draw(st.dictionaries(st.integers(0, count - 1), rows))


penalties = st.sampled_from([0, 65535])
rule_sets = st.builds(Rules, yuma3=st.booleans(), liquid_alpha=st.booleans(), bonds_penalty=penalties)


@given(subnets(), rule_sets)
@settings(deadline=None)
def test_an_epoch_never_pays_more_than_its_budget(subnet: tuple[list[int], Votes], rules: Rules) -> None:
    outcome = settled(*subnet, rules)
    assert outcome.emission.sum() <= BUDGET
    assert outcome.server_emission.sum() + outcome.validator_emission.sum() <= BUDGET
    parts = outcome.server_emission + outcome.validator_emission
    assert (np.abs(outcome.emission - parts) <= BUDGET // 2**31).all()


@given(subnets(), rule_sets)
@settings(deadline=None)
def test_incentive_and_dividends_are_shares_of_one(subnet: tuple[list[int], Votes], rules: Rules) -> None:
    outcome = settled(*subnet, rules)
    for shares in (outcome.incentive, outcome.dividends, outcome.stake_weight):
        assert shares.min() >= 0
        assert shares.sum() <= 65535
    assert (outcome.consensus <= 65535).all()


@given(subnets(), rule_sets, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_numbering_of_neurons_does_not_matter(
    subnet: tuple[list[int], Votes], rules: Rules, random: Random
) -> None:
    stake, votes = subnet
    seats = list(range(len(stake)))
    random.shuffle(seats)
    moved = {seats[uid]: [(seats[target], value) for target, value in row] for uid, row in votes.items()}
    here = settled(stake, votes, rules)
    there = settled([stake[seats.index(seat)] for seat in range(len(stake))], moved, rules)
    for name in ("consensus", "incentive", "dividends", "validator_trust", "emission", "validator_permit"):
        assert getattr(there, name)[seats].tolist() == getattr(here, name).tolist(), name


def test_a_lone_validator_decides_alone_and_both_sides_share_the_emission() -> None:
    outcome = settled([10, 0, 0], {0: [(1, 65535), (2, 32768)]})
    assert outcome.consensus.tolist() == outcome.incentive.tolist() == [0, 43689, 21845]
    assert outcome.dividends.tolist() == [65535, 0, 0]
    assert outcome.validator_trust[0] in (65534, 65535)
    assert outcome.server_emission.sum() == pytest.approx(BUDGET / 2, rel=1e-8)
    assert outcome.validator_emission.sum() == pytest.approx(BUDGET / 2, rel=1e-8)


def test_a_miner_whom_only_a_minority_supports_earns_nothing() -> None:
    outcome = settled([40, 60, 0, 0], {0: [(2, 65535)], 1: [(3, 65535)]})
    assert outcome.consensus.tolist() == [0, 0, 0, 65535]
    assert outcome.incentive.tolist() == [0, 0, 0, 65535]
    assert outcome.validator_trust.tolist() == [0, 65535, 0, 0]


def test_without_agreement_active_stake_is_paid_and_miners_get_nothing() -> None:
    outcome = settled([40, 30, 30, 0, 0, 0], {0: [(3, 1)], 1: [(4, 1)], 2: [(5, 1)]})
    assert not outcome.consensus.any()
    assert not outcome.server_emission.any()
    assert outcome.validator_emission.tolist()[:3] == pytest.approx([0.4e12, 0.3e12, 0.3e12], rel=1e-8)


def test_equal_validators_with_equal_votes_earn_the_same_and_are_trusted_fully() -> None:
    outcome = settled([7, 7, 7, 0, 0], {uid: [(3, 40000), (4, 20000)] for uid in range(3)})
    assert len(set(outcome.dividends.tolist()[:3])) == 1
    assert set(outcome.validator_trust.tolist()[:3]) <= {65534, 65535}


def test_votes_for_oneself_do_not_count_except_the_owners() -> None:
    assert not settled([10, 0], {0: [(0, 65535)]}).incentive.any()
    assert settled([10, 0], {0: [(0, 65535)]}, owner=0).incentive.tolist() == [65535, 0]


def test_the_owner_holds_a_permit_without_stake() -> None:
    outcome = settled([10, 0], {}, owner=1)
    assert outcome.validator_permit.tolist() == [True, True]


def test_votes_for_a_miner_that_came_later_do_not_count() -> None:
    neurons = Neurons(in_rao([10, 0, 0]), [900, 0, 0], [0, 0, 900], [True, False, False])
    weights = Matrix.of({0: [(1, 1), (2, 65535)]}, 3)
    outcome = epoch(weights, Matrix.empty(3), neurons, Rules(), Moment(NOW, BUDGET))
    assert outcome.incentive.tolist() == [0, 65535, 0]


def test_of_equal_stake_the_later_uid_gets_the_last_permit() -> None:
    outcome = settled([5, 5, 5, 0], {}, Rules(max_allowed_validators=2))
    assert outcome.validator_permit.tolist() == [False, True, True, False]


def test_zero_weights_keep_a_bond_alive_under_liquid_alpha_and_silence_drops_it() -> None:
    rules = Rules(liquid_alpha=True, bonds_penalty=0)
    neurons = Neurons.settled([10, 0, 0], NOW)
    bonds = Matrix.of({0: [(1, 60000), (2, 10000)]}, 3)
    moment = Moment(NOW, BUDGET, NOW - 360)
    with_zero = epoch(Matrix.of({0: [(1, 0), (2, 65535)]}, 3), bonds, neurons, rules, moment)
    without = epoch(Matrix.of({0: [(2, 65535)]}, 3), bonds, neurons, rules, moment)
    assert [target for target, _ in with_zero.bonds.rows()[0]] == [1, 2]
    assert [target for target, _ in without.bonds.rows()[0]] == [2]


def test_rows_survive_the_way_into_a_matrix_and_back() -> None:
    rows = {0: [(0, 0), (2, 5)], 2: []}
    matrix = Matrix.of(rows, 3)
    assert matrix.rows() == rows
    assert matrix.cells.tolist() == [[0, ABSENT, 5], [ABSENT] * 3]
    assert matrix.without_column(2).rows() == {0: [(0, 0)], 2: []}
    assert Matrix.of({0: [(1, 5), (9, 5)], 7: [(0, 1)]}, 2).rows() == {0: [(1, 5)]}
