"""Forecast: a series and the question where it will be; the answer is a distribution, not a number.

The series comes from the secret: a level, noise that remembers, from level 2 on a trend, at level 3 a season of
seven. What comes next is known as a distribution, and an answer is judged by its expected score under that: as if
infinitely many futures were awaited, so no answer is lucky. Worth is the share of the way from the history's own
quantiles (0) to the true ones (1), by the CRPS of quantiles; an honest forecaster can do no better than say what it
believes.

Forecasts of the world, whose truth nobody knows yet, are `subnet.tasks.forecast_book`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from statistics import NormalDist

from subnet.protocol import Message, Query
from subnet.tasks.answers import json_answer
from subnet.tasks.base import Task
from subnet.tasks.schedule import split_level

QUANTILES = 9
LEVELS_OF = tuple((2 * place + 1) / (2 * QUANTILES) for place in range(QUANTILES))
SHOWN = 56
SEASON = 7
AHEAD = {1: 1, 2: 3, 3: 5}
SOLVED_FROM = 0.5
MAX_ANSWER_CHARS = 2048
LARGEST = 1e9


@dataclass(frozen=True, slots=True)
class Process:
    """How a series is made: value(t) = level + trend t + season(t mod 7) + memory; memory' = phi memory + noise."""

    level: float
    trend: float
    season: tuple[float, ...]
    phi: float
    noise: float

    def expected(self, time: int, memory: float, ahead: int) -> NormalDist:
        """The distribution of the value `ahead` steps after `time`, where the memory is known."""
        steady = self.level + self.trend * (time + ahead) + self.season[(time + ahead) % SEASON]
        variance = self.noise**2 * sum(self.phi ** (2 * step) for step in range(ahead))
        return NormalDist(steady + self.phi**ahead * memory, math.sqrt(variance))


class Forecast:
    """Series of three levels of difficulty."""

    families = tuple(f"series@{level}" for level in AHEAD)

    def make(self, family: str, seed: int, query_id: str, seconds: float) -> Task:
        """The task of a level that belongs to a seed; ValueError for another family."""
        name, level = split_level(family)
        if name != "series" or level not in AHEAD:
            raise ValueError(f"no forecast family {family!r}; there are {', '.join(self.families)}")
        shown, future = _made(Random(f"{family}/{seed}"), level)
        levels = ", ".join(f"{100 * one:.0f}" for one in LEVELS_OF)
        prompt = (
            f"These are the last {SHOWN} values of a series, one per day: {json.dumps(shown)}. Forecast the value "
            f"{AHEAD[level]} days after the last one. Reply with a JSON list of {QUANTILES} numbers alone: the "
            f"percentiles {levels} of what you expect, in rising order."
        )
        query = Query(
            id=query_id, messages=(Message(role="user", content=prompt),), max_tokens=256, seconds=seconds
        )
        reference = json.dumps([round(future.inv_cdf(one), 3) for one in LEVELS_OF])
        return Task(family, seed, query, reference, lambda text: _skill(text, shown, future), SOLVED_FROM)


def expected_crps(quantiles: Sequence[float], future: NormalDist) -> float:
    """What `crps_of_quantiles` is on average over futures of this distribution.

    With z = (q - mean) / sd the pinball loss of q at level p is sd (phi(z) + z (Phi(z) - p)) on average.
    """
    unit, losses = NormalDist(), []
    for level, value in zip(LEVELS_OF, quantiles, strict=True):
        z = (value - future.mean) / future.stdev
        losses.append(future.stdev * (unit.pdf(z) + z * (unit.cdf(z) - level)))
    return 2 * sum(losses) / len(losses)


def _made(rng: Random, level: int) -> tuple[list[float], NormalDist]:
    size = rng.uniform(20.0, 400.0)
    process = Process(
        level=size,
        trend=rng.choice((-1, 1)) * rng.uniform(0.005, 0.02) * size if level >= 2 else 0.0,
        season=tuple(rng.gauss(0.0, 0.1 * size) if level >= 3 else 0.0 for _ in range(SEASON)),
        phi=rng.uniform(0.8, 0.95),
        noise=rng.uniform(0.01, 0.03) * size,
    )
    memory, shown = rng.gauss(0.0, process.noise / math.sqrt(1 - process.phi**2)), []
    for time in range(SHOWN):
        memory = process.phi * memory + rng.gauss(0.0, process.noise) if time else memory
        shown.append(round(process.level + process.trend * time + process.season[time % SEASON] + memory, 2))
    return shown, process.expected(SHOWN - 1, memory, AHEAD[level])


def _skill(text: str, shown: Sequence[float], future: NormalDist) -> float:
    answer = _quantiles(text)
    if answer is None:
        return 0.0
    naive, best = expected_crps(_own_quantiles(shown), future), _best(future)
    return min(1.0, max(0.0, (naive - expected_crps(answer, future)) / (naive - best)))


def _quantiles(text: str) -> list[float] | None:
    found = json_answer(text, MAX_ANSWER_CHARS)
    if not isinstance(found, list) or len(found) != QUANTILES:
        return None
    if not all(type(one) in (int, float) and -LARGEST < one < LARGEST for one in found):
        return None
    return [float(one) for one in found] if found == sorted(found) else None


def _best(future: NormalDist) -> float:
    return expected_crps([round(future.inv_cdf(one), 3) for one in LEVELS_OF], future)


def _own_quantiles(shown: Sequence[float]) -> list[float]:
    ordered = sorted(shown)
    return [ordered[int(level * len(ordered))] for level in LEVELS_OF]
