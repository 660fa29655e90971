"""Who votes in an epoch, with how much stake, and who may vote in the next."""

from dataclasses import dataclass

import numpy as np

from subnet.rules.fixed import I64F64, ONE
from subnet.yuma.arithmetic import Fixed, Mask, normalised
from subnet.yuma.state import Neurons, Rules


@dataclass(frozen=True, eq=False)
class Validators:
    """Per uid: activity, permit held now and from the next epoch on, stake shares (I32F32) of all and of voters."""

    active: Mask
    permit: Mask
    next_permit: Mask
    stake: Fixed
    active_stake: Fixed


def validators(neurons: Neurons, rules: Rules, now: int) -> Validators:
    """Activity, permits and stake shares in block `now`. The owner's uid always has a permit."""
    active = np.asarray(neurons.last_update, dtype=np.int64) + rules.activity_cutoff >= now
    stake = stake_shares(neurons, rules.stake_threshold)
    permit = np.array(neurons.permit, dtype=np.bool_)
    next_permit = top_nonzero(stake, rules.max_allowed_validators)
    if neurons.owner is not None:
        permit[neurons.owner] = next_permit[neurons.owner] = True
    return Validators(active, permit, next_permit, stake, normalised(np.where(active & permit, stake, 0)))


def stake_shares(neurons: Neurons, threshold: int) -> Fixed:
    """Shares of the total stake, I32F32; stake below the threshold (rao) counts as none, except the owner's."""
    least = max(I64F64.from_int(threshold), 1)
    counted = {
        uid: amount for uid, amount in enumerate(neurons.stake) if amount >= least or uid == neurons.owner
    }
    # a sum of 0 divides nothing; 64 fraction bits and then 32 fewer are one floored division
    whole = max(I64F64.saturated(sum(counted.values())), 1)
    shares = np.zeros(neurons.count, dtype=np.int64)
    shares[list(counted)] = [amount * ONE // whole for amount in counted.values()]
    return shares


def top_nonzero(values: Fixed, most: int) -> Mask:
    """The `most` largest values, zeros never; of equal values the later ones are kept."""
    return np.asarray((values != 0) & top(values, most))


def top(values: Fixed, most: int) -> Mask:
    """The `most` largest values, zeros included; of equal values the later ones are kept."""
    kept = np.ones(len(values), dtype=np.bool_)
    kept[np.argsort(values, kind="stable")[: max(len(values) - most, 0)]] = False
    return kept
