"""Scores: a pure function of what was observed."""

import math
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subnet.protocol import Coldkey, Hotkey
from subnet.validator.memory import inherited
from subnet.validator.scores import MOST, Observation, Rules, scores

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
        observation(block=1, value=0.0, task_id="u", failure="timeout"),
    ]
    assert scores(known, 1, RULES)["a"].mean == 0.5


def test_silence_devalues_what_was_earned_before_it_and_nothing_after(observation):
    def mean(*order):
        known = [
            observation(block=block, value=float(answered), failure=None if answered else "timeout")
            for block, answered in enumerate(order)
        ]
        return scores(known, len(order), Rules(half_life=10**9, after_silence=0.9))["a"].mean

    assert mean(False, True, True) == pytest.approx(2 / 3)
    assert mean(True, False, True) == pytest.approx(1.9 / 3)
    assert mean(True, True, False) == pytest.approx(1.8 / 3)
    assert mean(True, False, False) == pytest.approx(0.81 / 3)


@given(observations(), st.integers(0, 39), observations())
def test_a_silent_round_never_pays_not_even_for_those_who_failed_before(known, place, later):
    """Compared with not having been asked: whatever was before it, and whatever comes after it."""
    before = [replace(seen, hotkey=Hotkey("a")) for seen in known]
    after = [
        replace(seen, hotkey=Hotkey("a"), block=500 + seen.block, round_id=f"l{n}")
        for n, seen in enumerate(later)
    ]
    silent = replace(before[0], round_id="s", block=450, value=0.0, evidence=1.0, failure="timeout")
    with_it = scores([*before, silent, *after], 900, RULES)["a"]
    if without := scores([*before, *after], 900, RULES).get(Hotkey("a")):
        assert with_it.mean <= without.mean


def test_one_miss_of_many_tasks_in_a_round_counts_as_that_share_of_a_silence(observation):
    good = observation(block=1, value=1.0)

    def worth(missed):
        played = [
            observation(
                block=2, value=1.0, task_id=f"t{n}", failure="timeout" if n < missed else None, evidence=1e-9
            )
            for n in range(10)
        ]
        return scores([good, *played], 2, Rules(half_life=10**9, after_silence=0.5))["a"].mean

    assert worth(0) == 1.0
    assert worth(1) == pytest.approx(0.5**0.1)
    assert worth(10) == pytest.approx(0.5)


@pytest.mark.parametrize("honest_misses", [0.0, 0.01])
def test_who_works_a_fifth_of_the_time_earns_less_than_a_fiftieth_of_ten(observation, honest_misses):
    """Twenty tasks an epoch; the camper works one epoch in five; pay is averaged over its cycle."""
    tempo, rng = 360, Random(1)
    rules = Rules(half_life=2 * tempo)

    def run(name, works):
        return [
            observation(
                name,
                block=18 * n,
                value=rng.uniform(0.75, 0.85) if works(n) else 0.0,
                failure=None if works(n) else "timeout",
            )
            for n in range(600)
        ]

    honest = run("honest", lambda n: rng.random() >= honest_misses)
    camper = run("camper", lambda n: n // 20 % 5 == 0)
    shares = []
    for epoch in range(20, 30):
        now = 360 * epoch
        found = scores([seen for seen in [*honest, *camper] if seen.block < now], now, rules)
        shares.append(found["camper"].value / (9 * found["honest"].value + found["camper"].value))
    assert sum(shares) / len(shares) <= 0.02


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
    for after_silence, immunity in ((-0.1, 0), (1.1, 0), (0.5, -1)):
        with pytest.raises(ValueError, match="silence"):
            Rules(10, after_silence=after_silence, immunity=immunity)
