"""What every judgement speaks of: a task, the reward of one reply to it, and whoever judges.

A task is a query plus the reference it is judged by. Only its query is sent; the rest never leaves the
validator before the epoch is over.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

from subnet.protocol import Query, Reply

Verify = Callable[[str], float]
"""How right a text is, in [0, 1]; partial credit is possible, see `Task.solved_from`."""


Complete = Callable[[Query], Awaitable[str | None]]
"""The validator's own model: with what text it completes a query, None when it cannot."""


@dataclass(frozen=True, slots=True)
class Task:
    """One instance of a family: `query` is public, everything else is the validator's secret.

    `seed` reproduces the instance within its family. `verify` judges a text; it counts as solved from
    `solved_from` upwards. Where there is a `finish`, the reference is the answer of the validator's own model, empty
    at first: `finish` makes the whole task of that text (`subnet.tasks.references`).
    """

    family: str
    seed: int
    query: Query
    reference: str
    verify: Verify
    solved_from: float = 1.0
    finish: Callable[[str], Task] | None = None

    @property
    def id(self) -> str:
        """The id of the task and of its query."""
        return self.query.id

    @property
    def budget(self) -> float:
        """Seconds that a reply may take."""
        return self.query.seconds

    def asked_as(self, query: Query) -> Task:
        """The same task under another query, also once it is finished."""
        finish = self.finish
        later = None if finish is None else lambda text: finish(text).asked_as(query)
        return replace(self, query=query, finish=later)


class Undecided(Exception):
    """A judge could not decide, by no fault of the miner: there is no evidence, neither good nor bad.

    Never raise it for what a miner can cause: an unreadable answer is a wrong answer.
    """


@dataclass(frozen=True, slots=True)
class Part:
    """What one reward function said of one reply; `value` is None when it was undecided.

    A gate multiplies the value of all other parts, and has no weight of its own.
    """

    name: str
    weight: float
    value: float | None
    reason: str = ""
    gate: bool = False


@dataclass(frozen=True, slots=True)
class Reward:
    """What one reply is worth: a value in [0, 1], or None when nothing could be decided.

    `evidence` is the share of the rubric that was decided, from 0 to 1, or as many observations as a failed proof
    counts for. `reason` is one line for the miner.
    """

    value: float | None
    evidence: float
    parts: tuple[Part, ...]
    reason: str


Judge = Callable[[Task, Sequence[Reply]], Sequence[Reward]]
"""One reward for each reply to a task, in the order of the replies; who replied is not told."""


@runtime_checkable
class RoundJudge(Protocol):
    """A judge that can be shown all tasks of a round together, so that one that runs a model shares its passes."""

    def judge_round(self, asked: Sequence[tuple[Task, Sequence[Reply]]]) -> Sequence[Sequence[Reward]]:
        """For each task one reward for each reply to it, in order."""
        ...


class Source(Protocol):
    """A kind of tasks: several families, each of which makes instances from seeds."""

    @property
    def families(self) -> tuple[str, ...]:
        """The names of the families, in a fixed order that all validators share."""
        ...

    def make(self, family: str, seed: int, query_id: str, seconds: float) -> Task:
        """The instance of `family` that belongs to `seed`: the same seed gives the same task."""
        ...
