"""Text tasks: what they were made of is right, and nothing that was not worked for is."""

import json
from itertools import pairwise

import pytest

from subnet.tasks.text import MAX_ANSWER_CHARS, Text
from subnet.tasks.text_words import sentences, words

TEXT = Text()
SEEDS = [seed * 0x1F3D5B79 + 11 for seed in range(40)]
LAZY = [
    "",
    " ",
    "[]",
    "{}",
    "null",
    "0",
    "nan",
    ".",
    "I cannot help with that.",
    "x" * 200_000,
    "[" * 5000,
    "\ud800",
]


def tasks(family):
    return [TEXT.make(family, seed, "text-task", 5.0) for seed in SEEDS]


def prompt_of(task):
    return task.query.messages[0].content


@pytest.mark.parametrize("family", TEXT.families)
def test_the_reference_is_right_and_differs_from_task_to_task(family):
    made = tasks(family)
    assert all(task.verify(task.reference) == 1.0 for task in made)
    assert len({task.reference for task in made}) == len({prompt_of(task) for task in made}) == len(made)
    assert all(task.reference not in prompt_of(task) for task in made)


@pytest.mark.parametrize("family", TEXT.families)
def test_neither_nothing_nor_junk_nor_the_text_itself_is_right(family):
    for task in tasks(family):
        source = prompt_of(task).split("\n\n")[-1]
        for lazy in (*LAZY, prompt_of(task), source, source.removeprefix("Note: ")):
            assert task.verify(lazy) < task.solved_from


@pytest.mark.parametrize("family", TEXT.families)
def test_the_answer_to_another_task_is_not_right(family):
    made = tasks(family)
    for task, other in pairwise(made):
        assert task.verify(other.reference) < task.solved_from


@pytest.mark.parametrize("family", TEXT.families)
def test_the_same_seed_makes_the_same_task_and_no_text_is_looked_at_beyond_its_bound(family):
    task, again = (TEXT.make(family, 5, "text-task", 5.0) for _ in range(2))
    assert (task.query, task.reference) == (again.query, again.reference)
    assert task.verify(task.reference + " " * MAX_ANSWER_CHARS) == 0.0


def test_a_family_or_level_that_there_is_not_is_named():
    for wrong in ("translate@1", "extract", "extract@4", "extract@x"):
        with pytest.raises(ValueError, match=r"extract|translate"):
            TEXT.make(wrong, 1, "text-task", 5.0)


def test_extracting_pays_for_each_value_and_for_no_other_shape():
    task = TEXT.make("extract@2", 3, "text-task", 5.0)
    rows = json.loads(task.reference)
    rows[0]["count"] += 1
    assert task.verify(json.dumps(rows)) == pytest.approx(20 / 21)
    assert task.verify(f"```json\n{task.reference}\n```") == 1.0
    rows[0]["count"] = float(rows[0]["count"] - 1)
    assert task.verify(json.dumps(rows)) < 1.0
    assert task.verify(f"Here you are: {task.reference}") == 0.0
    assert task.verify(json.dumps(rows * 2)) == 0.0
    assert task.verify(json.dumps([{**row, "more": 1} for row in rows])) == 0.0


def test_what_was_withdrawn_or_corrected_later_is_not_extracted():
    for task in tasks("extract@3"):
        assert len(json.loads(task.reference)) == 4


def test_a_summary_is_short_in_sentences_of_its_own_and_without_what_was_turned_down():
    for task in tasks("summarise@2"):
        first, _, _ = task.reference.partition(". ")
        assert 0.0 < task.verify(f"{first}.") < 1.0
        assert task.verify(task.reference.rstrip(".")) == 0.0
        assert task.verify(task.reference + " And so on it went for many hours." * 9) == 0.0
        assert task.verify(" ".join(words(task.reference)).replace("delivers", ",")) == 0.0
        assert task.verify(f"{task.reference} It costs 55555 cents in all today.") == 0.0
        source = prompt_of(task).split("\n\n")[-1]
        dropped = {word for word in words(source) if word[0].isupper()} - set(words(task.reference))
        names = [word for word in dropped if f"of {word} " in source or f"forward by {word}" in source]
        for name in names:
            assert task.verify(f"{task.reference} We also thank {name} for the idea.") < 1.0


def test_a_rewriting_keeps_every_event_and_every_constraint():
    for task in tasks("rewrite@3"):
        parts = sentences(task.reference)
        assert task.verify(" ".join(parts[:-1])) == 0.0
        assert 0.0 < task.verify(" ".join([parts[1], parts[0], *parts[2:]])) < 1.0
        assert task.verify(task.reference.swapcase()) < 1.0
        assert task.verify(task.reference.replace(".", " and so on and so on.")) < 1.0
