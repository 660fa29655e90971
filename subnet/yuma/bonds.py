"""Bonds: the stake of a validator in a miner's future, an average over epochs of what it voted for.

Yuma3 averages the weights themselves and pays by each column's shares; the classic rule averages shares of
stake-weighted votes. Liquid alpha gives every cell of Yuma3 its own rate. Cells carry their presence with
them, because the chain's sparse rows tell a stored 0 from nothing.
"""

from dataclasses import dataclass

import numpy as np

from subnet.rules.fixed import I32F32, I64F64, ONE
from subnet.yuma.arithmetic import (
    Fixed,
    Mask,
    columns_normalised,
    columns_upscaled,
    div,
    exp_safe,
    mul,
    normalised,
    proportion,
    weighted_columns,
)

_HALF = ONE // 2


@dataclass(frozen=True, eq=False)
class Cells:
    """I32F32 values of shape (r, n), 0 where `stored` is False."""

    values: Fixed
    stored: Mask

    def without(self, removed: Mask) -> "Cells":
        """The cells that are not removed; `removed` broadcasts to (r, n)."""
        stored = self.stored & ~removed
        return Cells(np.where(stored, self.values, 0), stored)


@dataclass(frozen=True, slots=True)
class LiquidAlpha:
    """Owner's settings of liquid alpha: bounds as u16 shares, steepness as the chain's i16."""

    low: int = 45_875
    high: int = 58_982
    steepness: int = 1000


def scalar_alpha(bonds_moving_average: int) -> int:
    """Rate of the bond average as I32F32: `1 - bonds_moving_average / 1_000_000`, cut as on the chain."""
    kept = I64F64.div(I64F64.from_int(bonds_moving_average), I64F64.from_int(1_000_000))
    return ONE - I64F64.to(kept, I32F32)


def interpolated(weights: Cells, clipped: Cells, penalty: int) -> Cells:
    """Weights that count for bonds: between the given and the clipped ones as the penalty goes from 0 to 1."""
    if penalty == 0:
        return weights
    if penalty == ONE:
        return clipped
    return positive(weights.values + mul(penalty, clipped.values - weights.values))


def positive(values: Fixed) -> Cells:
    """Only the cells above 0 are stored."""
    stored = values > 0
    return Cells(np.where(stored, values, 0), stored)


def smoothed(new: Cells, old: Cells, alpha: int) -> Cells:
    """Moving average with one rate: `alpha * new + (1 - alpha) * old` over the cells of either."""
    return positive(mul(alpha, new.values) + mul(ONE - alpha, old.values))


def smoothed_by_cell(new: Cells, old: Cells, alpha: Fixed) -> Cells:
    """Moving average with a rate for each cell, capped at 1; cells that `new` does not store are dropped."""
    decayed = mul(ONE - alpha, old.values)
    bought = np.maximum(mul(alpha, new.values), 0)
    return positive(np.where(new.stored, np.minimum(decayed + bought, ONE), 0))


def liquid_alphas(weights: Cells, bonds: Cells, consensus: Fixed, liquid: LiquidAlpha) -> Fixed:
    """Rate of every stored weight cell by how far it buys above, or sells below, consensus; 0 elsewhere."""
    low, high = int(proportion(liquid.low)), int(proportion(liquid.high))
    weight, bond = weights.values[weights.stored], bonds.values[weights.stored]
    agreed = np.broadcast_to(consensus, weights.values.shape)[weights.stored]
    bought = np.clip(weight - agreed, 0, ONE)
    sold = np.clip(bond - weight, 0, ONE)
    distance = np.where(weight >= bond, bought, sold) - _HALF
    slope = I32F32.div_saturating(I32F32.from_int(liquid.steepness), I32F32.from_int(-100))
    sigmoid = div(ONE, ONE + exp_safe(mul(slope, distance)), saturating=True)
    alphas = np.zeros(weights.values.shape, dtype=np.int64)
    # low first: the chain's clamp lets the upper bound win where an owner crossed them
    alphas[weights.stored] = np.minimum(np.maximum(low + mul(sigmoid, high - low), low), high)
    return alphas


def yuma3_dividends(bonds: Cells, incentive: Fixed, active_stake: Fixed) -> Fixed:
    """Dividends by row: each column's bond shares pay its incentive, times the row's active stake, normalised."""
    earned = weighted_columns(columns_normalised(bonds.values), incentive)
    return normalised(mul(earned, active_stake))


def classic_bonds(weights: Cells, old: Cells, active_stake: Fixed, alpha: int) -> Cells:
    """Column shares of the average of old bonds and of stake-weighted votes; `old` is raw u16 as I32F32."""
    bought = Cells(columns_normalised(mul(weights.values, active_stake[:, None])), weights.stored)
    kept = Cells(columns_normalised(old.values), old.stored)
    average = smoothed(bought, kept, alpha)
    return Cells(columns_normalised(average.values), average.stored)


def classic_dividends(bonds: Cells, incentive: Fixed) -> Fixed:
    """Dividends by row: bond shares times incentive, normalised."""
    return normalised(weighted_columns(bonds.values, incentive))


def upscaled(bonds: Cells) -> Cells:
    """Classic bonds as they are stored: the largest of each column becomes 1."""
    return Cells(columns_upscaled(bonds.values), bonds.stored)
