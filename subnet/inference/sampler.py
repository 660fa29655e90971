"""What a seeded sampler was asked for: the agreement between who samples and who checks."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sampler:
    """How one reply is sampled: temperature, candidates, and the seed of its noise.

    `top_k` keeps the likeliest tokens; `top_p` the smallest set of tokens whose probability at this temperature
    reaches it. Prefer `top_k`: the border of a top-p set moves with every rounding error of all logits, which
    costs the check of the claimed model most of its power. Temperature 0 takes the likeliest token and needs
    neither. Raises ValueError for values that mean nothing.
    """

    seed: int
    temperature: float
    top_k: int | None = None
    top_p: float | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.temperature) and self.temperature >= 0.0):
            raise ValueError(f"the temperature is {self.temperature}: it must be a number from 0 up")
        if not 0 <= self.seed < 1 << 64:
            raise ValueError("a seed has 64 bits")
        if self.top_k is not None and self.top_k < 1:
            raise ValueError(f"top_k is {self.top_k}: at least one token must be left")
        if self.top_p is not None and not 0.0 < self.top_p <= 1.0:
            raise ValueError(f"top_p is {self.top_p}: it must lie above 0 and at most at 1")

    @property
    def masked(self) -> bool:
        """Whether only some tokens are candidates."""
        return self.temperature > 0.0 and (self.top_k is not None or self.top_p is not None)
