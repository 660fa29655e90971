"""The short notation of large epoch vectors: "328 for uid 0..63, 0 for uid 64..511" and the like."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from subnet.rules.vectors import CannotRun

_SPAN = r"(\d+)\.\.(\d+)"
_EVERY = re.compile(r"(\w+) for every uid")
_SOME = re.compile(rf"(\w+) for uid {_SPAN}")
_WEIGHTS = re.compile(rf"every uid {_SPAN} sets \[j, ?(\d+)\] for all j in {_SPAN}")
_GROUP = re.compile(rf"\w+ \({_SPAN}\): ([^;]+)")
_BOND = re.compile(r"bond to uid (\d+) = (\d+)|bonds (\d+)")
_FIELD = re.compile(r"(\w+) (\d+)")
_LITERALS = {"false": False, "true": True}


def per_uid(value: Any, count: int) -> list[Any]:
    """One entry for each uid: a list as it is, or a text spelled out; CannotRun for a text not understood."""
    if isinstance(value, list):
        return value
    if every := _EVERY.fullmatch(value):
        return [_literal(every[1])] * count
    spans = [(_literal(found[1]), int(found[2]), int(found[3])) for found in _SOME.finditer(value)]
    covered = {uid: entry for entry, first, last in spans for uid in range(first, last + 1)}
    if sorted(covered) != list(range(count)):
        raise CannotRun(f"the notation {value!r} does not name every uid")
    return [covered[uid] for uid in range(count)]


def _literal(text: str) -> Any:
    return _LITERALS[text] if text in _LITERALS else int(text)


def weight_rows(text: str) -> dict[int, list[tuple[int, int]]]:
    """Weight rows of a text such as "every uid 0..3 sets [j,127] for all j in 4..7"."""
    found = _WEIGHTS.fullmatch(text)
    if not found:
        raise CannotRun(f"the notation {text!r} names no weights")
    first, last, value, low, high = map(int, found.groups())
    return {uid: [(target, value) for target in range(low, high + 1)] for uid in range(first, last + 1)}


@dataclass(frozen=True, slots=True)
class Expected:
    """One expected value: of a field of `uid`, or of its bond to `target` (None: of all its bonds)."""

    uid: int
    field: str
    value: int
    target: int | None = None


def expectations(text: str) -> Iterator[Expected]:
    """Every value a text such as "validators (0..3): consensus 0, bond to uid 4 = 65535; ..." expects."""
    groups = list(_GROUP.finditer(text))
    if text and not groups:
        raise CannotRun(f"the notation {text!r} names no values")
    for group in groups:
        for part in group[3].split(","):
            for uid in range(int(group[1]), int(group[2]) + 1):
                yield _expected(uid, part.strip())


def _expected(uid: int, part: str) -> Expected:
    if bond := _BOND.fullmatch(part):
        target = None if bond[1] is None else int(bond[1])
        return Expected(uid, "bond", int(bond[2] or bond[3]), target)
    if field := _FIELD.fullmatch(part):
        return Expected(uid, field[1], int(field[2]))
    raise CannotRun(f"the notation {part!r} names no value")
