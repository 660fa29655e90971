"""Rewards for answers that are numbers."""

from __future__ import annotations

import math
import re

from subnet.protocol import Reply
from subnet.tasks.base import Task, Undecided

NUMBER = re.compile(r"[-+]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][-+]?\d{1,3})?")
TOLERANCE = 1e-6
MAX_CHARS = 4096


def close(task: Task, reply: Reply) -> float:
    """1 when the last number of the answer lies within a millionth of the reference, relatively."""
    expected, given = _expected(task), _last_number(reply.text or "")
    return float(given is not None and math.isclose(given, expected, rel_tol=TOLERANCE, abs_tol=TOLERANCE))


def nearness(task: Task, reply: Reply) -> float:
    """1 minus the relative error of the answer's last number, at least 0; no number is worth 0."""
    expected, given = _expected(task), _last_number(reply.text or "")
    if given is None:
        return 0.0
    return max(0.0, 1.0 - abs(given - expected) / max(abs(expected), TOLERANCE))


def _expected(task: Task) -> float:
    number = _last_number(task.reference)
    if number is None:
        raise Undecided("the reference is not a number")
    return number


def _last_number(text: str) -> float | None:
    found = NUMBER.findall(text[-MAX_CHARS:].replace(",", ""))
    value = float(found[-1]) if found else math.nan
    return value if math.isfinite(value) else None
