"""The demo models: replies of a few tokens prove nothing alone, a hundred of them together do."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from calibration_work import Work, noted

from subnet.inference.calibration import Calibration
from subnet.inference.figures import interval
from subnet.inference.fitting import STREAM, Budget, fitted, gross_margin
from subnet.inference.measuring import GROSS_TOKENS, rejected
from subnet.inference.provers import write
from subnet.inference.reading import Reading, joined
from subnet.inference.reference import Reference
from subnet.inference.sampler import Sampler
from subnet.inference.texts import end_tokens, prompt_ids
from subnet.inference.trials import Plan, claims_of, redrawn_readings
from subnet.tasks.reasoning import Demo

MODELS = Path(__file__).resolve().parents[1] / "models"
REPLIES, TOKENS, DRAWS = 500, 12, 8
POOL, POOLS = 100, 1000


@dataclass(frozen=True, slots=True)
class Run:
    """One temperature: the reference, the least exact honest model, and the ends of a reply."""

    reference: Reference
    narrow: Any
    sampler: Sampler
    ends: frozenset[int]


def demo(work: Work) -> dict[str, Any]:
    """False rejections and detection over pools of a hundred replies, at the demo's temperature 0 and at 1."""
    reference = Reference.load(MODELS / "strong")
    narrow = deepcopy(reference.model).to(torch.bfloat16)
    ends = end_tokens(reference.model, reference.tokenizer)
    return {
        f"temperature {temperature:g}": at_temperature(
            Run(reference, narrow, Sampler(seed=1 << 40, temperature=temperature), ends)
        )
        for temperature in (0.0, 1.0)
    }


def at_temperature(run: Run) -> dict[str, Any]:
    """One temperature's rows."""
    medium, weak = (Reference.load(MODELS / name).model for name in ("medium", "weak"))
    other = replace(run.sampler, seed=run.sampler.seed + (1 << 50))
    cheats = {"medium": read(run, medium, 3), "weak": read(run, weak, 3)}
    if run.sampler.temperature > 0.0:
        cheats["ignored seed"] = read(run, run.reference.model, 3, used=other)
    fit, test = (pooled(redrawn(run, seed), POOLS, seed) for seed in (1, 2))
    tests = fitted(fit, pooled(cheats["medium"], POOLS, 3), Budget())
    calibration = Calibration(
        model="strong", weights="", dtype="bfloat16", temperature=run.sampler.temperature, top_k=None, border=0.0,
        reply_tokens=int(np.mean([len(each) for each in fit])), least_tokens=1, gross_margin=gross_margin(fit),
        gross_tokens=GROSS_TOKENS, tests=tests, false_reject=0.0, false_reject_interval=(0.0, 1.0), false_alarm=0.0,
        stream=STREAM,
    )  # fmt: skip
    rows = {"honest bfloat16": test} | {name: pooled(each, POOLS // 5, 4) for name, each in cheats.items()}
    noted(f"demo at temperature {run.sampler.temperature:g}")
    return {name: row(readings, calibration) for name, readings in rows.items()}


def row(readings: Sequence[Reading], calibration: Calibration) -> dict[str, Any]:
    """How often pools of a hundred replies are rejected, and how many of their tokens differ."""
    flags = rejected(readings, calibration)
    return {
        "rejected": sum(flags) / len(flags),
        "interval": interval(sum(flags), len(flags)),
        "mismatch": float((joined(list(readings)).margins > 0.0).mean()),
        "tokens": float(np.mean([len(each) for each in readings])),
    }


def plans(run: Run, seed: int) -> list[Plan]:
    """The demo's questions, those with prompts of one length together."""
    source = Demo()
    by_length: dict[int, list[tuple[int, ...]]] = {}
    for number in range(REPLIES):
        family = source.families[number % len(source.families)]
        task = source.make(family, seed * 1_000_003 + number, "calibration", 10.0)
        prompt = prompt_ids(run.reference.tokenizer, [m.model_dump() for m in task.query.messages])
        by_length.setdefault(len(prompt), []).append(prompt)
    base = run.sampler.seed + (seed << 34)
    return [
        Plan(torch.tensor(prompts), TOKENS, replace(run.sampler, seed=base + (length << 20)), batch=50)
        for length, prompts in sorted(by_length.items())
    ]


def read(run: Run, model: Any, seed: int, used: Sampler | None = None) -> list[Reading]:
    """Readings of a model's replies, each up to its end."""
    found = []
    for plan in plans(run, seed):
        acted = replace(plan, sampler=replace(plan.sampler, seed=used.seed)) if used else plan
        for first, prompts, samplers in acted.batches():
            tokens = write([model], prompts, samplers, TOKENS).tokens
            readings = run.reference.read(claims_of(plan, tokens, first))
            found += [r.part(0, length(run, row)) for r, row in zip(readings, tokens.tolist(), strict=True)]
    return found


def redrawn(run: Run, seed: int) -> list[Reading]:
    """Readings of honest bfloat16 replies under fresh noise, each up to the end of the first one."""
    found = []
    draws = DRAWS if run.sampler.temperature > 0.0 else 1
    for plan in plans(run, seed):
        lengths = []
        for _first, prompts, samplers in plan.batches():
            tokens = write([run.narrow], prompts, samplers, TOKENS).tokens
            lengths += [length(run, row) for row in tokens.tolist()]
        readings = redrawn_readings(run.reference, run.narrow, plan, 0.0, draws)
        found += [r.part(0, lengths[at % len(lengths)]) for at, r in enumerate(readings)]
    return found


def length(run: Run, tokens: Sequence[int]) -> int:
    """How many tokens a reply has, its end included."""
    return next((at + 1 for at, token in enumerate(tokens) if token in run.ends), len(tokens))


def pooled(readings: Sequence[Reading], pools: int, seed: int) -> list[Reading]:
    """Readings of a hundred replies each, drawn from these."""
    draws = np.random.default_rng(seed).integers(len(readings), size=(pools, POOL))
    return [joined([readings[at] for at in row]) for row in draws]
