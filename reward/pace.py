"""Rewards for answering in time: a threshold and a bounded bonus, never a rank.

A rank would pay for the shortest cable to the validator. Here nothing is gained below half of the budget, and
what can be gained above it is the weight that the rubric gives to this part.
"""

from __future__ import annotations

from subnet.protocol import Reply
from subnet.tasks.base import Task

FULL_UNTIL = 0.5
"""Share of the budget within which an answer counts as quick."""


def quick(task: Task, reply: Reply) -> float:
    """1 up to half of the task's budget, then falling evenly to 0 at its end."""
    used = reply.seconds / task.budget
    return min(1.0, max(0.0, (1.0 - used) / (1.0 - FULL_UNTIL)))
