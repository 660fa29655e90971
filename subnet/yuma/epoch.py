"""One epoch of Yuma consensus, bit for bit as the chain computes it.

Rows are validators, columns are miners. Validators agree on each miner's weight by stake-weighted median;
what exceeds it is clipped; clipped weights times stake pay the miners, bonds pay the validators. Miners are
gone through twice, a few columns at a time: once for what they earn, once, when all of that is known, for bonds.
"""

import numpy as np

from subnet.rules.fixed import ONE
from subnet.rules.fixed import proportion as share
from subnet.yuma.arithmetic import Fixed, mul, normalised, prop16, shares, weighted_columns, weighted_rows
from subnet.yuma.bonds import (
    classic_bonds,
    clip,
    interpolated,
    liquid_bonds,
    scalar_alpha,
    yuma3_bonds,
)
from subnet.yuma.matrix import Matrix, Selection, spans
from subnet.yuma.median import Electorate
from subnet.yuma.state import Moment, Neurons, Outcome, Rules
from subnet.yuma.validators import Validators, validators
from subnet.yuma.votes import Votes, counted, heard, noticed, surviving

SHOWN = ("stake_weight", "consensus", "incentive", "dividends", "validator_trust")


def epoch(weights: Matrix, bonds: Matrix, neurons: Neurons, rules: Rules, moment: Moment) -> Outcome:
    """What block `moment.now` stores for one mechanism, and the emission it assigns, from what is stored now."""
    who = validators(neurons, rules, moment.now)
    uids = heard(weights, bonds, who)
    votes = counted(weights, uids, neurons, who, rules)
    held = surviving(bonds, uids, neurons, rules, moment)

    miners = noticed(votes, held)
    votes, held = votes.of_miners(miners), held[:, miners]

    stake = who.active_stake[uids]
    consensus, trust, ranks = tallied(votes, electorate(uids, who, rules), stake)
    incentive = normalised(ranks)
    kept, earned = bonded(votes, held, stake, consensus, incentive, rules)

    consensus, incentive = (placed(values, miners, neurons.count) for values in (consensus, incentive))
    trust, dividends = (placed(values, uids, neurons.count) for values in (trust, earned))
    server, validator, both = paid(incentive, dividends, who, moment.emission)
    shown = prop16(np.stack([who.stake, consensus, incentive, dividends, trust]))
    return Outcome(
        active=who.active,
        validator_permit=who.next_permit,
        **dict(zip(SHOWN, shown, strict=True)),
        server_emission=server,
        validator_emission=validator,
        emission=both,
        bonds=Matrix.towards(kept, uids, miners, neurons.count).of_uids(np.flatnonzero(who.next_permit)),
    )


def electorate(uids: Fixed, who: Validators, rules: Rules) -> Electorate:
    """Those whose stake decides, of which kappa has to agree; `uids` are the validators that have a row."""
    silent = who.active_stake.copy()
    silent[uids] = 0
    return Electorate.of(who.active_stake[uids], share(rules.kappa), silent)


def tallied(votes: Votes, voters: Electorate, stake: Fixed) -> tuple[Fixed, Fixed, Fixed]:
    """(consensus of each miner, trust of each row, rank of each miner), by column and by row, I32F32."""
    rows, columns = votes.parts.shape
    consensus, ranks = np.zeros((2, columns), dtype=np.int64)
    trust = np.zeros(rows, dtype=np.int64)
    for span in spans(rows, columns):
        given = votes.parts[:, span]
        consensus[span] = voters.agreed(given)
        clipped = clip(given, consensus[span])
        trust += clipped.sum(axis=1)
        ranks[span] = weighted_rows(stake, clipped)
    return consensus, trust, ranks


def bonded(
    votes: Votes, held: Fixed, stake: Fixed, consensus: Fixed, incentive: Fixed, rules: Rules
) -> tuple[Fixed, Fixed]:
    """(u16 cells of the bonds to store, dividends by row)."""
    kept, earned = np.empty_like(held), np.zeros(len(held), dtype=np.int64)
    liquid = rules.liquid if rules.liquid_alpha and consensus.any() else None
    alpha, penalty = scalar_alpha(rules.bonds_moving_average), share(rules.bonds_penalty)
    for span in spans(*held.shape):
        old, given = np.maximum(held[:, span], 0), votes.parts[:, span]
        bought = interpolated(given, clip(given, consensus[span]), penalty)
        if not rules.yuma3:
            new = classic_bonds(bought, old, stake, alpha)
        elif liquid is None:
            new = yuma3_bonds(bought, old, alpha)
        else:
            # a stored 0 stays a cell, unless the chain builds new cells by mixing two kinds of weights
            voted = votes.stored[:, span] & ((bought > 0) | ((given == 0) & (penalty in (0, ONE))))
            new = liquid_bonds(bought, old, consensus[span], liquid, voted)
        kept[:, span] = prop16(new.stored)
        if not new.present.all():
            kept[:, span] -= ~new.present  # such a cell holds 0, and one less is ABSENT
        earned += weighted_columns(new.shares, incentive[span])
    return kept, normalised(mul(earned, stake) if rules.yuma3 else earned)


def paid(incentive: Fixed, dividends: Fixed, who: Validators, emission: int) -> Fixed:
    """Rao by uid, to servers, to validators, and both: three rows. The emission must be below 2**63.

    When nobody earned anything, active stake (or all stake) is paid on the validators' side.
    """
    parts = np.stack([incentive, dividends, incentive + dividends])
    whole = int(parts[2].sum())
    if whole:
        return mul(shares(parts, whole), emission)
    parts[1:] = who.active_stake if who.active_stake.any() else who.stake
    return mul(parts, emission)


def placed(values: Fixed, uids: Selection, count: int) -> Fixed:
    """Values of some uids as a vector of all of them, 0 for the others."""
    everyone = np.zeros(count, dtype=np.int64)
    everyone[uids] = values
    return everyone
