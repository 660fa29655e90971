"""From readings of honest replies and of a cheat's to the numbers that decide, and to how well they do.

Honest readings are those of the least exact way of running the model that the class allows. Numbers are fitted on
one set of honest readings and their error rates measured on another.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from subnet.inference.calibration import Clipped, Detection, Ratio
from subnet.inference.evidence import Course, course, shares
from subnet.inference.figures import Values, area_under_curve, highest_levels, limit_for, sums_of
from subnet.inference.reading import Reading, joined

CLIPS = (0.05, 0.5)
"""Logits: many small errors, few large ones."""
CAP = 10.0
"""Nats that one token can add to the ratio: e^10 to one."""
SCALES = np.geomspace(1e-3, 3.0, 60)
"""Where the scale of errors is looked for, in logits."""
STREAM = 10_000
"""Replies of an honest miner over which false alarms are counted."""
STREAMS = 600
TOKENS = (10, 25, 50, 100, 200, 300, 500, 1000, 2000, 5000)
GROSS = 5.0
"""A token is gross from so many times the largest margin that any honest token showed."""


@dataclass(frozen=True, slots=True)
class Budget:
    """False rejections per reply and false alarms per stream that all tests together may cause."""

    reply: float = 0.001
    stream: float = 0.05


def fitted(
    honest: Sequence[Reading], other: Sequence[Reading], budget: Budget, seed: int = 0
) -> tuple[Clipped | Ratio, ...]:
    """The tests that tell `other` from `honest`, each with an equal share of the budget."""
    unlimited: list[Clipped | Ratio] = [*(_clipped(honest, other, c) for c in CLIPS), _ratio(honest, other)]
    share = Budget(budget.reply / len(unlimited), budget.stream / len(unlimited))
    return tuple(_limited(test, honest, share, seed) for test in unlimited)


def gross_margin(honest: Sequence[Reading]) -> float:
    """The margin from which a token is gross, in logits; never less than the higher clip."""
    largest = max(float(reading.margins[reading.allowed].max(initial=0.0)) for reading in honest)
    return max(GROSS * largest, max(CLIPS))


def courses_of(test: Clipped | Ratio, readings: Sequence[Reading]) -> list[Course]:
    """The course of a test on each reading."""
    return [course(shares(test, reading)) for reading in readings]


def alarmed(
    tests: Sequence[Clipped | Ratio], readings: Sequence[Reading], length: int, seed: int = 1
) -> float:
    """The share of streams of `length` replies, drawn from readings, in which some test raises the alarm."""
    draws = _draws(len(readings), length, seed)
    hit = np.zeros(len(draws), dtype=bool)
    for test in tests:
        hit |= _highest(courses_of(test, readings), draws) > test.alarm
    return float(hit.mean())


def detection(
    tests: Sequence[Clipped | Ratio], honest: Sequence[Reading], other: Sequence[Reading], rejected: float
) -> Detection:
    """How well tests find `other`, of whose replies the share `rejected` was rejected; readings of equal length."""
    ratio = next(test for test in tests if isinstance(test, Ratio))
    kept, found = _values(ratio, honest), _values(ratio, other)
    possible = [tokens for tokens in TOKENS if found.size >= 10 * tokens]
    curve = {n: round(area_under_curve(sums_of(kept, n), sums_of(found, n)), 5) for n in possible}
    return Detection(per_reply=rejected, replies=_delay(tests, other), auc=curve)


def tokens_needed(
    test: Clipped | Ratio, honest: Sequence[Reading], other: Sequence[Reading], share: float, budget: float
) -> int | None:
    """The fewest tokens, of those tried, at which a share of the other's stretches exceeds what at most `budget`
    of the honest ones exceed; None when more would be needed than there are.
    """
    kept, found = _values(test, honest), _values(test, other)
    for tokens in TOKENS:
        if found.size < 10 * tokens:
            return None
        if (sums_of(found, tokens) > limit_for(sums_of(kept, tokens), budget)).mean() >= share:
            return tokens
    return None


def _values(test: Clipped | Ratio, readings: Sequence[Reading]) -> Values:
    """What each token adds, (replies, n)."""
    return shares(test, joined(list(readings))).reshape(len(readings), -1)


def _clipped(honest: Sequence[Reading], other: Sequence[Reading], clip: float) -> Clipped:
    """A test whose drift lies midway, by ratio, between the two means."""
    means = [float(np.minimum(joined(list(each)).margins, clip).mean()) for each in (honest, other)]
    high = max(means[1], 1e-7)
    low = min(max(means[0], high / 1000.0), high)
    return Clipped(clip=clip, drift=math.sqrt(low * high), limit=1.0, alarm=1.0)


def _ratio(honest: Sequence[Reading], other: Sequence[Reading]) -> Ratio:
    scale = most_likely_scale(joined(list(honest)))
    return Ratio(
        honest=scale,
        other=max(most_likely_scale(joined(list(other))), 1.5 * scale),
        cap=CAP,
        limit=1.0,
        alarm=1.0,
    )


def most_likely_scale(reading: Reading) -> float:
    """The scale of logit errors, in logits, under which a reading's choices are likeliest."""
    leads = reading.leads[reading.allowed].astype(np.float64)
    fits = [float(np.logaddexp(0.0, leads / scale).sum()) for scale in SCALES]
    return float(SCALES[int(np.argmin(fits))])


def _limited(test: Clipped | Ratio, honest: Sequence[Reading], share: Budget, seed: int) -> Clipped | Ratio:
    """The test with limits that honest replies exceed at the stated rates, and no single token does."""
    courses = courses_of(test, honest)
    single = test.clip if isinstance(test, Clipped) else test.cap
    limit = limit_for(np.array([each.peak for each in courses]), share.reply)
    highest = _highest(courses, _draws(len(honest), STREAM, seed))
    alarm = limit_for(highest, share.stream)
    return test.model_copy(update={"limit": max(limit, single), "alarm": max(alarm, single)})


def _draws(replies: int, length: int, seed: int) -> NDArray[np.int32]:
    return np.random.default_rng(seed).integers(replies, size=(STREAMS, length), dtype=np.int32)


def _highest(courses: Sequence[Course], draws: NDArray[np.int32]) -> Values:
    totals = np.array([each.total for each in courses])
    tails = np.array([each.tail for each in courses])
    return highest_levels(totals[draws], tails[draws])


def _delay(tests: Sequence[Clipped | Ratio], other: Sequence[Reading], within: int = 400) -> float | None:
    """The median number of replies until some test raises the alarm; None when that is beyond `within`."""
    draws = _draws(len(other), within, seed=2)
    first = np.full(len(draws), within + 1)
    for test in tests:
        courses = courses_of(test, other)
        level = np.zeros(len(draws))
        totals = np.array([each.total for each in courses])[draws]
        tails = np.array([each.tail for each in courses])[draws]
        for reply in range(within):
            level = np.maximum(level + totals[:, reply], tails[:, reply])
            first = np.where(level > test.alarm, np.minimum(first, reply + 1), first)
    median = float(np.median(first))
    return None if median > within else median
