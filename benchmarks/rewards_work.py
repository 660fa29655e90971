"""Replies to judge, and how long judging takes: all in one call beside one a call."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Sequence
from statistics import median

from reward.rubric import Function, Rubric
from subnet.protocol import Answer, Message, Query, Reply
from subnet.tasks.base import Task

REPLIES = 256
WORDS = re.findall(
    r"\w+",
    "the of and a to in is that for it as was with be by on not he his but at are this have from or had an "
    "they which one you were all their there would has more when who will no if out so said what up its "
    "about into than them can only other time new some could these two may first then do any like my now "
    "over such our man me even most made after also did many before must through back years where much your "
    "way well down should because long each just those people how too little state good very make world "
    "still own see men work life get here between both under never same another know while last might us "
    "great old year off come since against go came right used ",
)


def prose(rng: random.Random, words: int) -> str:
    """So many words, in sentences of about a dozen."""
    chosen = rng.choices(WORDS, k=words)
    return " ".join(
        word.capitalize() + "." if place % 12 == 11 else word for place, word in enumerate(chosen)
    )


def task_with(reference: str, question: str = "What does the text say?") -> Task:
    """A task that is solved by its reference."""
    query = Query(id="benchmark", messages=(Message(role="user", content=question),))
    return Task("benchmark", 1, query, reference, lambda text: float(text.strip() == reference))


def said(text: str) -> Reply:
    """A reply of that text after a second."""
    return Reply(Answer(query_id="benchmark", text=text, model="any"), 1.0)


def proses(count: int, words: int = 100, seed: int = 1) -> list[Reply]:
    """Different replies of 20 to 180 percent of so many words."""
    rng = random.Random(seed)
    return [said(prose(rng, int(words * rng.uniform(0.2, 1.8)))) for _ in range(count)]


def rates(
    function: Function, task: Task, replies: Sequence[Reply], rounds: int, alone: int | None = None
) -> tuple[float, float]:
    """Replies per second in one call, and how many times that is the rate of one reply a call.

    Of the latter the first `alone` replies are measured, all by default.
    """
    rubric, few = Rubric({function: 1.0}), replies[:alone]
    rubric(task, replies[:2])

    def one_by_one() -> None:
        for reply in few:
            rubric(task, [reply])

    together, ratios = [], []
    for _ in range(rounds):
        each = seconds(one_by_one) / len(few)
        all_of_them = seconds(lambda: rubric(task, replies)) / len(replies)
        together.append(1.0 / all_of_them)
        ratios.append(each / all_of_them)
    return median(together), median(ratios)


def seconds(work: Callable[[], object]) -> float:
    """How long some work takes."""
    before = time.perf_counter()
    work()
    return time.perf_counter() - before
