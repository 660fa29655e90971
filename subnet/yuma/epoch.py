"""One epoch of Yuma consensus, bit for bit as the chain computes it.

Rows are validators, columns are miners. Validators agree on each miner's weight by stake-weighted median;
what exceeds it is clipped; clipped weights times stake pay the miners, bonds pay the validators.
"""

import numpy as np

from subnet.rules.fixed import proportion as share
from subnet.yuma.arithmetic import (
    Fixed,
    Mask,
    div,
    mul,
    normalised,
    prop16,
    proportion,
    rows_normalised,
    weighted_rows,
)
from subnet.yuma.bonds import (
    Cells,
    classic_bonds,
    classic_dividends,
    interpolated,
    liquid_alphas,
    scalar_alpha,
    smoothed,
    smoothed_by_cell,
    upscaled,
    yuma3_dividends,
)
from subnet.yuma.matrix import ABSENT, Matrix
from subnet.yuma.median import weighted_median_columns
from subnet.yuma.state import Moment, Neurons, Outcome, Rules
from subnet.yuma.validators import Validators, validators


def epoch(weights: Matrix, bonds: Matrix, neurons: Neurons, rules: Rules, moment: Moment) -> Outcome:
    """What block `moment.now` stores for one mechanism, and the emission it assigns, from what is stored now."""
    who = validators(neurons, rules, moment.now)
    uids = np.union1d(weights.uids, bonds.uids)
    given = counted(weights, uids, neurons, who, rules)
    held = surviving(bonds, uids, neurons, rules, moment)

    consensus = agreement(given, uids, who, rules)
    clipped = clip(given, consensus)
    incentive = normalised(weighted_rows(who.active_stake[uids], clipped.values))
    votes = interpolated(given, clipped, share(rules.bonds_penalty))
    kept, earned = bonded(votes, held, consensus, incentive, who.active_stake[uids], rules)

    dividends = placed(earned, uids, neurons.count)
    trust = placed(clipped.values.sum(axis=1), uids, neurons.count)
    return Outcome(
        active=who.active,
        validator_permit=who.next_permit,
        stake_weight=prop16(who.stake),
        consensus=prop16(consensus),
        incentive=prop16(incentive),
        dividends=prop16(dividends),
        validator_trust=prop16(trust),
        bonds=stored_bonds(kept, uids, who.next_permit),
        **paid(incentive, dividends, who, moment.emission),
    )


def counted(weights: Matrix, uids: Fixed, neurons: Neurons, who: Validators, rules: Rules) -> Cells:
    """Weights that count, rows normalised: of permitted validators, not on themselves, not older than the miner."""
    registered = np.asarray(neurons.registered_at, dtype=np.int64)[None, :]
    unpermitted = ~who.permit[uids][:, None]
    outdated = np.asarray(neurons.last_update, dtype=np.int64)[uids][:, None] <= registered
    on_self = (uids[:, None] == np.arange(neurons.count)[None, :]) & (uids != neurons.owner)[:, None]
    cells = as_fixed(weights, uids).without(unpermitted | outdated | on_self)
    if rules.commit_reveal and neurons.commit_block is not None:
        committed = np.array(neurons.commit_block, dtype=np.uint64)[uids][:, None]
        cells = cells.without(committed < registered.astype(np.uint64))
    return Cells(rows_normalised(cells.values), cells.stored)


def surviving(bonds: Matrix, uids: Fixed, neurons: Neurons, rules: Rules, moment: Moment) -> Cells:
    """Stored bonds (u16 values as I32F32), without those towards miners that registered since the last epoch."""
    if moment.last_step == 0:
        last_tempo = max(moment.now - rules.tempo, 0)
    else:
        last_tempo = moment.last_step + 1
    registered = np.asarray(neurons.registered_at, dtype=np.int64)
    return as_fixed(bonds, uids).without(last_tempo <= registered[None, :])


def as_fixed(matrix: Matrix, uids: Fixed) -> Cells:
    """Stored u16 rows of the given uids as I32F32 whole numbers."""
    values, stored = matrix.aligned(uids)
    return Cells(values << 32, stored)


def agreement(given: Cells, uids: Fixed, who: Validators, rules: Rules) -> Fixed:
    """The weight of each miner that validators with at least kappa of the active stake give it."""
    silent = np.delete(who.active_stake, uids)
    return weighted_median_columns(who.active_stake[uids], given.values, share(rules.kappa), silent)


def clip(given: Cells, consensus: Fixed) -> Cells:
    """Weights cut to the consensus; a cell that is cut to 0 is no longer stored."""
    cut = Cells(np.minimum(given.values, consensus), given.stored)
    return cut.without((given.values > consensus) & (consensus <= 0))


def bonded(
    votes: Cells, held: Cells, consensus: Fixed, incentive: Fixed, active_stake: Fixed, rules: Rules
) -> tuple[Cells, Fixed]:
    """(bonds to store, dividends by row)."""
    alpha = scalar_alpha(rules.bonds_moving_average)
    if not rules.yuma3:
        classic = classic_bonds(votes, held, active_stake, alpha)
        return upscaled(classic), classic_dividends(classic, incentive)
    old = Cells(proportion(held.values >> 32), held.stored)
    if rules.liquid_alpha and consensus.any():
        new = smoothed_by_cell(votes, old, liquid_alphas(votes, old, consensus, rules.liquid))
    else:
        new = smoothed(votes, old, alpha)
    return new, yuma3_dividends(new, incentive, active_stake)


def paid(incentive: Fixed, dividends: Fixed, who: Validators, emission: int) -> dict[str, Fixed]:
    """Rao by uid; when nobody earned anything, active stake (or all stake) is paid on the validators' side."""
    combined = incentive + dividends
    whole = int(combined.sum())
    if whole:
        return {
            "server_emission": amount(div(incentive, whole), emission),
            "validator_emission": amount(div(dividends, whole), emission),
            "emission": amount(div(combined, whole), emission),
        }
    source = who.active_stake if who.active_stake.any() else who.stake
    rao = amount(source, emission)
    return {"server_emission": np.zeros_like(rao), "validator_emission": rao, "emission": rao}


def amount(shares: Fixed, emission: int) -> Fixed:
    """Rao of `emission` for each I32F32 share, floored; the emission must be below 2**63."""
    return mul(shares, emission)


def placed(by_row: Fixed, uids: Fixed, count: int) -> Fixed:
    """Values of some uids as a vector of all of them, 0 for the others."""
    everyone = np.zeros(count, dtype=np.int64)
    everyone[uids] = by_row
    return everyone


def stored_bonds(bonds: Cells, uids: Fixed, permit: Mask) -> Matrix:
    """Bond rows as u16, for exactly those uids that hold a permit from now on."""
    keepers = np.flatnonzero(permit)
    cells = Matrix(uids, np.where(bonds.stored, prop16(bonds.values), ABSENT))
    values, stored = cells.aligned(keepers)
    return Matrix(keepers, np.where(stored, values, ABSENT))
