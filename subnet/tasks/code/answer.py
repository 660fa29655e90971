"""Reads the code out of an answer, and compares what it returned with the truth. Nothing here is lenient."""

from __future__ import annotations

import math
import re
from typing import Any

MAX_SOURCE_CHARS = 16 * 1024
MAX_ANSWER_CHARS = 64 * 1024
RELATIVE_TOLERANCE = 1e-9
BLOCK = re.compile(r"^```(?:python|py)[ \t]*\n(.*?)^```[ \t]*$", re.DOTALL | re.MULTILINE)


def code_in(text: str) -> str | None:
    """The one block of an answer that is marked as Python; None when there is none, or another one, or too "
    "much."""
    if len(text) > MAX_ANSWER_CHARS:
        return None
    blocks = BLOCK.findall(text.replace("\r\n", "\n"))
    if len(blocks) != 1 or len(blocks[0]) > MAX_SOURCE_CHARS or not _encodable(blocks[0]):
        return None
    return str(blocks[0])


def same(expected: Any, given: Any) -> bool:
    """Whether two JSON values are equal in value and in type; only numbers with a fraction may differ a "
    "little."""
    if isinstance(expected, list):
        return (
            isinstance(given, list)
            and len(given) == len(expected)
            and all(same(one, other) for one, other in zip(expected, given, strict=True))
        )
    if isinstance(expected, float):
        return type(given) in (int, float) and math.isclose(given, expected, rel_tol=RELATIVE_TOLERANCE)
    return type(given) is type(expected) and bool(given == expected)


def _encodable(source: str) -> bool:
    try:
        source.encode()
    except UnicodeEncodeError:
        return False
    return True
