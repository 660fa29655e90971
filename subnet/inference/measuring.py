"""Measuring a calibration: honest replies and a candidate's, generated, read, and turned into numbers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from subnet.inference.calibration import Calibration, DtypeClass, FingerprintLimit, Ratio
from subnet.inference.decision import rejection
from subnet.inference.evidence import weigh
from subnet.inference.figures import interval
from subnet.inference.fingerprint import COUNT, farthest
from subnet.inference.fitting import STREAM, Budget, alarmed, detection, fitted, gross_margin, tokens_needed
from subnet.inference.provers import write
from subnet.inference.reading import Reading
from subnet.inference.reference import Reference
from subnet.inference.sampler import Sampler
from subnet.inference.trials import (
    Plan,
    border_of,
    claims_of,
    fingerprint_distances,
    library_prompts,
    redrawn_readings,
)

FIT_SEED, TEST_SEED, OTHER_SEED = 1 << 40, 2 << 40, 3 << 40
"""Seeds of the replies that limits are fitted on, of those that test them, and of the candidate's."""
GROSS_TOKENS = 3
FAR = 2.0
"""The limit of fingerprints' distances, in times the largest honest one."""
TIMED = 3


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured: replies of `tokens` tokens, each honest one `draws` times with fresh noise."""

    replies: int = 64
    tokens: int = 200
    draws: int = 64


@dataclass(frozen=True, slots=True)
class Honest:
    """Readings of honest replies in the least exact allowed format: to fit on, and to test on."""

    border: float
    fit: list[Reading]
    test: list[Reading]


def plan_of(reference: Reference, sampler: Sampler, size: Size, seed: int) -> Plan:
    """Replies to prompts of their own, by seeds of their own."""
    prompts = library_prompts(reference.tokenizer, size.replies, seed)
    return Plan(prompts, size.tokens, replace(sampler, seed=seed))


def honest_readings(reference: Reference, least_exact: Any, sampler: Sampler, size: Size) -> Honest:
    """Readings of the least exact honest model's replies: half of them generated one at a time, half by eight."""
    some = Plan(library_prompts(reference.tokenizer, 8, 1), min(size.tokens, 100), sampler)
    border = border_of(reference, least_exact, some)
    found = []
    for seed in (FIT_SEED, TEST_SEED):
        plan = plan_of(reference, sampler, size, seed)
        half = size.replies // 2
        alone = Plan(plan.prompts[:half], plan.length, plan.sampler, batch=1)
        beside = Plan(plan.prompts[half:], plan.length, replace(plan.sampler, seed=seed + half))
        found.append(
            redrawn_readings(reference, least_exact, alone, border, size.draws)
            + redrawn_readings(reference, least_exact, beside, border, size.draws)
        )
    return Honest(border, *found)


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a calibration is for: a name, the digest of the weights, a dtype class, and how replies are sampled."""

    model: str
    weights: str
    dtype: DtypeClass
    sampler: Sampler


def calibrated(claimed: Claimed, honest: Honest, other: Sequence[Reading], budget: Budget) -> Calibration:
    """The calibration that tells `other` from honest replies; error rates are those of replies not fitted on."""
    tests = fitted(honest.fit, other, budget)
    tokens = len(honest.fit[0])
    ratio = next(test for test in tests if isinstance(test, Ratio))
    drawn = Calibration(
        model=claimed.model,
        weights=claimed.weights,
        dtype=claimed.dtype,
        temperature=claimed.sampler.temperature,
        top_k=claimed.sampler.top_k,
        border=honest.border,
        reply_tokens=tokens,
        least_tokens=min(tokens, tokens_needed(ratio, honest.fit, other, 0.5, budget.reply) or tokens),
        gross_margin=gross_margin(honest.fit),
        gross_tokens=GROSS_TOKENS,
        tests=tests,
        false_reject=0.0,
        false_reject_interval=(0.0, 1.0),
        false_alarm=alarmed(tests, honest.test, STREAM),
        stream=STREAM,
    )
    wrong = sum(rejected(honest.test, drawn))
    rate = {
        "false_reject": wrong / len(honest.test),
        "false_reject_interval": interval(wrong, len(honest.test)),
    }
    return drawn.model_copy(update=rate)


def rejected(readings: Sequence[Reading], calibration: Calibration) -> list[bool]:
    """Which replies a calibration rejects."""
    return [rejection(weigh(reading, calibration), calibration) is not None for reading in readings]


def with_detection(
    calibration: Calibration, name: str, honest: Sequence[Reading], other: Sequence[Reading]
) -> Calibration:
    """The calibration, knowing how well it finds a candidate of this name."""
    flags = rejected(other, calibration)
    found = detection(calibration.tests, honest, other, sum(flags) / len(flags))
    return calibration.model_copy(update={"detections": {**calibration.detections, name: found}})


def with_fingerprint(
    calibration: Calibration, reference: Reference, models: tuple[Any, Any], plan: Plan, name: str
) -> Calibration:
    """The calibration with a limit for fingerprints, and how well it finds a candidate of this name.

    `models` are the least exact honest one and the candidate. The limit lies far above every honest distance, since
    there is room: damaged weights are ten times as far away, and a hundred replies cannot show a rate of one in a
    thousand.
    """
    honest, other = (
        [farthest(row) for row in fingerprint_distances(reference, model, plan, COUNT)] for model in models
    )
    limit = FAR * max(honest[: len(honest) // 2])
    tested = honest[len(honest) // 2 :]
    wrong = sum(distance > limit for distance in tested)
    found = FingerprintLimit(
        count=COUNT,
        distance=limit,
        false_reject=wrong / len(tested),
        false_reject_interval=interval(wrong, len(tested)),
        detections={name: sum(distance > limit for distance in other) / len(other)},
    )
    return calibration.model_copy(update={"fingerprint": found})


def cost_of(reference: Reference, model: Any, plan: Plan, border: float) -> float:
    """The time of reading a reply as a share of the time of generating it at batch 1, side by side; the median."""
    shares = []
    for number, prompts, samplers in replace(plan, batch=1).batches():
        if number == TIMED + 1:
            break
        start = time.perf_counter()
        written = write([model], prompts, samplers, plan.length)
        between = time.perf_counter()
        reference.read(claims_of(plan, written.tokens, number), border)
        shares.append((time.perf_counter() - between) / (between - start))
    return sorted(shares[1:])[len(shares[1:]) // 2]  # the first one warms the caches
