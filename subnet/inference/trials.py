"""Replies of known origin and their readings: what a calibration is made from."""

from __future__ import annotations

import sysconfig
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from subnet.inference.fingerprint import distances, fingerprint
from subnet.inference.margins import read
from subnet.inference.provers import HONEST, KEEPING, Way, write
from subnet.inference.reading import Reading
from subnet.inference.reference import Claim, Reference
from subnet.inference.sampler import Sampler
from subnet.inference.sampling import chosen

PROMPT_TOKENS = 48
FINGERPRINT_SEEDS = 0x5EED << 44
"""Makes a seed for directions out of that of a reply in a trial; a validator draws both."""


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What is generated: prompts int64 (replies, any), `length` tokens to each, sampled as `sampler` says but each
    reply with a seed of its own, counted from the sampler's. `batch` replies are generated together.
    """

    prompts: Tensor
    length: int
    sampler: Sampler
    batch: int = 8

    def samplers(self, first: int, count: int) -> list[Sampler]:
        """The samplers of some replies."""
        return [replace(self.sampler, seed=self.sampler.seed + first + row) for row in range(count)]

    def batches(self) -> Iterator[tuple[int, Tensor, list[Sampler]]]:
        """The number of the first reply of each batch, its prompts, and its samplers."""
        for first in range(0, len(self.prompts), self.batch):
            part = self.prompts[first : first + self.batch]
            yield first, part, self.samplers(first, len(part))


def library_prompts(tokenizer: Any, count: int, seed: int) -> Tensor:
    """Prompts of PROMPT_TOKENS tokens cut from this Python's standard library, int64 (count, PROMPT_TOKENS)."""
    generator = np.random.default_rng(seed)
    files = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))
    rows: list[list[int]] = []
    while len(rows) < count:
        text = files[int(generator.integers(len(files)))].read_text(encoding="utf-8", errors="replace")
        start = int(generator.integers(max(1, len(text) - 8 * PROMPT_TOKENS)))
        ids = tokenizer(text[start : start + 8 * PROMPT_TOKENS], add_special_tokens=False)["input_ids"]
        if len(ids) >= PROMPT_TOKENS:
            rows.append(ids[:PROMPT_TOKENS])
    return torch.tensor(rows)


def claims_of(plan: Plan, tokens: Tensor, first: int = 0) -> list[Claim]:
    """Claims that tokens (rows, n) are the replies to the plan's prompts from the `first` on."""
    samplers = plan.samplers(first, len(tokens))
    prompts = plan.prompts[first : first + len(tokens)]
    return [
        Claim(tuple(prompt), tuple(reply), sampler)
        for prompt, reply, sampler in zip(prompts.tolist(), tokens.tolist(), samplers, strict=True)
    ]


def candidate_readings(
    reference: Reference, models: Sequence[Any], plan: Plan, border: float, way: Way = HONEST
) -> list[Reading]:
    """The reference's readings of replies by candidate models that claim to have followed the plan."""
    readings = []
    acted = replace(plan, sampler=way.used) if way.used else plan
    for first, prompts, samplers in acted.batches():
        written = write(models, prompts, samplers, plan.length, way)
        readings += reference.read(claims_of(plan, written.tokens, first), border)
    return readings


def redrawn_readings(
    reference: Reference, model: Any, plan: Plan, border: float, draws: int
) -> list[Reading]:
    """Readings of honest replies, each `draws` times: the same text, its tokens chosen anew with fresh noise.

    The model's logits are those of its own way of generating, the reference's those of its reading. Readings of one
    text do not follow each other.
    """
    readings: list[list[Reading]] = [[] for _ in range(draws)]
    fresh = plan.sampler.seed + (1 << 32)
    for first, prompts, samplers in plan.batches():
        written = write([model], prompts, samplers, plan.length, KEEPING)
        assert written.logits is not None
        for own, passed in zip(
            written.logits, reference.passes(claims_of(plan, written.tokens, first)), strict=True
        ):
            for drawn in readings:
                sampler = replace(plan.sampler, seed=fresh)
                tokens = chosen(own, [sampler] * len(own), range(len(own)))
                drawn.append(read(passed.logits, tokens, sampler, border))
                fresh += 1
    return [reading for drawn in readings for reading in drawn]


def border_of(reference: Reference, model: Any, plan: Plan) -> float:
    """How far rounding moves a token against the border of the candidates, in logits: 99.9 % move less.

    0 when the plan's sampler takes every token.
    """
    if not plan.sampler.masked or plan.sampler.top_k is None:
        return 0.0
    moved = []
    for first, prompts, samplers in plan.batches():
        written = write([model], prompts, samplers, plan.length, KEEPING)
        assert written.logits is not None
        for own, passed in zip(
            written.logits, reference.passes(claims_of(plan, written.tokens, first)), strict=True
        ):
            top = passed.logits.topk(min(plan.sampler.top_k + 4, passed.logits.shape[1])).indices
            error = own.gather(1, top) - passed.logits.gather(1, top)
            moved.append((error - error.mean(1, keepdim=True))[:, -8:].abs().flatten())
    return float(np.quantile(torch.cat(moved).numpy(), 0.999))


def fingerprint_distances(reference: Reference, model: Any, plan: Plan, count: int) -> NDArray[np.float64]:
    """How far the fingerprints of a model's replies are from the reference's, (replies, tokens).

    Each reply has directions of its own, as if their seed had been drawn after it.
    """
    rows = []
    for first, prompts, samplers in plan.batches():
        written = write([model], prompts, samplers, plan.length, KEEPING)
        assert written.states is not None
        passes = reference.passes(claims_of(plan, written.tokens, first))
        for own, passed, sampler in zip(written.states, passes, samplers, strict=True):
            seed = sampler.seed ^ FINGERPRINT_SEEDS
            rows.append(distances(fingerprint(own.numpy(), seed, count), passed.states.numpy(), seed))
    return np.stack(rows)
