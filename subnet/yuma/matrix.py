"""Weights and bonds: sparse rows as the chain stores them, a dense block of cells to calculate with."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from subnet.yuma.arithmetic import Fixed

ABSENT = -1
Row = Sequence[tuple[int, int]]
Selection: TypeAlias = NDArray[np.int64] | slice
# a quarter of a megabyte of cells: the few arrays in work at a time then stay in a processor's own cache
_CELLS = 32_768


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
            entries = np.fromiter(chain.from_iterable(rows[uid]), dtype=np.int64).reshape(-1, 2)
            targets, values = entries[(entries[:, 0] >= 0) & (entries[:, 0] < count)].T
            cells[position, targets] = values
        return cls(uids, cells)

    @classmethod
    def empty(cls, count: int) -> "Matrix":
        """No rows at all."""
        return cls.of({}, count)

    @classmethod
    def towards(cls, cells: Fixed, uids: NDArray[np.int64], targets: Selection, count: int) -> "Matrix":
        """From cells that have a column for each of the targets only; the array may be taken over."""
        if cells.shape[1] == count:
            return cls(uids, cells)
        every = np.full((len(uids), count), ABSENT, dtype=np.int64)
        every[:, targets] = cells
        return cls(uids, every)

    def rows(self) -> dict[int, list[tuple[int, int]]]:
        """The stored form: `{uid: [(target, value), ...]}`, targets ascending."""
        stored = {}
        for uid, row in zip(self.uids.tolist(), self.cells, strict=True):
            targets = np.flatnonzero(row != ABSENT)
            stored[uid] = list(zip(targets.tolist(), row[targets].tolist(), strict=True))
        return stored

    def of_uids(self, uids: NDArray[np.int64]) -> "Matrix":
        """The rows of exactly the given ascending uids, empty ones where nothing is stored; may share memory."""
        if np.array_equal(uids, self.uids):
            return self
        count = self.cells.shape[1]
        cells = np.full((len(uids), count), ABSENT, dtype=np.int64)
        position = np.full(count, ABSENT)
        position[self.uids] = np.arange(len(self.uids))
        found = position[uids]
        cells[found != ABSENT] = self.cells[found[found != ABSENT]]
        return Matrix(uids, cells)

    def without_column(self, uid: int) -> "Matrix":
        """The matrix after every entry towards `uid` is dropped (a bonds reset)."""
        cells = self.cells.copy()
        cells[:, uid] = ABSENT
        return Matrix(self.uids, cells)


def spans(rows: int, columns: int) -> Iterator[slice]:
    """Slices that together are all columns, each of as many as a processor's cache holds at once."""
    # an array freed before makes the C library keep the memory of smaller ones; otherwise it may go back to the
    # system, to be fetched page by page, with every operation, and a small subnet takes twice as long
    np.empty(16 * _CELLS, dtype=np.int64)
    width = max(_CELLS // max(rows, 1), 8)
    for first in range(0, columns, width):
        yield slice(first, first + width)
