"""Answers that have to be JSON: read strictly, within bounds, or not at all."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

MAX_JSON_CHARS = 64 * 1024
FENCED = re.compile(r"\A```(?:json)?[ \t]*\n(.*)\n```\Z", re.DOTALL)


def json_answer(text: str, most_chars: int = MAX_JSON_CHARS) -> Any | None:
    """What the whole text says as JSON, with or without one code fence around it; None when it is no JSON.

    Text around it, a key that is given twice, and NaN or infinity are no JSON: nothing is looked for or repaired.
    """
    stripped = text.strip()
    fenced = FENCED.match(stripped) if len(stripped) <= most_chars else None
    body = fenced.group(1) if fenced else stripped
    if len(body) > most_chars:
        return None
    try:
        return json.loads(body, parse_constant=_refused, object_pairs_hook=_object)
    except (ValueError, RecursionError):
        return None


def same(found: object, expected: object) -> bool:
    """Whether two JSON values are the same, type included: true is not 1, and "1" is not 1."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return found.keys() == expected.keys() and all(same(found[key], expected[key]) for key in expected)
    if isinstance(expected, list) and isinstance(found, list):
        return len(found) == len(expected) and all(map(same, found, expected))
    return type(found) is type(expected) and found == expected


def _refused(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is given twice")
    return found
