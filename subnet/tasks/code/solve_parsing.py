"""Solvers of exercises that read a small language."""

from __future__ import annotations

import re


def expression(text: str, formulas: dict[str, tuple[int, int, int]], loose: str, modulus: int) -> int:
    """The value of an expression; operators in `loose` bind less tightly than the others, all from the left."""
    tokens = re.findall(r"\d+|\S", text)

    def operand() -> int:
        token = tokens.pop(0)
        if token != "(":
            return int(token) % modulus
        value = chain(0)
        tokens.pop(0)
        return value

    def chain(tightness: int) -> int:
        value = operand() if tightness else chain(1)
        while tokens and tokens[0] in formulas and (tokens[0] not in loose) == bool(tightness):
            left, right, more = formulas[tokens.pop(0)]
            value = (left * value + right * (operand() if tightness else chain(1)) + more) % modulus
        return value

    return chain(0)


def records(
    text: str,
    marks: tuple[str, str, str],
    fields: tuple[str, str, str],
    keep: tuple[str, int],
    worth: tuple[int, int],
) -> list[list[object]]:
    """Totals by group of the records that are complete and kept."""
    between, inner, equals = marks
    group, first, second = fields
    field, least = keep
    totals: dict[str, int] = {}
    for line in text.split(between):
        found = dict(part.split(equals, 1) for part in line.split(inner) if equals in part)
        if not all(found.get(name, "").isdecimal() for name in (first, second)) or not found.get(group):
            continue
        if int(found[field]) >= least:
            value = worth[0] * int(found[first]) + worth[1] * int(found[second])
            totals[found[group]] = totals.get(found[group], 0) + value
    return [[name, totals[name]] for name in sorted(totals)]
