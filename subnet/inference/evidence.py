"""What one reply shows: three sums over its tokens, each of which falls for honest tokens and rises for others.

- Margins cut at two heights (0.05 and 0.5 logits, say), less a drift. The low cut counts many small errors, the high
  one weighs few large ones.
- A likelihood ratio. If a model's logits are off by errors of scale s (logistic, which has the long tails of honest
  rounding), the chosen token still beats a rival that it leads by x with probability 1 / (1 + exp(-x / s)). The
  ratio of that, over the nearest rivals, for a cheat's scale and for the honest one uses what margins leave out: a
  right choice in a close race speaks for the model, and a wrong one in a clear race against it.

Each is followed by a CUSUM (Page, "Continuous inspection schemes", 1954): the level after a token is the level before
plus the token's share, but never below zero. So a model switched in the middle of a reply is not hidden by its
honest first half.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from subnet.inference.calibration import Calibration, Clipped, Ratio
from subnet.inference.reading import Reading

Shares = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Course:
    """The way of one sum over a reply: its `total`, and the level's `peak` and end (`tail`) starting from zero."""

    total: float
    peak: float
    tail: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one reply of `tokens` tokens shows: a course for each test of the calibration, the number of `gross`
    tokens, and the number of `mismatches`, which the reference would not have chosen.
    """

    tokens: int
    courses: tuple[Course, ...]
    gross: int
    mismatches: int


def weigh(reading: Reading, calibration: Calibration) -> Evidence:
    """The evidence in the reading of a whole reply."""
    margins = reading.margins
    return Evidence(
        tokens=len(reading),
        courses=tuple(course(shares(test, reading)) for test in calibration.tests),
        gross=int((margins > calibration.gross_margin).sum()),
        mismatches=int((margins > 0.0).sum()),
    )


def shares(test: Clipped | Ratio, reading: Reading) -> Shares:
    """What each token adds to a test's sum, float64 (n,)."""
    if isinstance(test, Clipped):
        return np.minimum(reading.margins.astype(np.float64), test.clip) - test.drift
    leads = reading.leads.astype(np.float64)
    ratio = (np.logaddexp(0.0, leads / test.honest) - np.logaddexp(0.0, leads / test.other)).sum(1)
    return np.where(reading.allowed, np.minimum(ratio, test.cap), test.cap)


def course(values: Shares | Sequence[float]) -> Course:
    """The course of a sum."""
    sums = np.concatenate([[0.0], np.cumsum(np.asarray(values, dtype=np.float64))])
    levels = sums - np.minimum.accumulate(sums)
    return Course(total=float(sums[-1]), peak=float(levels.max()), tail=float(levels[-1]))
