"""The rubric: weights, gates, silence, and what it does with what it does not know."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward.default import DEFAULT
from reward.rubric import Batched, OfRound, Rubric, Sampled
from subnet.protocol import Answer, Message, Query, Reply
from subnet.tasks.base import Task, Undecided


def make_task(reference="42"):
    query = Query(id="abcdefgh", messages=(Message(role="user", content="?"),), seconds=10.0)
    return Task("test", 1, query, reference, lambda text: float(text.strip() == reference))


def reply(text="42", seconds=1.0):
    return Reply(Answer(query_id="abcdefgh", text=text, model="m"), seconds)


SILENT = Reply.missing("timeout", 10.0)
TASK = make_task()


def half(task, reply):
    return 0.5


def full(task, reply):
    return 1.0


def nothing(task, reply):
    return 0.0


def unsure(task, reply):
    raise Undecided("no judge at home")


def breaks_on_x(task, reply):
    if reply.text == "x":
        raise KeyError(reply.text)
    return 1.0


def test_silence_is_worth_nothing_and_is_evidence():
    (reward,) = DEFAULT(TASK, [SILENT])
    assert (reward.value, reward.evidence) == (0.0, 1.0)
    assert "timeout" in reward.reason


def test_the_value_is_the_weighted_mean():
    (reward,) = Rubric({full: 3, nothing: 1})(TASK, [reply()])
    assert reward.value == 0.75
    assert [(part.name, part.weight, part.value) for part in reward.parts] == [
        ("full", 0.75, 1.0),
        ("nothing", 0.25, 0.0),
    ]


def test_what_is_undecided_is_left_out_and_lowers_the_evidence():
    (reward,) = Rubric({half: 1, unsure: 3})(TASK, [reply()])
    assert (reward.value, reward.evidence) == (0.5, 0.25)
    assert "no judge at home" in reward.reason


def test_nothing_decided_is_no_value_at_all():
    (reward,) = Rubric({unsure: 1})(TASK, [reply()])
    assert (reward.value, reward.evidence) == (None, 0.0)


def test_a_gate_multiplies_and_may_be_weighed_too():
    assert Rubric({full: 1}, gates=[half])(TASK, [reply()])[0].value == 0.5
    assert Rubric({half: 1}, gates=[half])(TASK, [reply()])[0].value == 0.25
    assert Rubric({full: 1}, gates=[nothing])(TASK, [reply()])[0].value == 0.0
    assert Rubric({full: 1}, gates=[unsure])(TASK, [reply()])[0].value == 1.0


@pytest.mark.parametrize(("given_value", "kept"), [(math.nan, 0.0), (math.inf, 0.0), (-1.0, 0.0), (7.0, 1.0)])
def test_a_value_out_of_bounds_stays_within_them(given_value, kept):
    def wild(task, reply):
        return given_value

    assert Rubric({wild: 1})(TASK, [reply()])[0].value == kept


def test_an_answer_that_breaks_a_judge_that_others_do_not_break_is_worth_nothing():
    rewards = Rubric({breaks_on_x: 1})(TASK, [reply("x"), reply("y"), SILENT])
    assert [reward.value for reward in rewards] == [0.0, 1.0, 0.0]
    assert "x" not in rewards[0].reason.replace("breaks_on_x", "")


def test_a_judge_that_breaks_on_every_answer_says_nothing_about_them():
    rewards = Rubric({breaks_on_x: 1})(TASK, [reply("x"), reply("x"), SILENT])
    assert [reward.value for reward in rewards] == [None, None, 0.0]


def test_a_function_of_the_round_sees_the_answered_replies_only_and_in_order():
    seen = []

    def rarity(task, replies):
        texts = [reply.text for reply in replies]
        seen.append(texts)
        return [1 / texts.count(text) for text in texts]

    rewards = Rubric({OfRound(rarity): 1})(TASK, [reply("a"), SILENT, reply("a"), reply("b")])
    assert seen == [["a", "a", "b"]]
    assert [reward.value for reward in rewards] == [0.5, 0.0, 0.5, 1.0]
    assert rewards[0].parts[0].name == "rarity"


def test_a_function_of_the_round_that_breaks_blames_nobody():
    def broken(task, replies):
        raise IndexError

    assert Rubric({OfRound(broken): 1})(TASK, [reply(), reply()])[0].value is None


@pytest.mark.parametrize(
    ("weights", "gates"),
    [
        ({}, []),
        ({full: 0}, []),
        ({full: -1}, []),
        ({full: math.nan}, []),
        ({full: math.inf}, []),
        ({full: 1}, [half, half]),
    ],
)
def test_a_rubric_that_makes_no_sense_is_refused_when_it_is_made(weights, gates):
    with pytest.raises(ValueError, match=r"rubric|weight|name"):
        Rubric(weights, gates)


def test_two_functions_of_one_name_are_refused():
    def make():
        def same(task, reply):
            return 1.0

        return same

    with pytest.raises(ValueError, match="same"):
        Rubric({make(): 1, make(): 1})


texts = st.sampled_from(["42", "41", "", "x" * 5000, " 42 ", "forty\ntwo"])
replies = st.lists(st.one_of(st.just(SILENT), st.builds(reply, texts, st.floats(0, 20))), max_size=8)


@given(replies)
def test_the_same_replies_give_the_same_rewards_each_by_itself_in_bounds(given_replies):
    rewards = DEFAULT(TASK, given_replies)
    assert rewards == DEFAULT(TASK, given_replies)
    assert rewards == [DEFAULT(TASK, [single])[0] for single in given_replies]
    assert all(reward.value is not None and 0 <= reward.value <= 1 for reward in rewards)


@given(replies)
def test_by_default_nothing_beats_solving_and_nothing_else_pays(given_replies):
    for given_reply, reward in zip(given_replies, DEFAULT(TASK, given_replies), strict=True):
        solved = given_reply.text is not None and given_reply.text.strip() == "42"
        assert (reward.value >= 0.9) if solved else (reward.value == 0.0)


def solved(task, reply):
    return float(reply.text == "42")


def worthy(task, reply):
    return 1.0


def test_a_failed_proof_makes_a_reward_of_nothing_that_counts_as_many_observations():
    def proof(task, reply):
        return float(reply.text != "cheap")

    rubric = Rubric({solved: 1.0}, proofs={proof: 200})
    honest, cheap, quiet = rubric(TASK, [reply("42"), reply("cheap"), Reply.missing("timeout", 1.0)])
    assert (honest.value, honest.evidence) == (1.0, 1.0)
    assert (cheap.value, cheap.evidence) == (0.0, 200)
    assert (quiet.value, quiet.evidence) == (0.0, 1.0)


def test_a_proof_that_cannot_be_had_proves_nothing():
    def proof(task, reply):
        raise Undecided("no reference model")

    (reward,) = Rubric({solved: 1.0}, proofs={proof: 200})(TASK, [reply("42")])
    assert (reward.value, reward.evidence) == (1.0, 1.0)


@pytest.mark.parametrize("counts", [0, -1, float("inf"), float("nan"), "many"])
def test_a_proof_counts_as_one_observation_or_more(counts):
    with pytest.raises(ValueError, match="the proof solved counts as"):
        Rubric({worthy: 1.0}, proofs={solved: counts})


def test_a_proof_may_look_at_a_sample_only():
    """That is what it counts as many observations for."""

    def proof(pairs):
        return [float(reply.text != "cheap") for _, reply in pairs]

    rubric = Rubric({solved: 1.0}, proofs={Sampled(Batched(proof), 0.5): 200})
    tasks = [replace(TASK, seed=number) for number in range(40)]
    evidence = [rubric(task, [reply("cheap")])[0].evidence for task in tasks]
    assert 0 < evidence.count(200) < 40
    assert all(rubric(task, [reply("42")])[0].value == 1.0 for task in tasks)
