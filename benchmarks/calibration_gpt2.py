"""A GPT-2 of 124 million random weights: how large honest noise is in a model of that size, and nothing else.

Random weights suffer far more from quantisation than trained ones, so its rows are no evidence of detection.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import numpy as np
import torch
from calibration_work import Work, noted
from transformers import GPT2Config, GPT2LMHeadModel

from subnet.inference.figures import area_under_curve, sums_of
from subnet.inference.fitting import most_likely_scale
from subnet.inference.provers import quantised
from subnet.inference.reading import Reading, joined
from subnet.inference.reference import Reference
from subnet.inference.sampler import Sampler
from subnet.inference.trials import PROMPT_TOKENS, Plan, redrawn_readings

PREFIXES, TOKENS, DRAWS = 8, 200, 20
NATS = 2.5
SAMPLER = Sampler(seed=1 << 41, temperature=1.0)


def model_of(seed: int) -> Any:
    """An untrained GPT-2 with a head of its own, scaled until its mean entropy is NATS."""
    torch.manual_seed(seed)
    model = GPT2LMHeadModel(GPT2Config(tie_word_embeddings=False)).eval()
    ids = torch.randint(50257, (2, 64), generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        logits = model(input_ids=ids).logits.float().flatten(0, 1)
    low, high = 1.0, 100.0
    for _ in range(30):
        middle = (low * high) ** 0.5
        low, high = (middle, high) if entropy(middle * logits) > NATS else (low, middle)
    model.lm_head.weight.data.mul_(low)
    return model


def entropy(logits: torch.Tensor) -> float:
    """Mean entropy in nats."""
    logs = torch.log_softmax(logits, 1)
    return float(-(logs.exp() * logs).sum(1).mean())


def gpt2(work: Work) -> dict[str, Any]:
    """Mismatches, margins and error scales of honest bfloat16 and of damaged weights."""
    reference = Reference(model_of(1))
    narrow = deepcopy(reference.model).to(torch.bfloat16)
    ids = torch.randint(50257, (PREFIXES, PROMPT_TOKENS), generator=torch.Generator().manual_seed(2))
    plan = Plan(ids, TOKENS, SAMPLER)
    provers = {
        "honest bfloat16": lambda: narrow,
        "int8 weights, bfloat16": lambda: quantised(narrow, 8),
        "4-bit weights, bfloat16": lambda: quantised(narrow, 4, 64),
        "other seed's weights": lambda: model_of(2).to(torch.bfloat16),
    }
    rows: dict[str, Any] = {}
    honest: list[Reading] = []
    for name, made in provers.items():
        readings = redrawn_readings(reference, made(), plan, 0.0, DRAWS)
        honest = honest or readings
        rows[name] = row(readings, honest)
        noted(f"gpt2: {name} {rows[name]['mismatch']:.4f}")
    return {"rows": rows, "entropy": NATS}


def row(readings: Sequence[Reading], honest: Sequence[Reading]) -> dict[str, Any]:
    """What is said of one prover; areas are those of the mean margin cut at 0.5."""
    margins = joined(list(readings)).margins
    cut = [
        np.minimum(joined(list(each)).margins, 0.5).astype(np.float64).reshape(len(each), -1)
        for each in (honest, readings)
    ]
    sums = [[sums_of(values, tokens) for values in cut] for tokens in (25, 100, 200)]
    return {
        "mismatch": float((margins > 0.0).mean()),
        "mean": float(cut[1].mean()),
        "p99.9": float(np.quantile(margins, 0.999)),
        "scale": most_likely_scale(joined(list(readings))),
        "limit": float(np.quantile(cut[1].mean(1), 0.999)),
        "auc": {tokens: area_under_curve(*pair) for tokens, pair in zip((25, 100, 200), sums, strict=True)},
    }
