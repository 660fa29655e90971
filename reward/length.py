"""Gates on the length of an answer, so that padding never pays.

A judge that is a model, a reward model or an overlap with a reference tends to prefer the longer of two answers.
As a gate, `concise` makes the rubric's value a reward per length: beyond what the task needs, twice the text is
half the value. A minimum is a gate as well, not a reward: more than enough earns nothing more.
"""

from __future__ import annotations

import math

from reward.kinds import RewardFunction
from reward.text import text_of
from subnet.protocol import Reply
from subnet.tasks.base import Task

SPARE_CHARS = 16
"""What any answer may add to a short reference: a unit, a full stop, quotation marks."""


def concise(slack: float = 1.5, spare: int = SPARE_CHARS) -> RewardFunction:
    """A gate of 1 up to `slack` times the reference's length plus `spare` characters, then the share of that length
    in the answer's. Raises ValueError unless slack is finite and at least 1, and spare at least 0.
    """
    if not 1.0 <= slack < math.inf or spare < 0:
        raise ValueError("a concise answer may be at least as long as the reference")

    def concise(task: Task, reply: Reply) -> float:
        allowed = slack * len(task.reference) + spare
        return allowed / max(allowed, len(text_of(reply)), 1)

    return concise


def enough(words: int) -> RewardFunction:
    """A gate that opens at `words` different words; repeating one is not saying more. Raises ValueError below 1."""
    if words < 1:
        raise ValueError("enough is at least one word")

    def enough(task: Task, reply: Reply) -> float:
        return float(len(set(text_of(reply).casefold().split())) >= words)

    return enough
