"""Solvers of exercises on numbers, and of those that need a table of smaller answers."""

from __future__ import annotations


def digits(number: int, base: int, power: int, weights: list[int], modulus: int) -> int:
    """Weighed sum of powers of a number's digits."""
    total = place = 0
    while number:
        number, digit = divmod(number, base)
        total += weights[place % len(weights)] * digit**power
        place += 1
    return total % modulus


def recurrence(n: int, first: list[int], factors: list[int], slope: int, modulus: int) -> int:
    """The n-th member of a sequence."""
    window = [value % modulus for value in first]
    for place in range(len(first), n + 1):
        value = sum(factor * old for factor, old in zip(factors, reversed(window), strict=True))
        window = [*window[1:], (value + slope * place) % modulus]
    return window[n] if n < len(first) else window[-1]


def grid_paths(
    width: int, height: int, moves: list[tuple[int, int]], blocked: tuple[int, int, int, int], modulus: int
) -> int:
    """The number of ways across a grid with blocked cells."""
    across, down, divisor, remainder = blocked
    ways: dict[tuple[int, int], int] = {(0, 0): 1}
    for y in range(height):
        for x in range(width):
            if (x, y) == (0, 0):
                continue
            open_cell = (x, y) == (width - 1, height - 1) or (across * x + down * y) % divisor != remainder
            ways[x, y] = sum(ways.get((x - dx, y - dy), 0) for dx, dy in moves) % modulus if open_cell else 0
    return ways[width - 1, height - 1] % modulus


def coins(amount: int, values: list[int], most: list[int], modulus: int) -> int:
    """The number of ways to pay an amount with a limited number of each coin."""
    ways = [1] + [0] * amount
    for value, limit in zip(values, most, strict=True):
        ways = [
            sum(ways[total - count * value] for count in range(min(limit, total // value) + 1))
            for total in range(amount + 1)
        ]
    return ways[amount] % modulus


def subsequence(numbers: list[int], rise: tuple[int, int], reach: int, worth: tuple[int, int, int]) -> int:
    """The greatest worth of a subsequence with bounded rises."""
    least, most = rise
    factor, offset, modulus = worth
    best: list[int] = []
    for place, number in enumerate(numbers):
        before = [
            best[old] for old in range(max(0, place - reach), place) if least <= number - numbers[old] <= most
        ]
        best.append((factor * number + offset) % modulus + max(before, default=0))
    return max(best, default=0)
