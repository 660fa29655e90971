"""The Yuma3 epoch in floating point, as simulators compute it: what the exact epoch is measured against.

Both take weights and bonds of shape (validators, miners), stake of shape (validators,), and compute the same:
rows normalised, the stake-weighted median of each column found by sorting, weights clipped to it, incentive,
trust, bonds as a moving average of clipped weights, dividends by each column's shares. The order of operations
is that of the torch simulator of Yuma (https://github.com/opentensor/yuma-simulation); columns are laid out for
the sort, which makes it twice as fast there.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

KAPPA, ALPHA = 32_767 / 65_535, 0.1
Array = NDArray[np.float64]


class Floats(NamedTuple):
    """Vectors by miner, then by validator, and the new bonds."""

    consensus: Any
    incentive: Any
    dividends: Any
    trust: Any
    bonds: Any


@torch.inference_mode()
def torch_epoch(weights: torch.Tensor, stake: torch.Tensor, bonds: torch.Tensor) -> Floats:
    """One epoch in the precision of its arguments."""
    votes = weights / weights.sum(dim=1, keepdim=True)
    power = stake / stake.sum()
    ranked, voters = torch.sort(votes.T.contiguous(), dim=1, descending=True)
    agreed = power[voters].cumsum(dim=1) >= KAPPA
    consensus = ranked.gather(1, agreed.float().argmax(dim=1, keepdim=True))[:, 0]
    clipped = torch.minimum(votes, consensus)
    rank = power @ clipped
    incentive = rank / rank.sum()
    average = ALPHA * clipped + (1 - ALPHA) * bonds
    shares = average / average.sum(dim=0)
    dividends = power * (shares @ incentive)
    return Floats(consensus, incentive, dividends / dividends.sum(), clipped.sum(dim=1), average)


def numpy_epoch(weights: Array, stake: Array, bonds: Array) -> Floats:
    """One epoch in double precision."""
    votes = weights / weights.sum(axis=1, keepdims=True)
    power = stake / stake.sum()
    voters = np.argsort(-votes, axis=0)
    agreed = power[voters].cumsum(axis=0) >= KAPPA
    decisive = np.take_along_axis(voters, agreed.argmax(axis=0)[None, :], axis=0)
    consensus = np.take_along_axis(votes, decisive, axis=0)[0]
    clipped = np.minimum(votes, consensus)
    rank = power @ clipped
    incentive = rank / rank.sum()
    average = ALPHA * clipped + (1 - ALPHA) * bonds
    shares = average / average.sum(axis=0)
    dividends = power * (shares @ incentive)
    return Floats(consensus, incentive, dividends / dividends.sum(), clipped.sum(axis=1), average)
