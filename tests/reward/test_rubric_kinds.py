"""Penalties, functions that judge in batches, and deep checks of a sample."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reward.rubric import Batched, OfRound, Rubric, Sampled
from subnet.protocol import Answer, Message, Query, Reply
from subnet.tasks.base import Task, Undecided

SILENT = Reply.missing("timeout", 10.0)


def make_task(seed=1):
    query = Query(id="abcdefgh", messages=(Message(role="user", content="?"),))
    return Task("test", seed, query, "42", lambda text: float(text == "42"))


TASK = make_task()


def reply(text="42"):
    return Reply(Answer(query_id="abcdefgh", text=text, model="m"), 1.0)


def full(task, reply):
    return 1.0


def length(task, reply):
    return len(reply.text) / 10


def breaks_on_x(task, reply):
    return 1 / 0 if reply.text == "x" else 0.5


def not_a_number(task, reply):
    return math.nan if reply.text == "x" else 0.0


def unsure(task, reply):
    raise Undecided("no idea")


def values(rubric, *texts, task=TASK):
    return [reward.value for reward in rubric(task, [reply(text) for text in texts])]


def test_a_penalty_takes_off_at_most_its_weight_and_never_more_than_there_is():
    rubric = Rubric({full: 1}, penalties={length: 0.4})
    assert values(rubric, "", "12345", "1" * 99) == pytest.approx([1.0, 0.8, 0.6])
    assert values(Rubric({length: 1}, penalties={full: 1.0}), "12345") == [0.0]


def test_a_penalty_that_is_undecided_takes_nothing_and_leaves_the_evidence():
    (reward,) = Rubric({full: 1}, penalties={unsure: 0.5})(TASK, [reply()])
    assert (reward.value, reward.evidence) == (1.0, 1.0)


@pytest.mark.parametrize("penalty", [breaks_on_x, not_a_number])
def test_an_answer_that_breaks_a_penalty_pays_it_in_full(penalty):
    spoilt, good = values(Rubric({full: 1}, penalties={penalty: 0.4}), "x", "y")
    assert spoilt == pytest.approx(0.6) and spoilt < good


def test_penalties_show_among_the_parts_by_a_negative_weight():
    (reward,) = Rubric({full: 1}, penalties={length: 0.5})(TASK, [reply("12345")])
    assert [(part.name, part.weight, part.value) for part in reward.parts] == [
        ("full", 1.0, 1.0),
        ("length", -0.5, 0.5),
    ]
    assert reward.reason == "full 1.00, length 0.50"


@pytest.mark.parametrize("weight", [0, -0.1, 1.1, math.nan, math.inf, None, "1"])
def test_a_penalty_out_of_bounds_is_refused(weight):
    with pytest.raises(ValueError, match="penalty length"):
        Rubric({full: 1}, penalties={length: weight})


def test_what_is_paid_for_cannot_be_a_penalty_as_well():
    with pytest.raises(ValueError, match="as well"):
        Rubric({full: 1}, penalties={full: 0.1})


def counted(seen):
    def lengths(pairs):
        seen.append([(task.seed, reply.text) for task, reply in pairs])
        return [len(reply.text) / 10 for _, reply in pairs]

    return Batched(lengths)


def test_a_batched_function_sees_all_answers_to_all_tasks_of_a_round_in_one_go():
    seen = []
    rubric = Rubric({counted(seen): 1})
    asked = [(make_task(1), [reply("a"), SILENT]), (make_task(2), []), (make_task(3), [reply("bb")])]
    rewards = rubric.judge_round(asked)
    assert seen == [[(1, "a"), (3, "bb")]]
    assert [[reward.value for reward in row] for row in rewards] == [[0.1, 0.0], [], [0.2]]


def test_one_answer_that_breaks_a_batch_is_found_and_alone_to_blame():
    def hates_x(pairs):
        assert all(reply.text != "x" for _, reply in pairs)
        return [1.0] * len(pairs)

    assert values(Rubric({Batched(hates_x): 1}), *"abcxdefg") == [1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 1.0]
    assert values(Rubric({Batched(hates_x): 1}), "x", "x") == [None, None]


@pytest.mark.parametrize("kind", [Batched, OfRound])
def test_a_function_that_leaves_an_answer_out_says_nothing_of_any(kind):
    def short(*given):
        return []

    assert values(Rubric({kind(short): 1}), "a", "b") == [None, None]


def test_an_answer_cannot_hide_behind_a_task_that_nobody_else_was_asked():
    """It breaks the judge where it stands alone; elsewhere in the round the judge works."""
    rewards = Rubric({breaks_on_x: 1}).judge_round(
        [(make_task(1), [reply("x")]), (make_task(2), [reply("y")])]
    )
    assert [row[0].value for row in rewards] == [0.0, 0.5]


texts = st.lists(st.text(max_size=12), min_size=1, max_size=12)


@given(texts, st.randoms(use_true_random=False))
def test_a_round_judged_again_or_in_another_order_gives_the_same_bits(given_texts, rng):
    rubric = Rubric(
        {counted([]): 2, Sampled(length, 0.5): 1, full: 0.3},
        gates=[breaks_on_x],
        penalties={not_a_number: 0.1},
    )
    replies = [reply(text) for text in given_texts]
    rewards = rubric(TASK, replies)
    assert rewards == rubric(TASK, replies)
    order = rng.sample(range(len(replies)), len(replies))
    assert [rewards[place] for place in order] == rubric(TASK, [replies[place] for place in order])


def deep(task, reply):
    return int(reply.text) / 100


def cheap(task, reply):
    return 1.0 - int(reply.text) / 100


def even(task, reply):
    return float(int(reply.text) % 2 == 0)


def test_the_sample_follows_from_the_task_s_seed_and_has_the_size_it_should():
    sampled = Sampled(deep, 0.25)
    picks = [[sampled.picks(make_task(seed), reply(str(text))) for text in range(100)] for seed in range(40)]
    assert picks[0] != picks[1]
    assert picks[0] == [Sampled(deep, 0.25).picks(make_task(0), reply(str(text))) for text in range(100)]
    assert 850 < sum(map(sum, picks)) < 1150


def test_two_deep_checks_look_at_samples_of_their_own():
    one, two = Sampled(deep, 0.5), Sampled(cheap, 0.5)
    assert any(one.picks(TASK, reply(str(n))) != two.picks(TASK, reply(str(n))) for n in range(20))


def test_a_deep_check_runs_on_its_sample_only():
    seen = []

    def costly(task, reply):
        seen.append(reply.text)
        return 1.0

    sampled = Sampled(costly, 0.3)
    names = [str(n) for n in range(50)]
    Rubric({full: 1, sampled: 1})(TASK, [reply(name) for name in names])
    assert seen == [name for name in names if sampled.picks(TASK, reply(name))]
    assert 0 < len(seen) < 50


def test_a_batched_check_can_be_sampled():
    seen = []
    rubric = Rubric({full: 1, Sampled(counted(seen), 0.3): 1})
    rubric(TASK, [reply(str(n)) for n in range(50)])
    assert len(seen) == 1 and 0 < len(seen[0]) < 50


@settings(max_examples=25, deadline=None)
@given(st.floats(0.01, 1.0), st.integers(0, 100), st.floats(0.01, 10.0))
def test_what_a_sampled_part_counts_for_is_what_its_owner_said_on_average(share, number, weight):
    """Worth and evidence of a reply, weighed by how often it is picked, are those of the full check: the weight of
    the observation times its value is an unbiased estimate."""
    full_rubric = Rubric({cheap: 1.0, deep: weight})
    rubric = Rubric({cheap: 1.0, Sampled(deep, share): weight})
    (exact,) = full_rubric(TASK, [reply(str(number))])
    sampled = Sampled(deep, share)
    looked, unlooked = (
        next(
            (
                rubric(make_task(seed), [reply(str(number))])[0]
                for seed in range(2000)
                if sampled.picks(make_task(seed), reply(str(number))) == wanted
            ),
            None,
        )
        for wanted in (True, False)
    )
    if looked is None or unlooked is None:
        return  # a share so near to 0 or 1 that two thousand tasks do not show both
    evidence = share * looked.evidence + (1 - share) * unlooked.evidence
    worth = share * looked.evidence * looked.value + (1 - share) * unlooked.evidence * unlooked.value
    assert worth / evidence == pytest.approx(exact.value)
    assert 0.0 <= looked.value <= 1.0 and 0.0 <= unlooked.value <= 1.0


def test_a_score_from_samples_is_the_score_from_full_checks_within_its_noise():
    """The ledger's own mean: observations weigh as much as they are evidence."""
    rng = random.Random(1)
    numbers = [rng.randrange(100) for _ in range(4_000)]
    full_rubric = Rubric({cheap: 0.3, deep: 0.7}, gates=[even])
    rubric = Rubric({cheap: 0.3, Sampled(deep, 0.1): 0.7}, gates=[even])

    def score(which):
        rewards = [which(make_task(seed), [reply(str(n))])[0] for seed, n in enumerate(numbers)]
        total = math.fsum(reward.evidence for reward in rewards)
        return math.fsum(reward.evidence * reward.value for reward in rewards) / total

    assert score(rubric) == pytest.approx(score(full_rubric), abs=0.04)


@pytest.mark.parametrize("share", [0.0, -1.0, 1.1, math.nan])
def test_a_share_out_of_bounds_is_refused(share):
    with pytest.raises(ValueError, match="share"):
        Sampled(deep, share)


@pytest.mark.parametrize("extra", [{"gates": [Sampled(deep, 0.5)]}, {"penalties": {Sampled(deep, 0.5): 0.5}}])
def test_a_gate_or_penalty_that_overlooks_most_replies_is_refused(extra):
    with pytest.raises(ValueError, match="sampled"):
        Rubric({full: 1}, **extra)


shares = st.floats(0.0, 1.0)


@given(shares, shares, shares, st.floats(0.01, 1.0), st.floats(0.01, 1.0))
def test_no_gate_or_penalty_ever_raises_a_value(part, gate, fault, weight, most):
    def parted(task, reply):
        return part

    def gated(task, reply):
        return gate

    def faulty(task, reply):
        return fault

    plain, guarded = (
        values(Rubric({parted: weight}, **extra), "a")[0]
        for extra in ({}, {"gates": [gated], "penalties": {faulty: most}})
    )
    assert 0.0 <= guarded <= plain <= 1.0
    assert guarded == pytest.approx(max(0.0, part - most * fault) * gate)
