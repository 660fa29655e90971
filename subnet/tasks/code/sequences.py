"""Exercises on texts, lists and intervals."""

from __future__ import annotations

from functools import partial
from random import Random
from string import ascii_lowercase as letters
from typing import Any

from subnet.tasks.code import solve_sequences as solvers
from subnet.tasks.code.exercise import Draw, Exercise

TEXT_STEPS = {
    "rotate": "move the first {number} characters to the end, one after the other (go round as often as needed)",
    "shift": "replace every lower-case letter by the one {number} places later in the alphabet, 'a' following 'z'",
    "remove": "remove every {letters!r}",
    "double": "write every {letters!r} twice",
    "replace": "replace every {letters[0]!r} by {letters[1]!r}",
    "insert": "insert {letters!r} after every {number} characters (after an incomplete last group nothing)",
    "flip": "reverse each group of {number} characters, counted from the start; the last group may be shorter",
    "swapcase": "swap the case of every letter from {letters[0]!r} to {letters[1]!r}, whatever its case",
    "count": "append, in decimal, how often {letters!r} occurs in it",
    "last": "move every {letters!r} to the end",
    "cut": "keep the first {number} characters only",
}
LIST_STEPS = {
    "add": "add {first} to each",
    "multiply": "multiply each by {first}",
    "remainder": "replace each by its remainder modulo {first} (never negative)",
    "drop": "drop those whose remainder modulo {first} (never negative) is {second}",
    "rotate": "move the first element to the end, {first} times",
    "clip": "replace those below {first} by {first} and those above {second} by {second}",
    "flip": "reverse each group of {first} elements, counted from the start; the last group may be shorter",
    "above": "drop those below {first}",
    "xor": "replace each by its bitwise exclusive or with {first}",
    "sums": "replace each by the sum of all up to and including it, modulo {first} (never negative)",
}


def text_pipeline(draw: Draw, rng: Random, level: int) -> Exercise:
    """A text goes through several steps."""
    steps = [_text_step(draw) for _ in range(2 + level)]
    said = [TEXT_STEPS[kind].format(letters=chosen, number=number) for kind, chosen, number in steps]
    used = "".join(chosen for _, chosen, _ in steps) or "ab"
    sizes = (9, 14, 0, 1, *(rng.randint(5, 40 * level) for _ in range(10)))
    return Exercise(
        function="transform",
        signature="(text: str) -> str",
        text="`text` consists of letters a to z and spaces. Do this in order, each step to what the step "
        "before it "
        f"left, and return the result:\n{_numbered(said)}",
        solve=partial(solvers.text_pipeline, steps=steps),
        inputs=tuple(("".join(rng.choices(letters + " " + used * 3, k=size)),) for size in sizes),
        ways=draw.ways,
    )


def list_pipeline(draw: Draw, rng: Random, level: int) -> Exercise:
    """A list of numbers goes through several steps."""
    steps = [_list_step(draw) for _ in range(2 + level)]
    said = [LIST_STEPS[kind].format(first=first, second=second) for kind, first, second in steps]
    sizes = (5, 8, 0, 1, *(rng.randint(3, 30 * level) for _ in range(10)))
    return Exercise(
        function="process",
        signature="(numbers: list[int]) -> list[int]",
        text="Do this to the list, in order, each step to what the step before it left, and return the "
        "result:\n"
        f"{_numbered(said)}",
        solve=partial(solvers.list_pipeline, steps=steps),
        inputs=tuple(([rng.randint(-99, 99) for _ in range(size)],) for size in sizes),
        ways=draw.ways,
    )


def intervals(draw: Draw, rng: Random, level: int) -> Exercise:
    """Spans of time are cut to a window, merged and paid for."""
    rule: dict[str, Any] = {
        "gap": draw.number(0, 10 * (level - 1)) if level > 1 else 0,
        "shortest": draw.number(1, 20),
        "factor": draw.number(2, 30),
        "fee": draw.number(-50, 50),
        "low": draw.number(0, 60),
        "high": draw.number(150, 300),
    }
    sizes = (3, 4, 0, 1, *(rng.randint(2, 12 * level) for _ in range(10)))
    return Exercise(
        function="bill",
        signature="(spans: list[list[int]]) -> int",
        text="Each span is [start, end) with start < end. Cut every span to the window "
        f"[{rule['low']}, {rule['high']}); what lies outside is dropped. Merge spans that overlap or "
        "between which "
        f"at most {rule['gap']} lies (measured from the end of what was merged so far, in order of start). "
        f"Of the merged spans take those of length {rule['shortest']} or more; each costs {rule['factor']} "
        "times its "
        f"length plus {rule['fee']}. Return the sum.",
        solve=partial(solvers.intervals, **rule),
        inputs=tuple(([_span(rng, level) for _ in range(size)],) for size in sizes),
        ways=draw.ways,
    )


def _span(rng: Random, level: int) -> list[int]:
    start = rng.randint(0, 320)
    return [start, start + rng.randint(1, 60 // level)]


def _text_step(draw: Draw) -> tuple[str, str, int]:
    kind = draw.one(tuple(TEXT_STEPS))
    if kind in ("remove", "double", "count", "last"):
        return kind, draw.one(letters), 0
    if kind in ("replace", "swapcase"):
        return kind, "".join(draw.several(letters, 2)), 0
    if kind == "insert":
        return kind, draw.one(letters), draw.number(2, 6)
    return kind, "", draw.number(2, 25) if kind == "flip" else draw.number(1, 25)


def _list_step(draw: Draw) -> tuple[str, int, int]:
    kind = draw.one(tuple(LIST_STEPS))
    if kind == "clip":
        return kind, draw.number(-60, -1), draw.number(1, 60)
    if kind == "drop":
        modulus = draw.number(3, 20)
        return kind, modulus, draw.number(0, modulus - 1)
    least, most = {"above": (-50, 40), "add": (1, 60), "rotate": (1, 30), "xor": (1, 63)}.get(kind, (2, 40))
    return kind, draw.number(least, most), 0


def _numbered(steps: list[str]) -> str:
    return "\n".join(f"{place}. {step}." for place, step in enumerate(steps, 1))
