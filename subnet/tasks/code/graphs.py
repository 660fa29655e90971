"""Exercises on graphs."""

from __future__ import annotations

from functools import partial
from random import Random
from typing import Any

from subnet.tasks.code import solve_graphs as solvers
from subnet.tasks.code.exercise import Draw, Exercise


def routes(draw: Draw, rng: Random, level: int) -> Exercise:
    """The cheapest way through a network of one-way roads."""
    rule: dict[str, Any] = {
        "factor": draw.number(1, 12),
        "fee": draw.number(0, 40),
        "back": draw.number(1, 50) if level > 1 else 0,
        "longest": draw.number(40, 90),
        "toll": (draw.number(1, 20), draw.number(2, 12)),
    }
    extra = f", plus {rule['back']} when b < a" if level > 1 else ""
    sizes = (3, 4, 1, 2, *(rng.randint(4, 8 * level) for _ in range(10)))
    return Exercise(
        function="cheapest",
        signature="(nodes: int, roads: list[list[int]]) -> int",
        text="Places are numbered from 0 to nodes-1. A road [a, b, length] leads from a to b only. Roads "
        "longer than "
        f"{rule['longest']} are closed. To take a road costs {rule['factor']} times its length plus "
        f"{rule['fee']}"
        f"{extra}, plus a toll of {rule['toll'][0]} times (b modulo {rule['toll'][1]}). Return the least "
        "cost of going "
        "from place 0 to place nodes-1, or -1 when it cannot be done.",
        solve=partial(solvers.routes, **rule),
        inputs=tuple((size, _roads(rng, size)) for size in sizes),
        ways=draw.ways,
    )


def components(draw: Draw, rng: Random, level: int) -> Exercise:
    """The connected parts of a graph given by a rule."""
    modulus = draw.number(20, 40 * (1 + level))
    rule = (draw.number(1, 30), draw.number(1, 30), draw.number(0, 60), modulus, draw.number(1, 2))
    return Exercise(
        function="parts",
        signature="(nodes: int) -> list[int]",
        text=f"A graph has the nodes 0 to nodes-1. For i < j, nodes i and j are joined when ({rule[0]}*i + "
        f"{rule[1]}*j + "
        f"{rule[2]}) modulo {modulus} is less than {rule[4]}. Return the sizes of its connected components, "
        "the "
        "largest first.",
        solve=partial(solvers.components, rule=rule),
        inputs=tuple((n,) for n in (6, 9, 0, 1, *(rng.randint(5, 30 * level) for _ in range(10)))),
        ways=draw.ways,
    )


def _roads(rng: Random, nodes: int) -> list[list[int]]:
    return [
        [rng.randrange(nodes), rng.randrange(nodes), rng.randint(1, 99)]
        for _ in range(nodes * 3 if nodes > 1 else 0)
    ]
