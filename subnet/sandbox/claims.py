"""Reads what a stranger's process wrote: one JSON document of a fixed shape, or nothing.

The shape is a list with one list per input, which holds one value or none. A number that is not finite, an integer
of hundreds of digits, a nesting deeper than any result has, or one byte too many, and the whole document is no
result: there is no lenient reading to be gained from.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

MAX_DEPTH = 16
MAX_DIGITS = 400
# A text that never ends is a match, too: otherwise every quote in it would be tried anew, up to the end.
BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)

Claim = tuple[Any, ...]
"""One JSON value that a function returned, or nothing."""


def read_claims(data: bytes, count: int) -> tuple[Claim, ...] | None:
    """The claims in `data`, one for each of `count` inputs; None when it is not such a document."""
    if _too_deep(data):
        return None
    try:
        found = json.loads(
            data.decode("ascii"), parse_constant=_refuse, parse_int=_integer, parse_float=_number
        )
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, list) or len(found) != count:
        return None
    if not all(isinstance(claim, list) and len(claim) <= 1 for claim in found):
        return None
    return tuple(tuple(claim) for claim in found)


def _too_deep(data: bytes) -> bool:
    depth = 0
    for match in BRACKETS.finditer(data):
        depth += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(match.group(), 0)
        if depth > MAX_DEPTH:
            return True
    return False


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a result")


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError("an integer of that many digits is not a result")
    return int(digits)


def _number(digits: str) -> float:
    value = float(digits) if len(digits) <= MAX_DIGITS else math.inf
    if math.isinf(value):
        raise ValueError("a number beyond all bounds is not a result")
    return value
