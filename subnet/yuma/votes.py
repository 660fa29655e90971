"""Which weights and bonds an epoch counts: whose they are, and whether they are older than the miner."""

from dataclasses import dataclass

import numpy as np

from subnet.yuma.arithmetic import Fixed, Mask, shares
from subnet.yuma.matrix import ABSENT, Matrix, Selection, spans
from subnet.yuma.state import Moment, Neurons, Rules
from subnet.yuma.validators import Validators


@dataclass(frozen=True, eq=False)
class Votes:
    """The weights that count, shape (r, n): parts of their rows in I32F32, 0 where `stored` is False."""

    parts: Fixed
    stored: Mask

    @classmethod
    def of(cls, cells: Fixed) -> "Votes":
        """From u16 cells with ABSENT for weights that do not count. The array is taken over."""
        stored = cells != ABSENT
        np.maximum(cells, 0, out=cells)
        sums = cells.sum(axis=1)[:, None]
        for span in spans(*cells.shape):
            cells[:, span] = shares(cells[:, span], sums)
        return cls(cells, stored)

    def of_miners(self, miners: Selection) -> "Votes":
        """The columns of some miners."""
        return Votes(self.parts[:, miners], self.stored[:, miners])


def heard(weights: Matrix, bonds: Matrix, who: Validators) -> Fixed:
    """Ascending uids of the rows that have a say: permitted ones with weights, and all with bonds."""
    rows = np.zeros(len(who.permit), dtype=np.bool_)
    rows[weights.uids] = True
    rows &= who.permit
    rows[bonds.uids] = True
    return np.flatnonzero(rows)


def counted(weights: Matrix, uids: Fixed, neurons: Neurons, who: Validators, rules: Rules) -> Votes:
    """Weights that count: of permitted validators, not on themselves, not older than the miner."""
    registered = np.asarray(neurons.registered_at, dtype=np.int64)
    dropped = np.asarray(neurons.last_update, dtype=np.int64)[uids][:, None] <= registered
    if rules.commit_reveal and neurons.commit_block is not None:
        committed = np.array(neurons.commit_block, dtype=np.uint64)[uids]
        dropped |= committed[:, None] < registered.astype(np.uint64)
    dropped[~who.permit[uids]] = True
    others = np.flatnonzero(uids != neurons.owner)
    dropped[others, uids[others]] = True
    return Votes.of(without(weights.of_uids(uids).cells, dropped))


def surviving(bonds: Matrix, uids: Fixed, neurons: Neurons, rules: Rules, moment: Moment) -> Fixed:
    """Stored bonds (u16 cells), without those towards miners that registered since the last epoch."""
    if moment.last_step == 0:
        last_tempo = max(moment.now - rules.tempo, 0)
    else:
        last_tempo = moment.last_step + 1
    renewed = last_tempo <= np.asarray(neurons.registered_at, dtype=np.int64)
    cells = bonds.of_uids(uids).cells
    return without(cells, renewed) if renewed.any() else cells


def noticed(votes: Votes, held: Fixed) -> Selection:
    """The miners that somebody gives a weight to or holds a bond in, if they are the fewer; otherwise all."""
    some = np.flatnonzero((votes.parts.max(axis=0, initial=0) > 0) | (held.max(axis=0, initial=0) > 0))
    return some if 2 * len(some) < held.shape[1] else slice(None)


def without(cells: Fixed, removed: Mask) -> Fixed:
    """The cells with ABSENT in place of the removed ones; `removed` broadcasts to their shape."""
    return np.where(removed, ABSENT, cells)
