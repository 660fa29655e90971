"""Scores: a pure function of what was observed."""

import math
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subnet.protocol import Coldkey, Hotkey
from subnet.validator.scores import MOST, Observation, Rules, inherited, scores

RULES = Rules(half_life=100)
values = st.one_of(st.none(), st.floats(0, 1), st.sampled_from([0.0, 1.0]))


@st.composite
def observations(draw):
    count = draw(st.integers(1, 40))
    return [
        Observation(
            hotkey=Hotkey(draw(st.sampled_from("abc"))),
            coldkey=Coldkey("cold"),
            registered_at=0,
            block=draw(st.integers(0, 400)),
            epoch=0,
            round_id=f"r{number}",
            task_id="t",
            family="test",
            value=(value := draw(values)),
            evidence=0.0 if value is None else draw(st.floats(0.05, 1)),
            seconds=1.0,
        )
        for number in range(count)
    ]


@given(observations(), st.randoms(use_true_random=False))
def test_the_order_of_observations_does_not_matter_to_the_last_bit(known, rng: Random):
    shuffled = known[:]
    rng.shuffle(shuffled)
    assert scores(known, 500, RULES) == scores(shuffled, 500, RULES)


@given(observations(), st.integers(1, 100_000))
def test_absence_leaves_the_mean_as_it_is_and_never_improves_a_score(known, blocks):
    before, after = scores(known, 400, RULES), scores(known, 400 + blocks, RULES)
    assert before.keys() == after.keys()
    for hotkey, score in after.items():
        assert score.mean == before[hotkey].mean
        assert score.value <= before[hotkey].value
        assert score.evidence <= before[hotkey].evidence


@given(observations())
def test_a_score_lies_between_nothing_and_the_mean(known):
    for score in scores(known, 400, RULES).values():
        assert 0.0 <= score.value <= score.mean <= 1.0
        assert math.isfinite(score.evidence)


@given(observations())
def test_silence_never_helps(known):
    before = scores(known, 400, RULES)
    silent = [replace(seen, round_id="silent", block=400, value=0.0, evidence=1.0) for seen in known[:1]]
    hotkey = silent[0].hotkey
    after = scores([*known, *silent], 400, RULES)[hotkey]
    assert after.mean <= (before[hotkey].mean if hotkey in before else 0.0)


def test_silence_is_an_observation_of_zero(observation):
    known = [
        observation(block=1, value=1.0),
        observation(block=1, value=0.0, round_id="s", failure="timeout"),
    ]
    assert scores(known, 1, RULES)["a"].mean == 0.5


def test_what_was_undecided_is_left_out(observation):
    known = [observation(value=0.7), observation(value=None, round_id="u")]
    assert scores(known, 0, RULES) == scores(known[:1], 0, RULES)
    assert scores(known[1:], 0, RULES) == {}


def test_half_the_evidence_counts_half(observation):
    known = [observation(value=1.0, evidence=0.5), observation(value=0.0, evidence=1.0, round_id="b")]
    assert scores(known, 0, RULES)["a"].mean == pytest.approx(1 / 3)


def test_an_observation_counts_half_after_a_half_life(observation):
    known = [observation(block=0, value=1.0), observation(block=100, value=0.0)]
    assert scores(known, 100, RULES)["a"].mean == pytest.approx(1 / 3)


def test_one_lucky_answer_scores_less_than_many_good_ones(observation):
    lucky = [observation("lucky", value=1.0)]
    steady = [observation("steady", value=0.8, round_id=f"r{n}") for n in range(30)]
    found = scores([*lucky, *steady], 0, RULES)
    assert found["lucky"].value == pytest.approx(1 / 3)
    assert found["steady"].value > 0.7


def test_only_the_newest_observations_count(observation):
    old = [observation(block=n, value=1.0) for n in range(10)]
    new = [observation(block=10 + n, value=0.0) for n in range(MOST)]
    assert scores([*new, *old], 1000, RULES)["a"].mean == 0.0


def test_ages_beyond_all_measure_stay_numbers(observation):
    score = scores([observation(value=1.0)], 10**12, RULES)["a"]
    assert (score.mean, score.value, score.evidence) == (1.0, 0.0, 0.0)


def owners(known, members):
    """Under which hotkey each observation counts."""
    return [seen.hotkey for seen in inherited(known, {member.hotkey: member for member in members})]


def test_a_swapped_hotkey_keeps_its_history(observation, peer):
    known = [observation("old", coldkey="cold", registered_at=7, round_id=f"r{n}") for n in range(9)]
    members = {Hotkey("new"): peer("new", registered_at=7, coldkey="cold")}
    assert scores(inherited(known, members), 0, RULES)["new"] == scores(known, 0, RULES)["old"]


@pytest.mark.parametrize(
    ("registered_at", "coldkey"), [(8, "cold"), (7, "other")], ids=["registered anew", "somebody else"]
)
def test_a_new_registration_inherits_nothing(observation, peer, registered_at, coldkey):
    known = [observation("old", coldkey="cold", registered_at=7)]
    assert owners(known, [peer("new", registered_at=registered_at, coldkey=coldkey)]) == ["old"]


def test_a_hotkey_that_left_finds_its_history_when_it_comes_back(observation, peer):
    known = [observation("old", coldkey="cold", registered_at=7)]
    assert owners(known, [peer("old", registered_at=50, coldkey="cold")]) == ["old"]


def test_a_swapped_hotkey_that_registers_anew_does_not_take_its_history_back(observation, peer):
    known = [observation("old", coldkey="cold", registered_at=7)]
    members = [peer("new", registered_at=7, coldkey="cold"), peer("old", registered_at=50, coldkey="cold")]
    assert owners(known, members) == ["new"]


def test_seats_of_one_coldkey_and_block_pass_nothing_on(observation, peer):
    known = [observation(name, coldkey="cold", registered_at=7) for name in ("old", "gone")]
    members = [peer(name, registered_at=7, coldkey="cold") for name in ("old", "new")]
    assert owners(known, members) == ["old", "gone"]


def test_rules_that_make_no_sense_are_refused():
    for half_life, prior in ((0, 1.0), (10, -1.0), (10, math.nan)):
        with pytest.raises(ValueError, match="half-life"):
            Rules(half_life, prior)
