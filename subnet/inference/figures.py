"""Figures of a test: area under the curve, exact intervals, and limits for a stated rate of false alarms."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Rising = Callable[[float], float]


def area_under_curve(honest: Values, cheating: Values) -> float:
    """The chance that a cheating value exceeds an honest one, ties counted half."""
    ordered = np.sort(honest)
    below = np.searchsorted(ordered, cheating, "left") + np.searchsorted(ordered, cheating, "right")
    return float(below.mean() / 2.0 / len(ordered))


def interval(hits: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """The exact (Clopper-Pearson) interval of a rate of which `hits` of `trials` were seen."""
    tail = (1.0 - confidence) / 2.0
    low = 0.0 if hits == 0 else _solved(lambda rate: 1.0 - _at_most(hits - 1, trials, rate) - tail)
    high = 1.0 if hits == trials else _solved(lambda rate: tail - _at_most(hits, trials, rate))
    return low, high


def limit_for(honest: Values, share: float) -> float:
    """The smallest honest value that at most `share` of them exceed."""
    ordered = np.sort(honest)
    return float(ordered[len(ordered) - 1 - math.floor(share * len(ordered))])


def sums_of(values: Values, tokens: int) -> Values:
    """Sums over stretches of `tokens` tokens, from values (replies, n): within replies, or over several of them."""
    each = values.shape[1]
    rows = values[:, : each // tokens * tokens] if tokens <= each else values.reshape(1, -1)
    flat = rows.reshape(-1)
    sums: Values = flat[: len(flat) // tokens * tokens].reshape(-1, tokens).sum(1)
    return sums


def highest_levels(totals: Values, tails: Values) -> Values:
    """The highest level that a memory reaches on each stream of replies, (streams,).

    Arguments are (streams, replies): what a reply adds to a level, and the level it leaves behind by itself.
    """
    level, highest = np.zeros(len(totals)), np.zeros(len(totals))
    for total, tail in zip(totals.T, tails.T, strict=True):
        level = np.maximum(level + total, tail)
        highest = np.maximum(highest, level)
    return highest


def _at_most(hits: int, trials: int, rate: float) -> float:
    """The binomial chance of at most `hits`."""
    if rate <= 0.0:
        return 1.0
    if rate >= 1.0:
        return float(hits >= trials)
    logs = [
        math.lgamma(trials + 1) - math.lgamma(k + 1) - math.lgamma(trials - k + 1)
        + k * math.log(rate) + (trials - k) * math.log1p(-rate)
        for k in range(hits + 1)
    ]  # fmt: skip
    return min(1.0, math.fsum(map(math.exp, logs)))


def _solved(rising: Rising) -> float:
    """Where a function that rises over [0, 1] passes through zero."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2.0
        low, high = (low, middle) if rising(middle) > 0.0 else (middle, high)
    return (low + high) / 2.0
