"""Single reward functions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward.length import concise, enough
from reward.numeric import close, nearness, within
from reward.overlap import similarity
from reward.pace import quick
from reward.rubric import Rubric
from reward.text import contains, exact, solved, tidy
from subnet.protocol import Answer, Message, Query, Reply
from subnet.tasks.base import Task, Undecided
from subnet.tasks.reasoning import Demo


def task_with(reference, verify=lambda text: 0.0, solved_from=1.0):
    query = Query(id="abcdefgh", messages=(Message(role="user", content="?"),), seconds=10.0)
    return Task("test", 1, query, reference, verify, solved_from)


def said(text, seconds=1.0):
    return Reply(Answer(query_id="abcdefgh", text=text, model="m"), seconds)


def test_partial_credit_is_not_solved():
    task = Demo().make("spell_backward", 5, "abcdefgh", 5.0)
    nearly = task.reference[:-1] + ("q" if task.reference[-1] != "q" else "r")
    assert task.verify(nearly) > 0.1
    assert solved(task, said(nearly)) == 0.0
    assert solved(task, said(task.reference + "\n")) == 1.0


def test_almost_full_credit_counts_as_solved_from_the_task_s_own_bound():
    assert solved(task_with("a", lambda _: 0.9995, 0.999), said("a")) == 1.0
    assert solved(task_with("a", lambda _: 0.99, 0.999), said("a")) == 0.0


@pytest.mark.parametrize(
    ("text", "worth"), [("12", 1), (" 12. ", 1), ("12\n", 1), ("1\n2", 0), ("12" + " so" * 9, 0)]
)
def test_tidy_is_one_line_about_as_long_as_the_reference(text, worth):
    assert tidy(task_with("12"), said(text)) == worth


@pytest.mark.parametrize(("seconds", "worth"), [(0, 1), (5, 1), (7.5, 0.5), (10, 0), (99, 0)])
def test_pace_pays_nothing_more_for_less_than_half_of_the_budget(seconds, worth):
    assert quick(task_with("a"), said("a", seconds)) == pytest.approx(worth)


def test_contains_ignores_case_and_spacing():
    assert contains(task_with("New  York"), said("it is new york, I think")) == 1.0
    assert contains(task_with("New York"), said("newyork")) == 0.0


def test_contains_wants_whole_words_and_a_reference():
    assert contains(task_with("4"), said("it is 42")) == 0.0
    assert contains(task_with("4"), said("it is (4).")) == 1.0
    assert contains(task_with("a.b*"), said("so a.b* it is")) == 1.0
    with pytest.raises(Undecided):
        contains(task_with(" "), said("anything"))


def test_exact_ignores_case_width_and_spacing_only():
    assert exact(task_with("New  York"), said(" new york")) == 1.0
    assert exact(task_with("42"), said("\uff14\uff12")) == 1.0
    assert exact(task_with("42"), said("42.")) == 0.0


def test_similarity_is_one_for_equal_texts_and_bounded_for_endless_ones():
    assert similarity(task_with("abc"), said("ABC ")) == 1.0
    assert similarity(task_with("abc"), said("xyz")) == 0.0
    assert similarity(task_with("a" * 9000), said("a" * 250_000)) == 0.0


@pytest.mark.parametrize(
    ("text", "worth"), [("1,000.0", 1), ("so 7, then 1e3", 1), ("1001", 0), ("none", 0), ("9" * 4000, 0)]
)
def test_close_looks_at_the_last_number(text, worth):
    assert close(task_with("1000"), said(text)) == worth


def test_nearness_falls_with_the_relative_error():
    assert nearness(task_with("100"), said("about 90")) == pytest.approx(0.9)
    assert nearness(task_with("100"), said("-5e200")) == 0.0


def test_a_reference_that_is_no_number_is_the_judge_s_fault():
    with pytest.raises(Undecided):
        close(task_with("abc"), said("1"))


@pytest.mark.parametrize("reference", ["1/2", "12 apples", "", "nan", "inf", "1e999"])
def test_a_reference_must_be_one_finite_number_and_nothing_else(reference):
    with pytest.raises(Undecided):
        nearness(task_with(reference), said("1"))


@pytest.mark.parametrize("text", ["nan", "NaN", "inf", "-Infinity", "1e999", "-1e999", "0x10", "", "\u0663"])
@pytest.mark.parametrize("reference", ["0", "5", "-3"])
def test_what_is_not_a_finite_number_is_no_answer(text, reference):
    assert close(task_with(reference), said(text)) == 0.0 or text == "0x10"
    assert nearness(task_with(reference), said(text)) in (0.0, 1.0)


def test_a_tolerance_is_the_wider_of_its_two():
    assert within(0.1)(task_with("100"), said("109")) == 1.0
    assert within(0.1)(task_with("100"), said("111")) == 0.0
    assert within(0.0, 12.0)(task_with("100"), said("111")) == 1.0
    assert within(0.1)(task_with("0"), said("0.001")) == 0.0


@pytest.mark.parametrize("tolerance", [(-1.0, 0.0), (float("nan"), 0.0), (0.0, float("inf"))])
def test_a_tolerance_out_of_bounds_is_refused(tolerance):
    with pytest.raises(ValueError, match="tolerance"):
        within(*tolerance)


@given(st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=40) | st.floats().map(str))
def test_whatever_the_numbers_their_reward_lies_between_0_and_1(reference, text):
    task = task_with(repr(reference))
    assert 0.0 <= nearness(task, said(text)) <= 1.0
    assert close(task, said(text)) in (0.0, 1.0)
    assert close(task, said(repr(reference))) == 1.0


def test_three_times_the_text_is_worth_less_not_more():
    """A judge that likes length pays a padded answer up to 30 % more; the gate takes back more than that."""

    def likes_length(task, reply):
        return 0.7 if len(reply.text) < 200 else 1.0

    rubric = Rubric({likes_length: 1}, gates=[concise()])
    task = task_with("r" * 100)
    honest, padded = (reward.value for reward in rubric(task, [said("a" * 100), said("a" * 300)]))
    assert honest == 0.7
    assert padded <= 0.9 * honest


@given(st.integers(0, 400), st.integers(0, 4000))
def test_the_length_gate_never_opens_wider_for_more_text(reference, length):
    gate, task = concise(), task_with("r" * reference)
    assert 0.0 <= gate(task, said("a" * (length + 1))) <= gate(task, said("a" * length)) <= 1.0
    assert gate(task, said("a" * reference)) == 1.0


def test_enough_counts_different_words():
    assert enough(3)(task_with("-"), said("one two three")) == 1.0
    assert enough(3)(task_with("-"), said("one one ONE one two")) == 0.0


@pytest.mark.parametrize("make", [lambda: concise(0.5), lambda: concise(float("nan")), lambda: enough(0)])
def test_a_length_gate_that_makes_no_sense_is_refused(make):
    with pytest.raises(ValueError, match=r"concise|enough"):
        make()


@given(st.floats(0, 1e9), st.floats(0, 1e9))
def test_being_faster_than_needed_earns_nothing_and_being_slower_never_more(one, other):
    """No rank: what a miner earns for pace does not depend on how quick the others are."""
    fast, slow = sorted((one, other))
    task = task_with("-")
    assert 0.0 <= quick(task, said("a", slow)) <= quick(task, said("a", fast)) <= 1.0
    assert quick(task, said("a", min(slow, 5.0))) == 1.0
