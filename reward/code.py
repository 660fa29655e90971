"""The rubric for programming tasks: hidden tests decide, and several answers are run at once.

A verifier of such a task waits for a child process, some 23 ms each for honest code and the whole second of its
limit for code that does not end. One after the other, a large round would take longer than its judge may.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from reward.kinds import Batched, Pair
from reward.pace import quick
from reward.rubric import Rubric
from reward.text import solved
from subnet.tasks.base import Undecided

WAITING = 8


def passed(pairs: Sequence[Pair]) -> list[float | None]:
    """1 for every reply that the task's own verifier accepts, else 0; None where the verifier could not run.

    The verifiers run in threads, which do nothing but wait for their children; how many of those run at once, the
    sandbox decides.
    """
    with ThreadPoolExecutor(WAITING) as judges:
        return list(judges.map(_solved, pairs))


def _solved(pair: Pair) -> float | None:
    try:
        return solved(*pair)
    except Undecided:
        return None


HIDDEN_TESTS = Batched(passed)
CODE = Rubric({HIDDEN_TESTS: 0.95, quick: 0.05}, gates=[HIDDEN_TESTS])
"""For `--rubric reward/code.py:CODE`; code has many lines, so nothing is said of tidiness."""
