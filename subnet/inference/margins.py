"""From a reference's logits and a reply's tokens to the reading of the reply.

A token's score is its logit plus temperature times noise, as in `sampling`. Where a sampler has candidates, their
border is soft by `border` logits: rounding moves honest tokens across it, and such a token would look like the
grossest cheat. Only tokens that are candidates by at least that much are rivals, and a chosen token is allowed
down to that much below the border.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from subnet.inference.noise import gumbel, vocabulary_noise
from subnet.inference.reading import RIVALS, Reading
from subnet.inference.sampler import Sampler


def read(logits: Tensor, reply: Tensor, sampler: Sampler, border: float = 0.0) -> Reading:
    """The reading of a reply, int64 (n,), by the logits from which the reference would take each of its tokens,
    float (n, vocabulary).
    """
    logits = logits.float()
    own = logits.gather(1, reply[:, None])[:, 0]
    if not sampler.masked:
        scores = _all_scores(logits, sampler)
        score = scores.gather(1, reply[:, None])
        scores.scatter_(1, reply[:, None], -torch.inf)
        return _reading(scores, score, torch.ones_like(own, dtype=torch.bool))
    values, tokens, edge = _candidates(logits, sampler)
    scores = values + _noise(sampler, tokens)
    rival = (values >= edge[:, None] + border) & (tokens != reply[:, None])
    score = own[:, None] + _noise(sampler, reply[:, None])
    return _reading(scores.masked_fill(~rival, -torch.inf), score, own >= edge - border)


def _reading(scores: Tensor, score: Tensor, allowed: Tensor) -> Reading:
    rivals = min(RIVALS, scores.shape[1])
    leads = torch.full((len(scores), RIVALS), -torch.inf)
    leads[:, :rivals] = scores.topk(rivals).values.cpu() - score.cpu()
    return Reading(leads.numpy(), allowed.cpu().numpy())


def _all_scores(logits: Tensor, sampler: Sampler) -> Tensor:
    if sampler.temperature == 0.0:
        return logits.clone()
    rows, size = logits.shape
    noise = vocabulary_noise(np.full(rows, sampler.seed, dtype=np.uint64), np.arange(rows), size)
    noise *= np.float32(sampler.temperature)
    return logits + torch.from_numpy(noise).to(logits.device)


def _noise(sampler: Sampler, tokens: Tensor) -> Tensor:
    """The scaled noise of tokens (n, any), float32, row by row as positions."""
    positions = np.arange(len(tokens))[:, None]
    noise = gumbel(sampler.seed, positions, tokens.cpu().numpy())
    return torch.from_numpy(noise * np.float32(sampler.temperature)).to(tokens.device)


def _candidates(logits: Tensor, sampler: Sampler) -> tuple[Tensor, Tensor, Tensor]:
    """The likeliest tokens' logits and ids (n, k), and the logit of the least likely candidate (n,)."""
    size = logits.shape[1]
    values, tokens = logits.topk(min(sampler.top_k or size, size))
    if sampler.top_p is None:
        return values, tokens, values[:, -1]
    probabilities = torch.softmax(values.double() / sampler.temperature, 1)
    kept = (probabilities.cumsum(1) - probabilities < sampler.top_p).sum(1)
    return values, tokens, values.gather(1, kept[:, None] - 1)[:, 0]
