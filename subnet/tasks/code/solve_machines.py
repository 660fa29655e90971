"""Solvers of exercises that simulate something step by step."""

from __future__ import annotations


def machine(
    program: list[list[object]], orders: dict[str, tuple[str, int]], registers: int, steps: int
) -> list[int]:
    """The registers of a small machine when its program is over."""
    values = [0] * registers
    line = done = 0
    while 0 <= line < len(program) and done < steps:
        name, given = program[line]
        assert isinstance(name, str)
        assert isinstance(given, int)
        kind, constant = orders[name]
        here = given % registers
        line, done = line + 1, done + 1
        if kind == "add":
            values[here] += constant
        elif kind == "multiply":
            values[here] = values[here] * constant % 9973
        elif kind == "move":
            values[(here + constant) % registers] = values[here]
        elif kind == "swap":
            other = (here + constant) % registers
            values[here], values[other] = values[other], values[here]
        elif kind == "jump" and values[0] % constant:
            line += given
    return values


def robot(orders: str, letters: tuple[str, str, str, str], size: tuple[int, int], jump: int) -> list[int]:
    """Where a robot on a torus ends up, and how many different cells it stood on."""
    width, height = size
    x = y = 0
    dx, dy = 1, 0
    seen = {(0, 0)}
    for order in orders:
        if order == letters[0]:
            dx, dy = dy, -dx
        elif order == letters[1]:
            dx, dy = -dy, dx
        elif order in letters[2:]:
            far = 1 if order == letters[2] else jump
            x, y = (x + far * dx) % width, (y + far * dy) % height
            seen.add((x, y))
    return [x, y, len(seen)]


def automaton(cells: str, marks: str, rules: list[int], steps: int, ring: bool) -> str:
    """A row of cells after some steps; the rules are used in turn."""
    row = [marks.index(cell) for cell in cells]
    for step in range(steps):
        rule = rules[step % len(rules)]
        edge = [row[-1], *row, row[0]] if ring and row else [0, *row, 0]
        row = [rule >> (4 * edge[i - 1] + 2 * edge[i] + edge[i + 1]) & 1 for i in range(1, len(row) + 1)]
    return "".join(marks[cell] for cell in row)
