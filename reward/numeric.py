"""Rewards for answers that are numbers.

The answer is the last number in the text. What is not a finite number is no number: "nan", "inf" and 1e999 are
wrong answers, never a value to calculate with.
"""

from __future__ import annotations

import math
import re

from reward.kinds import RewardFunction
from subnet.protocol import Reply
from subnet.tasks.base import Task, Undecided

NUMBER = re.compile(r"[-+]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][-+]?\d{1,3})?", re.ASCII)
TOLERANCE = 1e-6
MAX_CHARS = 4096


def within(relative: float, absolute: float = 0.0) -> RewardFunction:
    """A reward of 1 when the last number of the answer is as near to the reference as one of the two says.

    Raises ValueError unless both are finite and at least 0.
    """
    if not (0.0 <= relative < math.inf and 0.0 <= absolute < math.inf):
        raise ValueError("a tolerance is a finite number of at least 0")

    def close(task: Task, reply: Reply) -> float:
        expected, given = _expected(task), _last_number(reply.text or "")
        return float(given is not None and abs(given - expected) <= max(relative * abs(expected), absolute))

    return close


close = within(TOLERANCE, TOLERANCE)
"""1 when the last number of the answer lies within a millionth of the reference."""


def nearness(task: Task, reply: Reply) -> float:
    """1 minus the relative error of the answer's last number, at least 0; no number is worth 0.

    Of a reference of 0 the error is counted in millionths.
    """
    expected, given = _expected(task), _last_number(reply.text or "")
    if given is None:
        return 0.0
    return max(0.0, 1.0 - abs(given - expected) / max(abs(expected), TOLERANCE))


def _expected(task: Task) -> float:
    text = task.reference.replace(",", "").strip()
    number = _last_number(text) if NUMBER.fullmatch(text) else None
    if number is None:
        raise Undecided("the reference is not a number")
    return number


def _last_number(text: str) -> float | None:
    found = NUMBER.findall(text[-MAX_CHARS:].replace(",", ""))
    value = float(found[-1]) if found else math.nan
    return value if math.isfinite(value) else None
