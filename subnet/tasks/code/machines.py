"""Exercises that simulate something step by step."""

from __future__ import annotations

from functools import partial
from random import Random
from string import ascii_uppercase

from subnet.tasks.code import solve_machines as solvers
from subnet.tasks.code.exercise import Draw, Exercise

ORDER_NAMES = ("zig", "mop", "tan", "ree", "lux", "bim", "dor", "kep", "sul", "wax")
ORDERS = {
    "add": "add {constant} to register r",
    "multiply": "replace register r by ({constant} times its value) modulo 9973",
    "move": "copy register r into register (r + {constant}) modulo {registers}",
    "swap": "swap the values of registers r and (r + {constant}) modulo {registers}",
    "jump": "if register 0 is not divisible by {constant}, skip the next n instructions (if n is negative, "
    "go on -n instructions before the next one)",
}
MARKS = (".#", "-+", "01", "ab", "_X", "oO", " *", "xy")


def machine(draw: Draw, rng: Random, level: int) -> Exercise:
    """Run a program of a made-up machine."""
    registers, steps = draw.number(2, 2 + 2 * level), draw.number(50, 60 + 80 * level)
    names = draw.several(ORDER_NAMES, len(ORDERS))
    orders = {name: (kind, draw.number(2, 19)) for name, kind in zip(names, ORDERS, strict=True)}
    meaning = "\n".join(
        f"- [{name!r}, n]: {ORDERS[kind].format(constant=constant, registers=registers)}"
        for name, (kind, constant) in orders.items()
    )
    sizes = (2, 4, 0, 1, *(rng.randint(3, 9 * level) for _ in range(10)))
    return Exercise(
        function="run",
        signature="(program: list[list]) -> list[int]",
        text=f"A machine has {registers} registers, numbered from 0, all 0 at first. In each instruction r "
        "stands for n "
        f"modulo {registers} (never negative):\n{meaning}\nAfter an instruction the next one follows. The "
        "machine stops "
        f"when there is no instruction at its place (before the first or after the last), or after {steps} "
        "instructions. Return the registers.",
        solve=partial(solvers.machine, orders=orders, registers=registers, steps=steps),
        inputs=tuple(([[rng.choice(names), rng.randint(-4, 6)] for _ in range(size)],) for size in sizes),
        ways=draw.ways,
    )


def robot(draw: Draw, rng: Random, level: int) -> Exercise:
    """Follow a robot on a torus."""
    letters = draw.several(ascii_uppercase, 4)
    size = (draw.number(3, 30), draw.number(3, 30))
    jump = draw.number(2, 12)
    left, right, step, leap = letters
    lengths = (6, 10, 0, 1, *(rng.randint(5, 50 * level) for _ in range(10)))
    return Exercise(
        function="walk",
        signature="(orders: str) -> list[int]",
        text=f"A robot stands on cell (0, 0) of a board of {size[0]} columns (x) and {size[1]} rows (y, "
        "growing "
        "downwards) and looks towards growing x. Who leaves the board on one side comes back on the "
        "opposite side. "
        f"{left} turns it left by 90 degrees, {right} right by 90 degrees, {step} moves it one cell ahead, "
        f"{leap} makes "
        f"it leap {jump} cells ahead at once; other letters do nothing. Return [x, y, number of different "
        "cells on which "
        "it stood after some order or at the start].",
        solve=partial(solvers.robot, letters=(left, right, step, leap), size=size, jump=jump),
        inputs=tuple(
            ("".join(rng.choices(f"{left}{right}{step}{step}{leap}{leap}?", k=k)),) for k in lengths
        ),
        ways=draw.ways,
    )


def automaton(draw: Draw, rng: Random, level: int) -> Exercise:
    """Let rows of cells live."""
    marks, ring = draw.one(MARKS), draw.one((False, True))
    rules = [draw.number(1, 254) for _ in range(1 + level)]
    steps = draw.number(3, 8 + 8 * level)
    tables = "\n".join(f"- {_table(rule, marks)}" for rule in rules)
    border = "the row is a ring" if ring else f"beyond both ends there are cells {marks[0]!r}"
    sizes = (7, 9, 0, 1, *(rng.randint(4, 30 * level) for _ in range(10)))
    return Exercise(
        function="live",
        signature="(cells: str) -> str",
        text=f"`cells` is a row of cells, each {marks[0]!r} or {marks[1]!r}; {border}. In a step all cells "
        "change at "
        "once: the new cell follows from the left neighbour, the cell and the right neighbour by a table. "
        "There are "
        f"{len(rules)} tables, used in turn, from the first on, one per step:\n{tables}\n"
        f"Return the row after {steps} steps.",
        solve=partial(solvers.automaton, marks=marks, rules=rules, steps=steps, ring=ring),
        inputs=tuple(("".join(rng.choices(marks, k=size)),) for size in sizes),
        ways=draw.ways,
    )


def _table(rule: int, marks: str) -> str:
    cases = [f"{marks[n >> 2 & 1]}{marks[n >> 1 & 1]}{marks[n & 1]}" for n in range(8)]
    return ", ".join(f"{case!r} gives {marks[rule >> n & 1]!r}" for n, case in enumerate(cases))
