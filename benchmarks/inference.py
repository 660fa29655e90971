"""What the check of the claimed model costs: one pass over a reply beside the generation of that reply.

    python benchmarks/inference.py [--json] [--rounds 3] [--only char]

One thread. A reply of 200 tokens to a prompt of 48 is generated at batch 1 with a key-value cache, as a miner does,
and then checked, in turns; figures are medians of the ratios. The reference reads in float32 whatever the miner's
format. GPT-2 (124 million parameters) has random weights, which changes no time.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import report
import torch
from transformers import GPT2Config, GPT2LMHeadModel

from subnet.inference.calibration import Calibration, Clipped
from subnet.inference.decision import rejection
from subnet.inference.evidence import weigh
from subnet.inference.noise import gumbel, vocabulary_noise
from subnet.inference.provers import write
from subnet.inference.reference import Reference
from subnet.inference.sampler import Sampler
from subnet.inference.trials import PROMPT_TOKENS, Plan, claims_of

ROOT = Path(__file__).resolve().parents[1]
LENGTH = 200
TOP_K = 64
VOCABULARY = 50257
SHARE = 0.10
ANY = Calibration(
    model="any", weights="", dtype="bfloat16", temperature=1.0, top_k=None, border=0.0, reply_tokens=LENGTH,
    least_tokens=1, gross_margin=1.0, gross_tokens=3, false_reject=0.0, false_reject_interval=(0.0, 1.0),
    false_alarm=0.0, stream=1, tests=(Clipped(clip=0.5, drift=0.001, limit=1.0, alarm=1.0),),
)  # fmt: skip
"""Numbers that decide nothing here; deciding takes its time with any of them."""


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds for one reply."""

    generating: float
    checking: float

    @property
    def share(self) -> float:
        """Checking as a share of generating."""
        return self.checking / self.generating


def turn(reference: Reference, model: Any, plan: Plan) -> Spent:
    """One reply generated and checked."""
    start = time.perf_counter()
    tokens = write([model], plan.prompts, plan.samplers(0, 1), plan.length).tokens
    between = time.perf_counter()
    for reading in reference.read(claims_of(plan, tokens)):
        rejection(weigh(reading, ANY), ANY)
    return Spent(between - start, time.perf_counter() - between)


def costs(name: str, model: Any, top_k: int | None, rounds: int) -> dict[str, float]:
    """Figures of one model whose miners compute in float32 and in bfloat16."""
    reference = Reference(model)
    ids = torch.randint(reference.vocabulary, (1, PROMPT_TOKENS), generator=torch.Generator().manual_seed(1))
    plan = Plan(ids, LENGTH, Sampler(seed=1, temperature=1.0, top_k=top_k))
    miners = {"float32": model, "bfloat16": deepcopy(model).to(torch.bfloat16)}
    turn(
        reference, model, replace(plan, prompts=ids[:, :8])
    )  # the first pass pays for what the others find ready
    found: dict[str, list[Spent]] = {dtype: [] for dtype in miners}
    for _ in range(rounds):
        for dtype, miner in miners.items():
            found[dtype].append(turn(reference, miner, plan))
    figures = {}
    for dtype, spent in found.items():
        figures[f"{name}, {dtype}: check / generation"] = median(each.share for each in spent)
        figures[f"{name}, {dtype}: check, ms a token"] = (
            median(each.checking for each in spent) / LENGTH * 1e3
        )
        figures[f"{name}, {dtype}: generation, ms a token"] = (
            median(each.generating for each in spent) / LENGTH * 1e3
        )
    return figures


def noise_costs() -> dict[str, float]:
    """Milliseconds a token of the noise of a vocabulary, and of a few candidates of it."""
    tokens = np.random.default_rng(1).integers(VOCABULARY, size=(LENGTH, TOP_K))
    positions = np.arange(LENGTH)
    seeds = np.full(LENGTH, 5, dtype=np.uint64)
    whole = timed(lambda: vocabulary_noise(seeds, positions, VOCABULARY))
    few = timed(lambda: gumbel(5, positions[:, None], tokens))
    return {
        f"noise of {VOCABULARY} tokens, ms a token": whole / LENGTH * 1e3,
        f"noise of {TOP_K} candidates, ms a token": few / LENGTH * 1e3,
        "candidates' noise / all noise": few / whole,
    }


def timed(work: Callable[[], object]) -> float:
    """Seconds of the fastest of three runs."""
    found = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return min(found)


def measured(only: str | None, rounds: int) -> dict[str, float]:
    """All figures, or those of one model."""
    figures: dict[str, float] = {}
    if only in (None, "noise"):
        figures |= noise_costs()
    if only in (None, "char"):
        figures |= costs("char 1M", Reference.load(ROOT / "models" / "char").model, None, rounds)
    if only in (None, "gpt2"):
        torch.manual_seed(1)
        figures |= costs("GPT-2 124M, top 64", GPT2LMHeadModel(GPT2Config()).eval(), TOP_K, rounds)
    return figures


def document(figures: dict[str, float]) -> dict[str, Any]:
    """{benchmark, figures, targets, missed}."""
    targets = {name: {"max": SHARE} for name in figures if name.endswith("check / generation")}
    return report.document("inference", figures, targets, digits=5)


def main() -> int:
    """Measure and print; 3 when a target is missed."""
    parser = argparse.ArgumentParser(description="Measure what the check of the claimed model costs.")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=("noise", "char", "gpt2"))
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    found = document(measured(chosen.only, chosen.rounds))
    return report.printed(found, chosen.json, report.lines(found, decimals=4))


if __name__ == "__main__":
    sys.exit(main())
