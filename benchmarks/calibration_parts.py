"""The parts of the calibration table, each a function from what there is to work with to a result in JSON's types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from calibration_cheats import CHEATS, Cheat, Models, looked_up, tried
from calibration_demo import demo
from calibration_gpt2 import gpt2
from calibration_work import Work, noted

from scripts.train_char_model import encoded, sources
from subnet.inference.calibration import Calibration, Calibrations, Ratio, weights_digest
from subnet.inference.figures import area_under_curve, interval
from subnet.inference.fingerprint import farthest
from subnet.inference.fitting import Budget, tokens_needed
from subnet.inference.measuring import (
    FIT_SEED,
    OTHER_SEED,
    TEST_SEED,
    Claimed,
    Honest,
    Size,
    calibrated,
    cost_of,
    plan_of,
    rejected,
    with_detection,
    with_fingerprint,
)
from subnet.inference.provers import Way, quantised
from subnet.inference.reading import Reading, joined
from subnet.inference.sampler import Sampler
from subnet.inference.trials import (
    Plan,
    border_of,
    candidate_readings,
    fingerprint_distances,
    redrawn_readings,
)

FIT_DRAWS, TEST_DRAWS = 24, 8
"""Fresh noise for each honest reply: 12 000 draws to fit on, 4 000 others to count false rejections."""
ALONE = 0.2
"""The share of honest replies that are generated one at a time; the others in batches of eight."""
CHEATING = 250
UNCACHED = 20
FINGERPRINTED, FINGERPRINT_TOKENS = 200, 20
SAMPLER = Sampler(seed=0, temperature=1.0)


def honest_draws(models: Models, model: Any, sampler: Sampler, replies: int, border: float) -> Honest:
    """Readings of honest replies, batch 1 and batch 8, under fresh noise: to fit on and to test on."""
    found = []
    for seed, draws in ((FIT_SEED, FIT_DRAWS), (TEST_SEED, TEST_DRAWS)):
        plan = plan_of(models.reference, sampler, Size(replies=replies), seed)
        alone = int(ALONE * replies)
        one = Plan(plan.prompts[:alone], plan.length, plan.sampler, batch=1)
        eight = Plan(plan.prompts[alone:], plan.length, replace(plan.sampler, seed=seed + alone))
        readings = redrawn_readings(models.reference, model, one, border, draws)
        noted(f"{len(readings)} honest draws at batch 1")
        readings += redrawn_readings(models.reference, model, eight, border, draws)
        noted(f"{len(readings)} honest draws")
        found.append(readings)
    return Honest(border, *found)


def row(readings: Sequence[Reading], calibration: Calibration, honest: Sequence[Reading]) -> dict[str, Any]:
    """What the table says of one prover."""
    margins = joined(list(readings)).margins
    found = with_detection(calibration, "it", honest, readings).detections["it"]
    ratio = next(test for test in calibration.tests if isinstance(test, Ratio))
    flags = rejected(readings, calibration)
    return {
        "mismatch": float((margins > 0.0).mean()),
        "mean": float(np.minimum(margins, 0.5).mean()),
        "largest": float(margins[np.isfinite(margins)].max(initial=0.0)),
        "detected": found.per_reply,
        "interval": interval(sum(flags), len(flags)),
        "replies": found.replies,
        "auc": found.auc,
        "needed": tokens_needed(ratio, honest, readings, 0.99, 0.001),
    }


def in_class(work: Work, dtype: str, sampler: Sampler, cheats: dict[str, Cheat], mild: str) -> dict[str, Any]:
    """The table of one class of number formats: limits fitted against the cheat named `mild`, then all cheats."""
    models = work.models()
    model = models.reference.model if dtype == "float32" else models.narrow.model
    some = plan_of(models.reference, sampler, Size(replies=16), 1)
    border = border_of(models.reference, model, some)
    honest = honest_draws(models, model, sampler, work.replies, border)
    plan = plan_of(models.reference, sampler, Size(replies=CHEATING), OTHER_SEED)
    claimed = Claimed(work.reference.name, weights_digest(work.reference), dtype, sampler)  # type: ignore[arg-type]
    mildest = tried(CHEATS[mild], models, plan, border).readings
    calibration = calibrated(claimed, honest, mildest, Budget())
    result: dict[str, Any] = {"rows": {}}
    for name, cheat in cheats.items():
        attempt = tried(cheat, models, plan, border)
        result["rows"][name] = row(attempt.readings, calibration, honest.test) | {"real": attempt.real_steps}
        calibration = with_detection(calibration, name, honest.test, attempt.readings)
        noted(f"{dtype}: {name} {result['rows'][name]['detected']:.3f}")
    if sampler == SAMPLER:
        result["rows"] |= others(models, plan, border, calibration, honest)
    calibration = finished(calibration, models, model, plan, mild)
    if work.write:
        file = Calibrations.load(work.write) if work.write.exists() else Calibrations()
        file.with_(calibration).save(work.write)
    return result | {
        "honest": row(honest.test, calibration, honest.test),
        "calibration": calibration.model_dump(mode="json"),
    }


def finished(calibration: Calibration, models: Models, model: Any, plan: Plan, mild: str) -> Calibration:
    """The calibration with the price of the check and a limit for fingerprints, found against the cheat `mild`."""
    cost = cost_of(models.reference, model, plan, calibration.border)
    pair = (model, CHEATS[mild].models(models)[0])
    short = replace(plan, prompts=plan.prompts[:FINGERPRINTED], length=FINGERPRINT_TOKENS)
    priced = calibration.model_copy(update={"cost": cost})
    return with_fingerprint(priced, models.reference, pair, short, mild)


def others(
    models: Models, plan: Plan, border: float, calibration: Calibration, honest: Honest
) -> dict[str, Any]:
    """Rows of what is no cheat of the usual kind: answers from a lookup, and honest runs of other formats."""
    text = encoded(sources()[1])
    found = {"lookup": looked_up(models, plan, text, border)}
    alike = (("float32", models.reference), ("bfloat16", models.narrow))
    for name, reference in alike:
        found[f"honest {name}"] = candidate_readings(models.reference, [reference.model], plan, border)
        few = Plan(plan.prompts[:UNCACHED], plan.length, plan.sampler)
        found[f"honest {name}, no cache"] = candidate_readings(
            models.reference, [reference.model], few, border, Way(cached=False)
        )
    return {name: row(readings, calibration, honest.test) for name, readings in found.items()}


SOME = (
    "4-bit weights, float32",
    "4-bit weights, bfloat16",
    "less trained (60 %)",
    "other seed's weights",
    "ignored seed",
)
PINNED = (*SOME, "int8 weights, float32", "int8 weights, bfloat16", "4-bit, repaired below 0.3")
"""Cheats that are tried beside the main table; the others are caught there as well."""


def narrow(work: Work) -> dict[str, Any]:
    """Temperature 1, honest miners may use bfloat16."""
    return in_class(work, "bfloat16", SAMPLER, CHEATS, "4-bit weights, bfloat16")


def pinned(work: Work) -> dict[str, Any]:
    """Temperature 1, float32 is part of the protocol: then even int8 weights stand out."""
    cheats = {name: CHEATS[name] for name in PINNED}
    return in_class(work, "float32", SAMPLER, cheats, "int8 weights, float32")


def confident(work: Work) -> dict[str, Any]:
    """Temperature 0.5: more confident text, so fewer close races."""
    cheats = {name: CHEATS[name] for name in SOME}
    return in_class(
        smaller(work), "bfloat16", replace(SAMPLER, temperature=0.5), cheats, "4-bit weights, bfloat16"
    )


def with_top_k(work: Work) -> dict[str, Any]:
    """Temperature 1 among the 20 likeliest tokens, whose border is softened."""
    cheats = {name: CHEATS[name] for name in SOME}
    return in_class(smaller(work), "bfloat16", replace(SAMPLER, top_k=20), cheats, "4-bit weights, bfloat16")


def smaller(work: Work) -> Work:
    """A quarter of the honest replies, and nothing written to a file."""
    return replace(work, replies=work.replies // 4, write=None)


def fingerprints(work: Work) -> dict[str, Any]:
    """Distances of fingerprints of 60 tokens of 100 replies, and the AUC after a few tokens, by directions."""
    models = work.models()
    plan = plan_of(models.reference, SAMPLER, Size(replies=100, tokens=60), OTHER_SEED)
    plan = replace(plan, batch=50)
    provers = {
        "honest float32": models.reference.model,
        "honest bfloat16": models.narrow.model,
        "int8 weights, float32": quantised(models.reference.model, 8),
        "int8 weights, bfloat16": quantised(models.narrow.model, 8),
        "4-bit weights, float32": quantised(models.reference.model, 4, 64),
        "4-bit weights, bfloat16": quantised(models.narrow.model, 4, 64),
        "less trained (60 %)": models.less.model,
    }
    return {
        f"{count} directions": compared(
            {n: fingerprint_distances(models.reference, m, plan, count) for n, m in provers.items()}
        )
        for count in (8, 16)
    }


def compared(found: dict[str, np.ndarray[Any, Any]]) -> dict[str, Any]:
    """Mean distances and AUC against honest bfloat16 by tokens, and the limit that one in a thousand exceeds."""
    honest = found["honest bfloat16"]
    result = {}
    for name, distance in found.items():
        curve = {}
        for tokens in (1, 2, 5, 10):
            means = [
                each[:, : 60 // tokens * tokens].reshape(-1, tokens).mean(1) for each in (honest, distance)
            ]
            curve[tokens] = area_under_curve(*means)
        worst = [farthest(each) for each in distance]
        result[name] = {
            "mean": float(distance.mean()),
            "largest window": max(worst),
            "smallest": min(worst),
            "auc": curve,
        }
    return result


PARTS: dict[str, Callable[[Work], dict[str, Any]]] = {
    "char bfloat16": narrow,
    "char float32": pinned,
    "fingerprint": fingerprints,
    "confident": confident,
    "top-k": with_top_k,
    "demo": demo,
    "gpt2": gpt2,
}
