"""The stake-weighted median by which validators agree on a miner's weight.

The chain searches by halving a list around a pivot. What it finds is the lowest score at which the stake of
all rows scoring no more exceeds the minority; where that stake exactly equals the minority, the next higher
score. Sorting once finds the same for every column together.
"""

from dataclasses import dataclass

import numpy as np

from subnet.yuma.arithmetic import Fixed, Mask, normalised, total


@dataclass(frozen=True, eq=False)
class Electorate:
    """Who decides: the rows with stake, their shares of the voting stake, and how much of it may be outvoted."""

    voting: Mask
    shares: Fixed
    minority: int
    decided: bool

    @classmethod
    def of(cls, stake: Fixed, majority: int, silent: Fixed | None = None) -> "Electorate":
        """From the stake of each row and, in `silent`, of validators without a row: they score 0 everywhere."""
        voting = stake > 0
        unheard = np.zeros(0, dtype=np.int64) if silent is None else silent[silent > 0]
        shares = normalised(np.concatenate([unheard, stake[voting]]))[len(unheard) :]
        minority = int(total(shares)) - majority
        return cls(voting, shares, minority, decided=len(unheard) > 0 and minority < 0)

    def agreed(self, scores: Fixed) -> Fixed:
        """Median of every column of `scores`, which has a row for each row of the stake."""
        if self.decided:  # the silent alone are more than may be outvoted
            return np.zeros(scores.shape[1], dtype=np.int64)
        return _medians(self.shares, scores if self.voting.all() else scores[self.voting], self.minority)


def weighted_median(stake: Fixed, score: Fixed, minority: int) -> int:
    """Median of one list of scores; `minority` is total stake minus the majority asked for; 0 for no scores."""
    return int(_medians(stake, score[:, None], minority)[0])


def weighted_median_columns(stake: Fixed, scores: Fixed, majority: int, silent: Fixed | None = None) -> Fixed:
    """Median of every column of `scores` (rows are validators), rows without stake left out.

    `silent` holds the stake of further validators that have no row: they score 0 everywhere. All I32F32.
    """
    return Electorate.of(stake, majority, silent).agreed(scores)


def _medians(stake: Fixed, scores: Fixed, minority: int) -> Fixed:
    """Lowest score of each column with more than `minority` stake at or below it, else the highest score.

    Scores are not negative and below 2**63 divided by the number of rows.
    """
    if not len(stake) or minority >= int(total(stake)):
        return np.asarray(scores.max(axis=0, initial=0))
    # one word holds a score and, below it, the row it comes from: ordinary sorting is many times faster than
    # sorting by index, and fastest along contiguous memory
    bits = len(stake).bit_length()
    voters = _transposed((scores << bits) + np.arange(len(stake))[:, None])
    voters.sort(axis=1)
    reached = np.cumsum(stake.take(voters & ((1 << bits) - 1)), axis=1)
    position = (reached > minority).argmax(axis=1)
    return np.asarray(voters[np.arange(len(voters)), position] >> bits)


def _transposed(values: Fixed) -> Fixed:
    """A contiguous copy of the transposed array."""
    rows, columns = values.shape
    # cells of a column that lie a power of two apart share a few lines of the cache and keep evicting each other
    apart = np.empty((rows, (columns // 16 + 1) * 16 + 8), dtype=np.int64)[:, :columns]
    apart[:] = values
    return np.ascontiguousarray(apart.T)
