"""Exercises on numbers, and those that need a table of smaller answers (dynamic programming)."""

from __future__ import annotations

from functools import partial
from random import Random

from subnet.tasks.code import solve_numbers as solvers
from subnet.tasks.code.exercise import Draw, Exercise

MOVES = tuple((dx, dy) for dx in range(4) for dy in range(4) if dx or dy)


def digits(draw: Draw, rng: Random, level: int) -> Exercise:
    """A weighed sum over a number's digits in some base."""
    base, power, modulus = draw.number(3, 30), draw.number(1, 1 + level), draw.number(101, 9973)
    weights = [draw.number(1, 20) for _ in range(1 + level)]
    return Exercise(
        function="checksum",
        signature="(number: int) -> int",
        text=f"Write the number (not negative) in base {base}. Multiply the {power}. power of each digit "
        "with a "
        f"weight: from the least significant digit on, the weights are {', '.join(map(str, weights))}, and "
        "then the "
        f"same again from the first. Return the sum of the products modulo {modulus}; 0 has no digits.",
        solve=partial(solvers.digits, base=base, power=power, weights=weights, modulus=modulus),
        inputs=tuple(
            (number,) for number in (77, 4321, 0, 1, *(rng.getrandbits(20 * level) for _ in range(10)))
        ),
        ways=draw.ways,
    )


def recurrence(draw: Draw, rng: Random, level: int) -> Exercise:
    """A member of a linear sequence, too far out for a naive recursion."""
    order = 1 + level
    first = [draw.number(0, 50) for _ in range(order)]
    factors = [draw.number(1, 20) for _ in range(order)]
    slope, modulus = draw.number(0, 20), draw.number(1000, 9999)
    terms = " + ".join(f"{factor} * a(n-{back})" for back, factor in enumerate(factors, 1))
    start = ", ".join(f"a({place}) = {value}" for place, value in enumerate(first))
    return Exercise(
        function="member",
        signature="(n: int) -> int",
        text=f"A sequence starts with {start}. After that, a(n) = ({terms} + {slope} * n) modulo {modulus}. "
        "Return a(n); n goes from 0 to 5000.",
        solve=partial(solvers.recurrence, first=first, factors=factors, slope=slope, modulus=modulus),
        inputs=tuple(
            (n,) for n in (5, 9, 0, 1, order, *(rng.randint(6, 700 * level) for _ in range(8)), 5000)
        ),
        ways=draw.ways,
    )


def grid_paths(draw: Draw, rng: Random, level: int) -> Exercise:
    """Ways across a grid."""
    moves = draw.several(MOVES, 2 + level)
    divisor = draw.number(5, 12)
    blocked = (draw.number(1, 12), draw.number(1, 12), divisor, draw.number(1, divisor - 1))
    modulus = draw.number(1000, 9999)
    allowed = ", ".join(f"({dx}, {dy})" for dx, dy in moves)
    sizes = ((4, 4), (5, 7), (1, 1), (1, 3), *(_size(rng, 6 + 4 * level) for _ in range(10)))
    return Exercise(
        function="ways",
        signature="(width: int, height: int) -> int",
        text="Start at cell (0, 0) of a grid and go to cell (width-1, height-1). From (x, y) a move (dx, "
        "dy) leads "
        f"to (x+dx, y+dy); the moves are {allowed}. Cells in which ({blocked[0]}*x + {blocked[1]}*y) modulo "
        f"{divisor} is {blocked[3]} must not be entered, except the last one, which is always allowed. "
        "Return in how "
        f"many ways this is possible, modulo {modulus}; standing still at the start is one way.",
        solve=partial(solvers.grid_paths, moves=moves, blocked=blocked, modulus=modulus),
        inputs=sizes,
        ways=draw.ways,
    )


def coins(draw: Draw, rng: Random, level: int) -> Exercise:
    """Ways to pay with a limited number of coins."""
    values = draw.several(range(1, 41), 3 + level)
    most = [draw.number(1, 12) for _ in values]
    modulus = draw.number(1000, 9999)
    purse = ", ".join(f"{limit} of {value}" for value, limit in zip(values, most, strict=True))
    return Exercise(
        function="payments",
        signature="(amount: int) -> int",
        text=f"A purse holds these coins: {purse}. Coins of one value are alike. Return in how many ways "
        "the amount "
        f"(not negative) can be paid exactly, modulo {modulus}; nothing is paid in one way.",
        solve=partial(solvers.coins, values=values, most=most, modulus=modulus),
        inputs=tuple((n,) for n in (40, 61, 0, 1, *(rng.randint(10, 90 * level) for _ in range(10)))),
        ways=draw.ways,
    )


def subsequence(draw: Draw, rng: Random, level: int) -> Exercise:
    """The worthiest subsequence under conditions."""
    least = draw.number(-5, 5)
    rise = (least, least + draw.number(4, 20))
    reach = draw.number(2, 4 * level)
    worth = (draw.number(1, 12), draw.number(0, 20), draw.number(11, 60))
    sizes = (6, 8, 0, 1, *(rng.randint(4, 25 * level) for _ in range(10)))
    return Exercise(
        function="best",
        signature="(numbers: list[int]) -> int",
        text="Choose some of the numbers, in their order, such that each chosen one exceeds the chosen one "
        "before it "
        f"by {rise[0]} at least and {rise[1]} at most (a negative excess is a fall), and lies at most "
        f"{reach} places "
        f"after it. A chosen number v is worth ({worth[0]}*v + {worth[1]}) modulo {worth[2]} (never "
        "negative). Return "
        "the greatest possible sum of worths; for an empty list 0.",
        solve=partial(solvers.subsequence, rise=rise, reach=reach, worth=worth),
        inputs=tuple(([rng.randint(-20, 40) for _ in range(size)],) for size in sizes),
        ways=draw.ways,
    )


def _size(rng: Random, most: int) -> tuple[int, int]:
    return rng.randint(3, most), rng.randint(3, most)
