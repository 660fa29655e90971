"""Hyperparameters of a subnet: the fixed struct of version 2 and the named list of version 3 (rules 12.7)."""

from typing import Any

from subnet.devnet.pallets.subtensor import storage
from subnet.devnet.scale import Option, Variant, Vec
from subnet.devnet.state import State
from subnet.devnet.views import types
from subnet.devnet.views.api import SubnetInfo
from subnet.devnet.views.subnets import NETUID
from subnet.rules import schedule
from subnet.rules.fixed import I32F32

YUMA_CLASSIC, YUMA_3 = 2, 3
# Version 3 in the order in which clients show it: kind of value, and the field it is read from
_ENTRIES: tuple[tuple[str, str], ...] = (
    ("kappa", "U16"),
    ("immunity_period", "U16"),
    ("min_allowed_weights", "U16"),
    ("max_weights_limit", "U16"),
    ("tempo", "U16"),
    ("weights_version", "U64"),
    ("weights_rate_limit", "U64"),
    ("activity_cutoff", "U64"),
    ("activity_cutoff_factor", "U32"),
    ("registration_allowed", "Bool"),
    ("target_regs_per_interval", "U16"),
    ("min_burn", "TaoBalance"),
    ("max_burn", "TaoBalance"),
    ("burn_half_life", "U16"),
    ("burn_increase_mult", "U64F64"),
    ("bonds_moving_avg", "U64"),
    ("max_regs_per_block", "U16"),
    ("serving_rate_limit", "U64"),
    ("max_validators", "U16"),
    ("commit_reveal_period", "U64"),
    ("commit_reveal_weights_enabled", "Bool"),
    ("alpha_high", "U16"),
    ("alpha_low", "U16"),
    ("liquid_alpha_enabled", "Bool"),
    ("alpha_sigmoid_steepness", "I32F32"),
    ("yuma_version", "U16"),
    ("subnet_is_active", "Bool"),
    ("transfers_enabled", "Bool"),
    ("bonds_reset_enabled", "Bool"),
    ("user_liquidity_enabled", "Bool"),
    ("owner_cut_enabled", "Bool"),
    ("owner_cut_auto_lock_enabled", "Bool"),
    ("min_childkey_take", "U16"),
)


@SubnetInfo.method([NETUID], output=Option(types.SubnetHyperparamsV2))
def get_subnet_hyperparams_v2(state: State, netuid: int) -> Any:
    """The hyperparameters as a struct; None for no such subnet."""
    if not storage.NetworksAdded[state, netuid]:
        return None
    values = _values(state, netuid)
    return types.SubnetHyperparamsV2(
        **{str(name): values[str(name)] for name, _ in types.SubnetHyperparamsV2.fields}
    )


@SubnetInfo.method([NETUID], output=Option(Vec(types.HyperparamEntry)))
def get_subnet_hyperparams_v3(state: State, netuid: int) -> tuple[Any, ...] | None:
    """The hyperparameters as (name, value) entries; None for no such subnet."""
    if not storage.NetworksAdded[state, netuid]:
        return None
    values = _values(state, netuid)
    return tuple(
        types.HyperparamEntry(name.encode(), Variant(kind, (values[name],))) for name, kind in _ENTRIES
    )


def _values(state: State, netuid: int) -> dict[str, Any]:
    """Every hyperparameter that either version tells, by name."""
    return {
        **_consensus(state, netuid),
        **_registration(state, netuid),
        **_weights(state, netuid),
        **_switches(state, netuid),
    }


def _consensus(state: State, netuid: int) -> dict[str, Any]:
    alpha_low, alpha_high = storage.AlphaValues[state, netuid]
    factor, tempo = storage.ActivityCutoffFactorMilli[state, netuid], storage.Tempo[state, netuid]
    return {
        "rho": storage.Rho[state, netuid],
        "kappa": storage.Kappa[state, netuid],
        "tempo": tempo,
        "activity_cutoff": schedule.activity_cutoff(factor, tempo),
        "activity_cutoff_factor": factor,
        "bonds_moving_avg": storage.BondsMovingAverage[state, netuid],
        "max_validators": storage.MaxAllowedValidators[state, netuid],
        "alpha_high": alpha_high,
        "alpha_low": alpha_low,
        "alpha_sigmoid_steepness": types.FixedI64(
            I32F32.from_int(storage.AlphaSigmoidSteepness[state, netuid])
        ),
        "yuma_version": YUMA_3 if storage.Yuma3On[state, netuid] else YUMA_CLASSIC,
    }


def _registration(state: State, netuid: int) -> dict[str, Any]:
    return {
        "immunity_period": storage.ImmunityPeriod[state, netuid],
        "registration_allowed": storage.NetworkRegistrationAllowed[state, netuid],
        "target_regs_per_interval": storage.TargetRegistrationsPerInterval[state, netuid],
        "max_regs_per_block": storage.MaxRegistrationsPerBlock[state, netuid],
        "min_burn": storage.MinBurn[state, netuid],
        "max_burn": storage.MaxBurn[state, netuid],
        "burn_half_life": storage.BurnHalfLife[state, netuid],
        "burn_increase_mult": storage.BurnIncreaseMult[state, netuid],
        "min_difficulty": storage.MinDifficulty[state, netuid],
        "max_difficulty": storage.MaxDifficulty[state, netuid],
        "difficulty": storage.Difficulty[state, netuid],
        "adjustment_interval": storage.AdjustmentInterval[state, netuid],
        "adjustment_alpha": storage.AdjustmentAlpha[state, netuid],
    }


def _weights(state: State, netuid: int) -> dict[str, Any]:
    return {
        "min_allowed_weights": storage.MinAllowedWeights[state, netuid],
        "max_weights_limit": storage.MaxWeightsLimit[state, netuid],
        "weights_version": storage.WeightsVersionKey[state, netuid],
        "weights_rate_limit": storage.WeightsSetRateLimit[state, netuid],
        "serving_rate_limit": storage.ServingRateLimit[state, netuid],
        "commit_reveal_period": storage.RevealPeriodEpochs[state, netuid],
        "commit_reveal_weights_enabled": storage.CommitRevealWeightsEnabled[state, netuid],
    }


def _switches(state: State, netuid: int) -> dict[str, Any]:
    return {
        "liquid_alpha_enabled": storage.LiquidAlphaOn[state, netuid],
        "subnet_is_active": storage.SubtokenEnabled[state, netuid],
        "transfers_enabled": storage.TransferToggle[state, netuid],
        "bonds_reset_enabled": storage.BondsResetOn[state, netuid],
        # Positions of users in pools are gone from the real chain too
        "user_liquidity_enabled": False,
        "owner_cut_enabled": storage.OwnerCutEnabled[state, netuid],
        "owner_cut_auto_lock_enabled": storage.OwnerCutAutoLockEnabled[state, netuid],
        "min_childkey_take": storage.MinChildkeyTakePerSubnet[state, netuid],
    }
