"""The stake-weighted median by which validators agree on a miner's weight.

The chain searches by halving a list around a pivot. What it finds is the lowest score at which the stake of
all rows scoring no more exceeds the minority; where that stake exactly equals the minority, the next higher
score. Sorting once finds the same for every column together.
"""

import numpy as np

from subnet.yuma.arithmetic import Fixed, normalised, total


def weighted_median(stake: Fixed, score: Fixed, minority: int) -> int:
    """Median of one list of scores; `minority` is total stake minus the majority asked for; 0 for no scores."""
    return int(_medians(stake, score[:, None], minority)[0])


def weighted_median_columns(stake: Fixed, scores: Fixed, majority: int, silent: Fixed | None = None) -> Fixed:
    """Median of every column of `scores` (rows are validators), rows without stake left out.

    `silent` holds the stake of further validators that have no row: they score 0 everywhere. All I32F32.
    """
    voting = stake > 0
    unheard = np.zeros(0, dtype=np.int64) if silent is None else silent[silent > 0]
    shares = normalised(np.concatenate([stake[voting], unheard]))
    heard = int(voting.sum())
    minority = int(total(shares)) - majority
    if len(unheard) and int(total(shares[heard:])) > minority:
        return np.zeros(scores.shape[1], dtype=np.int64)
    return _medians(shares[:heard], scores[voting], minority - int(total(shares[heard:])))


def _medians(stake: Fixed, scores: Fixed, minority: int) -> Fixed:
    """Lowest score of each column with more than `minority` stake at or below it, else the highest score."""
    result = np.zeros(scores.shape[1], dtype=np.int64)
    columns = np.flatnonzero(scores.any(axis=0))
    voted = scores[:, columns]
    order = np.argsort(voted, axis=0)
    reached, position = np.zeros((2, len(columns)), dtype=np.int64)
    for voters in order[:-1]:  # row by row: accumulating down the columns at once is many times slower
        reached += stake[voters]
        position += reached <= minority
    ranked = np.take_along_axis(order, position[None, :], axis=0)
    result[columns] = np.take_along_axis(voted, ranked, axis=0)[0]
    return result
