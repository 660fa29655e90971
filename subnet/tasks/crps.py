"""The continuous ranked probability score: how far a forecast's distribution lies from what happened; 0 is best.

    CRPS(F, y) = E|X - y| - E|X - X'| / 2        with X, X' independent draws from F

Gneiting and Raftery, "Strictly Proper Scoring Rules, Prediction, and Estimation", JASA 102 (2007), equation 21. It is
strictly proper: nobody expects a better score from another forecast than from the one that is believed. Its unit is
that of the forecast value, and for a single number it is the absolute error.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise


def crps_of_ensemble(members: Sequence[float], truth: float) -> float:
    """CRPS of a forecast that gives each of its members the same probability."""
    ordered, count = sorted(members), len(members)
    if not count:
        raise ValueError("a forecast has one member at least")
    error = sum(abs(member - truth) for member in ordered) / count
    # Sum over all pairs of |x_i - x_j|, from the gaps between neighbours.
    spread = sum(
        (above - below) * at * (count - at) for at, (below, above) in enumerate(pairwise(ordered), 1)
    )
    return max(0.0, error - spread / count**2)


def crps_of_quantiles(quantiles: Sequence[float], truth: float) -> float:
    """CRPS, approximated, of a forecast given by its quantiles at levels 1/(2n), 3/(2n), ..., (2n-1)/(2n).

    Twice the mean pinball loss (Laio and Tamea, HESS 11 (2007), equation 7); the levels are the middles of n parts of
    the same probability.
    """
    count = len(quantiles)
    if not count:
        raise ValueError("a forecast has one quantile at least")
    levels = [(2 * place + 1) / (2 * count) for place in range(count)]
    losses = [
        (truth - value) * level if truth >= value else (value - truth) * (1 - level)
        for level, value in zip(levels, quantiles, strict=True)
    ]
    return 2 * sum(losses) / count
