"""Kinds of reward functions: what each is shown, and what it returns.

A plain function judges one reply to one task. The wrappers are for functions that need more than that: all replies
to a task (`OfRound`), many independent replies in one go (`Batched`), or too much time to judge every reply
(`Sampled`).
"""

from __future__ import annotations

import hashlib
import hmac
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from subnet.protocol import Reply
from subnet.tasks.base import Task

Pair = tuple[Task, Reply]
"""An answered reply beside the task it replies to."""

Asked = tuple[Task, Sequence[Reply]]
"""A task and all replies to it."""

RewardFunction = Callable[[Task, Reply], float]
RoundFunction = Callable[[Task, Sequence[Reply]], Sequence[float | None]]
BatchFunction = Callable[[Sequence[Pair]], Sequence[float | None]]

SAMPLE_BITS = 64


@dataclass(frozen=True, slots=True)
class OfRound:
    """A reward function that needs all answers to a task at once, as one that looks for copies does.

    It is given the answered replies only, and returns one value for each, None where it is undecided.
    """

    function: RoundFunction


@dataclass(frozen=True, slots=True)
class Batched:
    """A reward function that judges many pairs of task and reply in one go, as one that runs a model does.

    It is given the answered replies to all tasks that are judged together, and returns one value for each, None
    where it is undecided. What it says of a pair must not depend on the others.
    """

    function: BatchFunction


@dataclass(frozen=True, slots=True)
class Sampled:
    """A deep check of a random `share` of the replies; of the others it says nothing.

    Which replies are looked at follows from the task's seed, which no miner knows, and from the reply's text: the
    same round picks the same replies, equal texts are picked together, and no miner can tell beforehand. The
    rubric counts the check 1 / share as much where it was made (Horvitz and Thompson, 1952), so that on average
    it weighs what its owner said; see docs/rewards.md for what that does to a score's noise.
    """

    function: RewardFunction | Batched
    share: float

    def __post_init__(self) -> None:
        if not 0.0 < self.share <= 1.0:
            raise ValueError(f"the share of replies that {name_of(self)} sees lies above 0 and up to 1")

    def picks(self, task: Task, reply: Reply) -> bool:
        """Whether the check looks at this reply."""
        key = task.seed.to_bytes(16, "big", signed=True)
        said = f"{name_of(self)}\0{task.family}\0{reply.text}".encode("utf-8", "surrogatepass")
        drawn = int.from_bytes(hmac.digest(key, said, hashlib.sha256)[: SAMPLE_BITS // 8], "big")
        return drawn < math.ldexp(self.share, SAMPLE_BITS)


Function = RewardFunction | OfRound | Batched | Sampled


def name_of(function: Function) -> str:
    """The name under which a function's judgement is kept and shown."""
    plain: object = function
    while isinstance(plain, OfRound | Batched | Sampled):
        plain = plain.function
    return str(getattr(plain, "__name__", type(plain).__name__))
