"""Bonds: the stake of a validator in a miner's future, an average over epochs of what it voted for.

Yuma3 averages the weights themselves and pays by each column's shares; the classic rule averages shares of
stake-weighted votes. Liquid alpha gives every cell of Yuma3 its own rate. Everything here works on some of
the columns as well as on all. In the chain's sparse rows a stored 0 is not the same as nothing: a mask says
where that matters.
"""

from dataclasses import dataclass

import numpy as np

from subnet.rules.fixed import I32F32, I64F64, ONE
from subnet.rules.fixed import proportion as share
from subnet.yuma.arithmetic import (
    Fixed,
    Mask,
    columns_normalised,
    columns_upscaled,
    exp_safe,
    mul,
    proportion,
    shares,
)

_HALF = ONE // 2


@dataclass(frozen=True, eq=False)
class Bonds:
    """New bonds, I32F32: the cells that stay, what is stored of them, and the shares that dividends go by."""

    present: Mask
    stored: Fixed
    shares: Fixed


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


def clip(weights: Fixed, consensus: Fixed) -> Fixed:
    """Weights cut to the consensus of their column."""
    return np.asarray(np.minimum(weights, consensus))


def interpolated(weights: Fixed, clipped: Fixed, penalty: int) -> Fixed:
    """Weights that count for bonds: between the given and the clipped ones as the penalty goes from 0 to 1."""
    if penalty == 0:
        return weights
    if penalty == ONE:
        return clipped
    return np.asarray(np.maximum(weights + mul(penalty, clipped - weights), 0))


def smoothed(new: Fixed, old: Fixed, alpha: int) -> Fixed:
    """Moving average with one rate: `alpha * new + (1 - alpha) * old`; a 0 is no cell."""
    return mul(alpha, new) + mul(ONE - alpha, old)


def smoothed_by_cell(new: Fixed, old: Fixed, alpha: Fixed, voted: Mask) -> Fixed:
    """Moving average with a rate for each cell, capped at 1; only cells that were voted on are kept."""
    decayed = mul(ONE - alpha, old)
    bought = np.maximum(mul(alpha, new), 0)
    return np.where(voted, np.clip(decayed + bought, 0, ONE), 0)


def liquid_alphas(weights: Fixed, bonds: Fixed, consensus: Fixed, liquid: LiquidAlpha) -> Fixed:
    """Rate of every weight by how far it buys above, or sells below, consensus."""
    low, high = share(liquid.low), share(liquid.high)
    bought = np.clip(weights - consensus, 0, ONE)
    sold = np.clip(bonds - weights, 0, ONE)
    distance = np.where(weights >= bonds, bought, sold) - _HALF
    slope = I32F32.div_saturating(I32F32.from_int(liquid.steepness), I32F32.from_int(-100))
    sigmoid = shares(ONE, ONE + exp_safe(mul(slope, distance)))
    # low first: the chain's clamp lets the upper bound win where an owner crossed them
    return np.minimum(np.maximum(low + mul(sigmoid, high - low), low), high)


def liquid_bonds(weights: Fixed, held: Fixed, consensus: Fixed, liquid: LiquidAlpha, voted: Mask) -> Bonds:
    """Yuma3 with a rate for each cell; `held` as u16 shares, 0 where there is none."""
    old, rates = proportion(held), np.zeros(weights.shape, dtype=np.int64)
    agreed = np.broadcast_to(consensus, weights.shape)
    rates[voted] = liquid_alphas(weights[voted], old[voted], agreed[voted], liquid)
    return _yuma3(smoothed_by_cell(weights, old, rates, voted))


def yuma3_bonds(weights: Fixed, held: Fixed, alpha: int) -> Bonds:
    """Yuma3 with one rate; `held` as u16 shares, 0 where there is none."""
    return _yuma3(smoothed(weights, proportion(held), alpha))


def _yuma3(average: Fixed) -> Bonds:
    return Bonds(average > 0, average, columns_normalised(average))


def classic_bonds(weights: Fixed, held: Fixed, active_stake: Fixed, alpha: int) -> Bonds:
    """Column shares of the average of held bonds (u16) and of stake-weighted votes, stored with a largest of 1."""
    bought = columns_normalised(mul(weights, active_stake[:, None]))
    average = smoothed(bought, columns_normalised(held), alpha)
    parts = columns_normalised(average)
    return Bonds(average > 0, columns_upscaled(parts), parts)
