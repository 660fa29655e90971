"""Sampling with the noise of a seed: the token that is chosen can be found again by whoever has the model.

The token is the one with the largest l(v) + T * g(v), where l are the model's raw logits in float32 and g is the
Gumbel noise of `noise`: exactly a draw from the softmax of l / T. The noise is scaled and not the logits, so that
distances keep the logits' unit at every temperature.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from subnet.inference.noise import gumbel, vocabulary_noise
from subnet.inference.sampler import Sampler


def chosen(logits: Tensor, samplers: Sequence[Sampler], positions: Sequence[int]) -> Tensor:
    """The token that each row's sampler takes from its logits, int64 (rows,).

    `logits` are (rows, vocabulary); `positions` count each row's reply tokens from 0.
    """
    return noised(logits, samplers, positions).argmax(-1)


def noised(logits: Tensor, samplers: Sequence[Sampler], positions: Sequence[int]) -> Tensor:
    """Logits plus each row's noise times its temperature, float32 (rows, vocabulary).

    Tokens that are no candidates are minus infinity; rows with temperature 0 come back as they are.
    """
    scores = logits.float().clone()
    rows = list(zip(samplers, positions, strict=True))
    warm = [row for row, (sampler, _) in enumerate(rows) if sampler.temperature > 0.0]
    _add_to_all(scores, [(row, *rows[row]) for row in warm if not rows[row][0].masked])
    _keep_candidates(scores, [(row, *rows[row]) for row in warm if rows[row][0].masked])
    return scores


Row = tuple[int, Sampler, int]


def _add_to_all(scores: Tensor, rows: Sequence[Row]) -> None:
    if not rows:
        return
    places = [row for row, _, _ in rows]
    noise = vocabulary_noise([s.seed for _, s, _ in rows], [t for _, _, t in rows], scores.shape[1])
    noise *= np.array([[s.temperature] for _, s, _ in rows], dtype=np.float32)
    scores[places] += torch.from_numpy(noise).to(scores.device)


def _keep_candidates(scores: Tensor, rows: Sequence[Row]) -> None:
    if not rows:
        return
    kept = [candidates(scores[row], sampler) for row, sampler, _ in rows]
    sizes = [len(tokens) for tokens in kept]
    seeds = np.repeat(np.array([s.seed for _, s, _ in rows], dtype=np.uint64), sizes)
    positions = np.repeat(np.array([t for _, _, t in rows], dtype=np.uint64), sizes)
    noise = gumbel(seeds, positions, torch.cat(kept).cpu().numpy())
    noise *= np.repeat(np.array([s.temperature for _, s, _ in rows], dtype=np.float32), sizes)
    parts = torch.split(torch.from_numpy(noise).to(scores.device), sizes)
    for (row, _, _), tokens, part in zip(rows, kept, parts, strict=True):
        values = scores[row, tokens] + part
        scores[row].fill_(-torch.inf)
        scores[row, tokens] = values


def candidates(logits: Tensor, sampler: Sampler) -> Tensor:
    """The token ids that a masked sampler may take from one row of logits, int64, likeliest first."""
    values, tokens = torch.topk(logits, min(sampler.top_k or len(logits), len(logits)))
    if sampler.top_p is None:
        return tokens
    probabilities = torch.softmax(values.double() / sampler.temperature, 0)
    before = probabilities.cumsum(0) - probabilities
    return tokens[before < sampler.top_p]
