"""What a programming exercise consists of, and how its parameters are drawn so that their number is known."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import comb
from random import Random
from typing import Any, TypeVar

Option = TypeVar("Option")
Inputs = tuple[tuple[Any, ...], ...]


class Draw:
    """Draws the parameters of an exercise, and counts how many equally likely draws there were: `ways`."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self.ways = 1

    def number(self, least: int, most: int) -> int:
        """A number from `least` to `most`, both included."""
        self.ways *= most - least + 1
        return self._rng.randint(least, most)

    def one(self, options: Sequence[Option]) -> Option:
        """One of different options."""
        self.ways *= len(options)
        return self._rng.choice(options)

    def several(self, options: Sequence[Option], count: int) -> list[Option]:
        """`count` of different options, in the order in which they are listed."""
        self.ways *= comb(len(options), count)
        return [options[place] for place in sorted(self._rng.sample(range(len(options)), count))]


@dataclass(frozen=True, slots=True)
class Exercise:
    """A function to be written, and what knows the truth about it.

    `solve` is a solver, bound to the exercise's parameters by keyword; its arguments are those of the function.
    The first `examples` of `inputs` are shown, the rest are hidden. `ways` is one over the probability that
    another draw of the same family words the same exercise.
    """

    function: str
    signature: str
    text: str
    solve: partial[Any]
    inputs: Inputs
    ways: int
    examples: int = 2

    def solution(self) -> str:
        """Source of a right answer: the solver's own module and a function that binds its parameters."""
        module = inspect.getmodule(self.solve.func)
        assert module is not None
        bound = ", ".join(f"{name}={value!r}" for name, value in self.solve.keywords.items())
        return (
            f"{inspect.getsource(module)}\n\n"
            f"def {self.function}(*given):\n"
            f"    return {self.solve.func.__name__}(*given, {bound})\n"
        )


Generator = Callable[[Draw, Random, int], Exercise]
"""Makes an exercise of a level, 1 to 3: the wording from the draw, the inputs from the generator beside it."""
