"""Single reward functions."""

import pytest

from reward.numeric import close, nearness
from reward.overlap import similarity
from reward.pace import quick
from reward.text import contains, solved, tidy
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
