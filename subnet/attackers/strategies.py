"""How dishonest miners answer, as plain functions: for trying a rubric and its rules before strangers do.

A strategy sees what a miner of its kind can see and returns a reply. What it is given beyond the query (the task's
reference, for those that are right by skill; the replies of others, for those that copy) stands for work that the
test does not want to do, and each function says what it takes. None of them knows how replies are judged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from subnet.protocol import Answer, Reply
from subnet.tasks.base import Task

CHEAP = "a cheaper model"
WRONG = "I cannot say."
FILLER = (
    "To put it in other words, with all due care and attention to every detail of this interesting matter: "
)


@dataclass(frozen=True, slots=True)
class Situation:
    """One query as one miner meets it: the how-manieth of its epoch (from 0), and what others replied to it."""

    task: Task
    epoch: int
    index: int
    others: Sequence[Reply]
    rng: Random


Strategy = Callable[[Situation], Reply]


def answered(task: Task, text: str, seconds: float = 0.1, tokens: int = 1) -> Reply:
    """A reply with this text."""
    return Reply(Answer(query_id=task.id, text=text, model="model", tokens=tokens), seconds)


def silent(seconds: float = 12.0) -> Reply:
    """No reply."""
    return Reply.missing("timeout", seconds)


def able(quality: float) -> Strategy:
    """An honest miner that solves this share of its tasks."""

    def able(met: Situation) -> Reply:
        return answered(met.task, met.task.reference if met.rng.random() < quality else WRONG)

    return able


def cherry_picking(share: float) -> Strategy:
    """Answers the easy part of its tasks, all of it rightly, and is silent otherwise."""

    def cherry_picking(met: Situation) -> Reply:
        easy = met.rng.random() < share
        return answered(met.task, met.task.reference) if easy else silent()

    return cherry_picking


def part_time(share: float, quality: float) -> Strategy:
    """Works in every 1/`share`-th epoch only, and is silent in the others."""

    def part_time(met: Situation) -> Reply:
        return able(quality)(met) if met.epoch % round(1 / share) == 0 else silent()

    return part_time


def padding(quality: float, times: int) -> Strategy:
    """As able as anybody, but says everything at length."""

    def padding(met: Situation) -> Reply:
        reply = able(quality)(met)
        text = reply.text or ""
        length = times * max(len(text), 1)
        said = (FILLER * (length // len(FILLER) + 1))[:length]
        return answered(met.task, f"{said} {text}", tokens=times)

    return padding


def garbage_after(epochs: int, quality: float) -> Strategy:
    """Works for some epochs, then replies with what nobody can read."""

    def garbage_after(met: Situation) -> Reply:
        return able(quality)(met) if met.epoch < epochs else answered(met.task, "\x00{]" * 3)

    return garbage_after


def spoilt_after(epochs: int, quality: float) -> Strategy:
    """As able as anybody, but from some epoch on nothing that it says can be checked."""

    def spoilt_after(met: Situation) -> Reply:
        reply = able(quality)(met)
        return reply if met.epoch < epochs else answered(met.task, f"{reply.text}\x00{{]")

    return spoilt_after


def saying(text: str) -> Strategy:
    """Replies the same to everything."""

    def saying(met: Situation) -> Reply:
        return answered(met.task, text)

    return saying


def relaying(seconds: float) -> Strategy:
    """Passes on another miner's answer, a little later; silent where no other miner serves it."""

    def relaying(met: Situation) -> Reply:
        texts = [reply for reply in met.others if reply.text is not None]
        if not texts:
            return silent()
        best = met.rng.choice(texts)
        return answered(met.task, best.text or "", best.seconds + seconds)

    return relaying


def overloaded(declared: int, capacity: int, quality: float) -> Strategy:
    """Declares room for `declared` queries at once and answers the first `capacity` of each burst."""

    def overloaded(met: Situation) -> Reply:
        return able(quality)(met) if met.index % declared < capacity else silent()

    return overloaded


def cheaper(share: float, quality: float, good: float) -> Strategy:
    """Runs a cheap model of this quality for a share of its queries, and the claimed one, which is `good`, else.

    The answer says which one ran, for whoever stands in for a check of the claimed model; a rubric cannot see it.
    """

    def cheaper(met: Situation) -> Reply:
        cheap = met.rng.random() < share
        text = able(quality if cheap else good)(met).text or ""
        answer = Answer(query_id=met.task.id, text=text, model=CHEAP if cheap else "model", tokens=1)
        return Reply(answer, 0.1)

    return cheaper
