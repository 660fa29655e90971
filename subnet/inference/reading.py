"""What a reference model says of a reply, token by token: how far the chosen token is from the one it would take.

All distances are in the unit of logits, whatever the temperature.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Distances = NDArray[np.float32]

RIVALS = 4
"""Other candidates that are kept for each token: those further behind say nothing about it."""


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """The reference's view of one reply of n tokens.

    `leads` (n, RIVALS) are the scores (logit plus noise) of the strongest other candidates minus that of the
    chosen token, largest first: negative when the chosen token won, minus infinity where there is no other.
    `allowed` (n,) is False where the chosen token was no candidate at all.
    """

    leads: Distances
    allowed: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.allowed)

    @property
    def margins(self) -> Distances:
        """How far each chosen token is behind the best one: 0 is a match, infinity was not allowed."""
        behind = np.maximum(self.leads[:, 0], np.float32(0.0))
        return np.where(self.allowed, behind, np.float32(np.inf))

    def part(self, start: int, end: int) -> Reading:
        """The reading of tokens `start` up to `end`."""
        return Reading(self.leads[start:end], self.allowed[start:end])


def joined(readings: list[Reading]) -> Reading:
    """Several readings as one, one behind the other."""
    return Reading(
        np.concatenate([reading.leads for reading in readings]),
        np.concatenate([reading.allowed for reading in readings]),
    )
