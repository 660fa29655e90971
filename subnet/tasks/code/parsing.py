"""Exercises that read a small language."""

from __future__ import annotations

from functools import partial
from random import Random

from subnet.tasks.code import solve_parsing as solvers
from subnet.tasks.code.exercise import Draw, Exercise

OPERATORS = "@#$%&?!~^:"
WORDS = ("team", "city", "hue", "shop", "crew", "tree", "fish", "road")
AMOUNTS = ("size", "cost", "age", "hits", "mass", "days", "rank", "load")
NAMES = ("ash", "birch", "cedar", "elm", "fir", "oak", "pine", "yew")
Formula = tuple[int, int, int]


def expression(draw: Draw, rng: Random, level: int) -> Exercise:
    """Evaluate an expression with made-up operators."""
    signs = draw.several(OPERATORS, 2 if level < 3 else 3)
    formulas = {sign: (draw.number(1, 9), draw.number(1, 9), draw.number(0, 20)) for sign in signs}
    modulus, loose = draw.number(101, 997), "" if level == 1 else signs[0]
    meaning = "\n".join(
        f"- x {sign} y = ({a}*x + {b}*y + {c}) modulo {modulus}" for sign, (a, b, c) in formulas.items()
    )
    order = "All operators bind equally tightly and are applied from left to right."
    if loose:
        order = (
            f"`{loose}` binds less tightly than the other operators; equals are applied from left to right."
        )
    return Exercise(
        function="evaluate",
        signature="(text: str) -> int",
        text=f"`text` is an expression of non-negative decimal numbers, spaces"
        f"{' , parentheses'.replace(' ,', ',') if level > 1 else ''} and these operators:\n{meaning}\n{order} "
        f"A number stands for its remainder modulo {modulus}. Return the value.",
        solve=partial(solvers.expression, formulas=formulas, loose=loose, modulus=modulus),
        inputs=tuple((_expression(rng, signs, count, level > 1),) for count in (2, 3, 1, *range(2, 12))),
        ways=draw.ways,
    )


def records(draw: Draw, rng: Random, level: int) -> Exercise:
    """Read records, keep some, and sum by group."""
    marks = (draw.one(("\n", "|", "/")), draw.one((";", ",", "&")), draw.one(("=", ":", "~")))
    group, (first, second) = draw.one(WORDS), draw.several(AMOUNTS, 2)
    fields = (group, first, second)
    keep = (draw.one(fields[1:]), draw.number(5, 60))
    worth = (draw.number(1, 20), draw.number(1, 20))
    between, inner, equals = marks
    return Exercise(
        function="totals",
        signature="(text: str) -> list[list]",
        text=f"`text` holds records, separated by {between!r}. A record holds fields in any order, "
        "separated by "
        f"{inner!r}; a field is a name, {equals!r} and a value. Skip records in which {fields[0]!r} is "
        "missing or empty, or "
        f"in which {fields[1]!r} or {fields[2]!r} is missing or is not made of decimal digits only. Skip "
        "those in which "
        f"{keep[0]!r} is below {keep[1]}. The others are worth {worth[0]} times {fields[1]!r} plus "
        f"{worth[1]} times "
        f"{fields[2]!r}. Return a list of [value of {fields[0]!r}, sum of the worths of its records], "
        "sorted by that "
        "value; other fields mean nothing.",
        solve=partial(solvers.records, marks=marks, fields=fields, keep=keep, worth=worth),
        inputs=tuple(
            (_records(rng, marks, fields, size),) for size in (3, 4, 0, 1, *(5 * level for _ in range(9)))
        ),
        ways=draw.ways,
    )


def _expression(rng: Random, signs: list[str], operands: int, nested: bool) -> str:
    if operands == 1:
        return str(rng.randint(0, 2000))
    left = rng.randint(1, operands - 1)
    sides = [_expression(rng, signs, count, nested) for count in (left, operands - left)]
    if nested:
        sides = [f"({side})" if rng.random() < 0.3 else side for side in sides]
    return f" {rng.choice(signs)} ".join(sides)


def _records(rng: Random, marks: tuple[str, str, str], fields: tuple[str, ...], count: int) -> str:
    between, inner, equals = marks
    return between.join(inner.join(_fields(rng, equals, fields)) for _ in range(count))


def _fields(rng: Random, equals: str, fields: tuple[str, ...]) -> list[str]:
    values = [rng.choice(NAMES), *(str(rng.randint(0, 99)) for _ in fields[1:])]
    if rng.random() < 0.2:
        values[rng.randrange(len(values))] = rng.choice(("", "-4", "n1"))
    pairs = [f"{name}{equals}{value}" for name, value in zip(fields, values, strict=True)]
    if rng.random() < 0.2:
        pairs.pop(rng.randrange(len(pairs)))
    if rng.random() < 0.3:
        pairs.append(f"note{equals}{rng.choice(NAMES)}")
    rng.shuffle(pairs)
    return pairs
