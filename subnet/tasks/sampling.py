"""How miners are asked to sample: with a seed of the validator's, so that a checker can find every choice again.

Without it a miner samples as it likes, and whether it ran the model that it claims cannot be seen in its tokens.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from subnet.protocol import Query

MOST_TEMPERATURE = 2.0
MOST_CANDIDATES = 1024


@dataclass(frozen=True, slots=True)
class Sampling:
    """The temperature of all queries, and from how many of the likeliest tokens is drawn (None: all)."""

    temperature: float
    top_k: int | None = None

    def asked(self, query: Query, seed: int) -> Query:
        """The query with this sampling and this seed, a number of at most 63 bits."""
        wish = {"temperature": self.temperature, "top_k": self.top_k, "seed": seed}
        return query.model_copy(update=wish)


def sampling_named(text: str) -> Sampling | None:
    """The sampling that `TEMPERATURE` or `TEMPERATURE:CANDIDATES` describes, None for an empty text.

    Raises ValueError, with one line, for anything else.
    """
    if not text:
        return None
    first, colon, second = text.partition(":")
    try:
        temperature, top_k = float(first), int(second) if colon else None
    except ValueError:
        raise ValueError(
            f"{text}: write it as TEMPERATURE or TEMPERATURE:CANDIDATES, such as 1.0:64"
        ) from None
    if not (math.isfinite(temperature) and 0.0 < temperature <= MOST_TEMPERATURE):
        raise ValueError(f"{text}: the temperature lies above 0 and is at most {MOST_TEMPERATURE:g}")
    if top_k is not None and not 1 <= top_k <= MOST_CANDIDATES:
        raise ValueError(f"{text}: there are 1 to {MOST_CANDIDATES} candidates")
    return Sampling(temperature, top_k)
