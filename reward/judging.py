"""Runs one reward function over the replies of a round, and says who is to blame when it breaks.

A function that breaks on one reply but decides on another was broken by that reply, which then gets the worst
verdict. A function that breaks on every reply is itself at fault: undecided. A value that is not a finite number
is the worst verdict too; beyond [0, 1] it is cut to the nearer end.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass

from reward.kinds import (
    Asked,
    Batched,
    BatchFunction,
    Function,
    OfRound,
    Pair,
    RewardFunction,
    Sampled,
    name_of,
)
from subnet.protocol import Reply
from subnet.tasks.base import Task, Undecided

log = logging.getLogger(__name__)

NOT_SAMPLED = "not sampled"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one function said of one reply: a value in [0, 1] or None, and why when there is a why."""

    value: float | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Broken:
    """A function raised what it should not have raised."""

    kind: str


Found = Verdict | Broken


@dataclass(frozen=True, slots=True)
class Column:
    """One function about to judge a round. `worst` is the value of a reply that breaks it or draws no number: 0,
    or 1 for a penalty.
    """

    function: Function
    worst: float = 0.0

    def verdicts(self, asked: Sequence[Asked]) -> list[Verdict]:
        """What the function says of every reply, task after task; all replies must be answered ones."""
        found = self._found(self.function, asked)
        works = any(isinstance(each, Verdict) and each.value is not None for each in found)
        return [self._blamed(each, works) if isinstance(each, Broken) else each for each in found]

    def _found(self, function: Function, asked: Sequence[Asked]) -> list[Found]:
        if isinstance(function, OfRound):
            return [one for task, replies in asked for one in self._of_round(function, task, replies)]
        pairs = [(task, reply) for task, replies in asked for reply in replies]
        return self._of_pairs(function, pairs)

    def _of_pairs(self, function: RewardFunction | Batched | Sampled, pairs: Sequence[Pair]) -> list[Found]:
        if isinstance(function, Sampled):
            return self._of_sample(function, pairs)
        if isinstance(function, Batched):
            return self._of_batch(function.function, pairs)
        return [self._of_one(function, pair) for pair in pairs]

    def _of_sample(self, sampled: Sampled, pairs: Sequence[Pair]) -> list[Found]:
        picked = [place for place, pair in enumerate(pairs) if sampled.picks(*pair)]
        found: list[Found] = [Verdict(None, NOT_SAMPLED)] * len(pairs)
        deep = self._of_pairs(sampled.function, [pairs[place] for place in picked])
        for place, verdict in zip(picked, deep, strict=True):
            found[place] = verdict
        return found

    def _of_one(self, function: RewardFunction, pair: Pair) -> Found:
        try:
            return self._bounded(function(*pair))
        except Undecided as undecided:
            return _undecided(undecided)
        except Exception as problem:  # noqa: BLE001 - owners' code meets strangers' text here; one reply must not end the round
            return self._broken(problem)

    def _of_batch(self, function: BatchFunction, pairs: Sequence[Pair]) -> list[Found]:
        """A batch that breaks is halved until the reply that breaks it stands alone."""
        if not pairs:
            return []
        try:
            return self._each(function(pairs), len(pairs))
        except Undecided as undecided:
            return [_undecided(undecided)] * len(pairs)
        except Exception as problem:  # noqa: BLE001 - the same boundary
            if len(pairs) == 1:
                return [self._broken(problem)]
        half = len(pairs) // 2
        return [*self._of_batch(function, pairs[:half]), *self._of_batch(function, pairs[half:])]

    def _of_round(self, function: OfRound, task: Task, replies: Sequence[Reply]) -> list[Found]:
        if not replies:
            return []
        try:
            return self._each(function.function(task, replies), len(replies))
        except Undecided as undecided:
            return [_undecided(undecided)] * len(replies)
        except Exception as problem:  # noqa: BLE001 - the same boundary; nobody can be blamed for breaking a whole round
            return [self._blamed(self._broken(problem), works=False)] * len(replies)

    def _each(self, values: Sequence[float | None], expected: int) -> list[Found]:
        """Verdicts of a function that judges several replies; ValueError when it left some out."""
        if len(values) != expected:
            raise ValueError(f"{len(values)} values for {expected} replies")
        return [Verdict(None, "undecided") if value is None else self._bounded(value) for value in values]

    def _bounded(self, value: float) -> Verdict:
        number = float(value)
        if not math.isfinite(number):
            return Verdict(self.worst, "not a number")
        return Verdict(min(1.0, max(0.0, number)))

    def _broken(self, problem: Exception) -> Broken:
        """Notes the failure; its message may hold an answer's text, which belongs into the detailed log only."""
        kind = type(problem).__name__
        log.error("reward function %s raised %s; --verbose shows where", name_of(self.function), kind)
        log.debug("reward function %s", name_of(self.function), exc_info=problem)
        return Broken(kind)

    def _blamed(self, broken: Broken, works: bool) -> Verdict:
        if works:
            return Verdict(self.worst, f"the answer could not be judged ({broken.kind})")
        return Verdict(None, f"the judge failed ({broken.kind})")


def _undecided(undecided: Undecided) -> Verdict:
    return Verdict(None, str(undecided) or "undecided")
