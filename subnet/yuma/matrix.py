"""Weights and bonds: sparse rows as the chain stores them, a dense block of cells to calculate with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from subnet.yuma.arithmetic import Fixed, Mask

ABSENT = -1
Row = Sequence[tuple[int, int]]


@dataclass(frozen=True, eq=False)
class Matrix:
    """u16 cells of the validators that have a row: `cells[k, j]` is what uid `uids[k]` gives to uid `j`.

    `uids` is ascending, shape (r,); `cells` has shape (r, n), int64, with ABSENT where nothing is stored.
    A stored 0 is not the same as nothing stored: it keeps a decaying bond alive under liquid alpha.
    """

    uids: NDArray[np.int64]
    cells: Fixed

    @classmethod
    def of(cls, rows: Mapping[int, Row], count: int) -> "Matrix":
        """From stored rows `{uid: [(target, value), ...]}` of a subnet with `count` uids; uids beyond are dropped."""
        uids = np.array(sorted(uid for uid in rows if 0 <= uid < count), dtype=np.int64)
        cells = np.full((len(uids), count), ABSENT, dtype=np.int64)
        for position, uid in enumerate(uids.tolist()):
            kept = [(target, value) for target, value in rows[uid] if 0 <= target < count]
            if kept:
                targets, values = zip(*kept, strict=True)
                cells[position, list(targets)] = values
        return cls(uids, cells)

    @classmethod
    def empty(cls, count: int) -> "Matrix":
        """No rows at all."""
        return cls.of({}, count)

    def rows(self) -> dict[int, list[tuple[int, int]]]:
        """The stored form: `{uid: [(target, value), ...]}`, targets ascending."""
        stored = {}
        for uid, row in zip(self.uids.tolist(), self.cells, strict=True):
            targets = np.flatnonzero(row != ABSENT)
            stored[uid] = list(zip(targets.tolist(), row[targets].tolist(), strict=True))
        return stored

    def aligned(self, uids: NDArray[np.int64]) -> tuple[Fixed, Mask]:
        """(values, stored) for exactly the given ascending uids: 0 and False where nothing is stored."""
        cells = np.full((len(uids), self.cells.shape[1]), ABSENT, dtype=np.int64)
        shared, here, there = np.intersect1d(uids, self.uids, assume_unique=True, return_indices=True)
        if len(shared):
            cells[here] = self.cells[there]
        stored = cells != ABSENT
        return np.where(stored, cells, 0), stored

    def without_column(self, uid: int) -> "Matrix":
        """The matrix after every entry towards `uid` is dropped (a bonds reset)."""
        cells = self.cells.copy()
        cells[:, uid] = ABSENT
        return Matrix(self.uids, cells)
