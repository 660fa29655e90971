"""Forecasts: CRPS is what its definition says, honesty pays best, and nothing counts that came late."""

import json
from random import Random
from statistics import NormalDist, mean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subnet.protocol import Hotkey
from subnet.tasks.crps import crps_of_ensemble, crps_of_quantiles
from subnet.tasks.forecast import LEVELS_OF, QUANTILES, Forecast, expected_crps
from subnet.tasks.forecast_book import Book, Question, Rejected, digest_of

NUMBERS = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=12)
ABLE, BAKER = Hotkey("able"), Hotkey("baker")
SALT = b"s" * 16
QUESTION = Question("price at block 300", closes=100, resolves=300, reveals_until=200, naive=(0.0, 10.0))


@given(NUMBERS, st.floats(-1e6, 1e6))
def test_the_crps_of_an_ensemble_is_that_of_the_definition(members, truth):
    pairs = [abs(a - b) for a in members for b in members]
    plain = mean(abs(one - truth) for one in members) - mean(pairs) / 2
    assert crps_of_ensemble(members, truth) == pytest.approx(max(0.0, plain), abs=1e-6)


def test_the_crps_of_a_normal_forecast_is_the_known_closed_form():
    # Gneiting and Raftery (2007), equation 5: for N(0, 1) at y = 0.7.
    unit, y = NormalDist(), 0.7
    known = y * (2 * unit.cdf(y) - 1) + 2 * unit.pdf(y) - 1 / 3.141592653589793**0.5
    levels = [(2 * place + 1) / 4000 for place in range(2000)]
    drawn = [unit.inv_cdf(level) for level in levels]
    assert crps_of_ensemble(drawn, y) == pytest.approx(known, abs=2e-3)
    assert crps_of_quantiles(drawn, y) == pytest.approx(known, abs=2e-3)
    assert crps_of_ensemble([2.0], 5.0) == crps_of_quantiles([2.0], 5.0) == 3.0


def test_the_expected_crps_is_the_mean_over_futures():
    future, rng = NormalDist(3.0, 2.0), Random(5)
    quantiles = [1.0 + place for place in range(QUANTILES)]
    drawn = mean(crps_of_quantiles(quantiles, rng.gauss(3.0, 2.0)) for _ in range(40_000))
    assert expected_crps(quantiles, future) == pytest.approx(drawn, rel=0.02)


@given(st.floats(-3, 3), st.floats(0.3, 3))
def test_nobody_expects_a_better_score_from_what_is_not_believed(shift, stretch):
    belief = NormalDist(1.0, 2.0)
    honest = [belief.inv_cdf(level) for level in LEVELS_OF]
    other = [1.0 + shift + stretch * (one - 1.0) for one in honest]
    assert expected_crps(honest, belief) <= expected_crps(other, belief) + 1e-12


@pytest.mark.parametrize("family", Forecast.families)
def test_the_true_distribution_is_worth_1_and_the_history_s_own_nothing(family):
    for seed in range(40):
        task = Forecast().make(family, seed, "forecast-1", 5.0)
        prompt = task.query.messages[0].content
        shown = json.loads(prompt[prompt.index("[") : prompt.index("]") + 1])
        naive = [sorted(shown)[int(level * len(shown))] for level in LEVELS_OF]
        assert task.verify(task.reference) == 1.0
        assert task.verify(json.dumps(naive)) == 0.0
        assert task.verify(json.dumps([shown[-1]] * QUANTILES)) < 1.0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "[1,2,3]",
        "[9,8,7,6,5,4,3,2,1]",
        json.dumps(["1"] * 9),
        json.dumps([True] * 9),
        "[NaN" + ",1" * 8 + "]",
        "[1e999" + ",1" * 8 + "]",
        "[" + ",".join(["9" * 400] * 9) + "]",
        json.dumps([1e8] * 9),
        "null",
        "[" * 9999,
    ],
)
def test_an_answer_that_is_no_distribution_is_worth_nothing(text):
    assert Forecast().make("series@1", 3, "forecast-1", 5.0).verify(text) == 0.0


def test_a_forecast_committed_in_time_and_revealed_as_it_was_counts():
    digest = digest_of(QUESTION.id, ABLE, [4.0, 6.0], SALT)
    book = Book(QUESTION).commit(ABLE, digest, 100).reveal(ABLE, [4.0, 6.0], SALT, 150)
    worth = book.worth(5.0)
    assert worth[ABLE] == pytest.approx(1 - crps_of_ensemble([4, 6], 5) / crps_of_ensemble([0, 10], 5))
    assert book.worth(1e6)[ABLE] == pytest.approx(0.0, abs=1e-3)


def test_what_is_late_changed_copied_or_never_revealed_is_worth_nothing():
    digest = digest_of(QUESTION.id, ABLE, [5.0], SALT)
    book = Book(QUESTION).commit(ABLE, digest, 90).commit(BAKER, digest, 95)
    with pytest.raises(Rejected, match="closed at block 100"):
        book.commit(ABLE, digest, 101)
    for block in (100, 201):
        with pytest.raises(Rejected, match="from block 101 to 200"):
            book.reveal(ABLE, [5.0], SALT, block)
    for forecast, salt in (([5.1], SALT), ([5.0], b"t" * 16), ([5.0, 5.0], SALT)):
        with pytest.raises(Rejected, match="not what was committed"):
            book.reveal(ABLE, forecast, salt, 150)
    with pytest.raises(Rejected, match="not what was committed"):
        book.reveal(BAKER, [5.0], SALT, 150)
    with pytest.raises(Rejected, match="nothing was committed"):
        book.reveal(Hotkey("carol"), [5.0], SALT, 150)
    assert book.reveal(ABLE, [5.0], SALT, 150).worth(5.0) == {ABLE: 1.0, BAKER: 0.0}


@pytest.mark.parametrize(
    "forecast", [[], [float("nan")], [float("inf")], ["5"], [True], [1.0] * 100, [1e300]]
)
def test_what_is_no_forecast_cannot_be_committed_to(forecast):
    with pytest.raises(Rejected):
        digest_of(QUESTION.id, ABLE, forecast, SALT)


def test_a_question_whose_truth_comes_before_its_close_is_refused():
    with pytest.raises(ValueError, match="before the truth is known"):
        Question("q", closes=100, resolves=100, reveals_until=200, naive=(1.0,))
