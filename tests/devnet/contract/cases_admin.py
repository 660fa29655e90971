"""Every call of AdminUtils: one line for a setting, from which follow its success and who is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.devnet.contract.world import (
    ALICE,
    BOB,
    CHARLIE,
    MONA,
    NETUID,
    NORA,
    NOWHERE,
    ROOT,
    TAO,
    By,
    Case,
    Stored,
    hot,
    no,
    ok,
)

_VECTORS = Path(__file__).resolve().parents[2] / "vectors"
CALLS: dict[str, dict[str, list[str]]] = json.loads((_VECTORS / "contract_calls.json").read_text())
_OPEN_LIQUID_ALPHA = ok(
    "AdminUtils.sudo_set_liquid_alpha_enabled", ALICE, Stored("LiquidAlphaOn", (NETUID,), True),
    netuid=NETUID, enabled=True,
)  # fmt: skip

# call without its prefix, new value, stored item
OWNERS: tuple[tuple[str, Any, str], ...] = (
    ("activity_cutoff", 400, "ActivityCutoff"),
    ("activity_cutoff_factor", 2000, "ActivityCutoffFactorMilli"),
    ("adjustment_alpha", 7, "AdjustmentAlpha"),
    ("alpha_sigmoid_steepness", 500, "AlphaSigmoidSteepness"),
    ("bonds_moving_average", 910_000, "BondsMovingAverage"),
    ("bonds_penalty", 100, "BondsPenalty"),
    ("bonds_reset_enabled", True, "BondsResetOn"),
    ("burn_half_life", 77, "BurnHalfLife"),
    ("burn_increase_mult", {"bits": 2 << 64}, "BurnIncreaseMult"),
    ("commit_reveal_weights_enabled", True, "CommitRevealWeightsEnabled"),
    ("commit_reveal_weights_interval", 3, "RevealPeriodEpochs"),
    ("immunity_period", 30, "ImmunityPeriod"),
    ("liquid_alpha_enabled", True, "LiquidAlphaOn"),
    ("max_allowed_uids", 128, "MaxAllowedUids"),
    ("max_burn", 50 * TAO, "MaxBurn"),
    ("min_allowed_weights", 4, "MinAllowedWeights"),
    ("min_burn", TAO // 2, "MinBurn"),
    ("network_registration_allowed", False, "NetworkRegistrationAllowed"),
    ("owner_cut_enabled", False, "OwnerCutEnabled"),
    ("owner_immune_neuron_limit", 2, "ImmuneOwnerUidsLimit"),
    ("recycle_or_burn", "Recycle", "RecycleOrBurn"),
    ("rho", 20, "Rho"),
    ("serving_rate_limit", 9, "ServingRateLimit"),
    ("tempo", 400, "Tempo"),
    ("toggle_transfer", False, "TransferToggle"),
    ("weights_version_key", 5, "WeightsVersionKey"),
    ("yuma3_enabled", False, "Yuma3On"),
)
ROOTS: tuple[tuple[str, Any, str], ...] = (
    ("adjustment_interval", 50, "AdjustmentInterval"),
    ("difficulty", 99, "Difficulty"),
    ("kappa", 30_000, "Kappa"),
    ("max_allowed_validators", 3, "MaxAllowedValidators"),
    ("max_registrations_per_block", 4, "MaxRegistrationsPerBlock"),
    ("min_allowed_uids", 2, "MinAllowedUids"),
    ("min_non_immune_uids", 5, "MinNonImmuneUids"),
    ("subnet_emission_enabled", True, "SubnetEmissionEnabled"),
    ("subtoken_enabled", False, "SubtokenEnabled"),
    ("target_registrations_per_interval", 8, "TargetRegistrationsPerInterval"),
    ("weights_set_rate_limit", 17, "WeightsSetRateLimit"),
)
CHAINS: tuple[tuple[str, Any, str], ...] = (
    ("admin_freeze_window", 4, "AdminFreezeWindow"),
    ("commit_reveal_version", 5, "CommitRevealWeightsVersion"),
    ("default_take", 5000, "MaxDelegateTake"),
    ("lock_reduction_interval", 500, "NetworkLockReductionInterval"),
    ("max_epochs_per_block", 3, "MaxEpochsPerBlock"),
    ("max_mechanism_count", 1, "MaxMechanismCount"),
    ("min_delegate_take", 10, "MinDelegateTake"),
    ("network_immunity_period", 100, "NetworkImmunityPeriod"),
    ("network_min_lock_cost", 5 * TAO, "NetworkMinLockCost"),
    ("network_rate_limit", 3, "NetworkRateLimit"),
    ("nominator_min_required_stake", 1000, "NominatorMinRequiredStake"),
    ("owner_hparam_rate_limit", 1, "OwnerHyperparamRateLimit"),
    ("stake_threshold", 10, "StakeThreshold"),
    ("start_call_delay", 6, "StartCallDelay"),
    ("subnet_limit", 9, "SubnetLimit"),
    ("subnet_moving_alpha", {"bits": 999}, "SubnetMovingAlpha"),
    ("subnet_owner_cut", 1000, "SubnetOwnerCut"),
    ("tx_delegate_take_rate_limit", 12, "TxDelegateTakeRateLimit"),
    ("tx_rate_limit", 12, "TxRateLimit"),
)

# What a value must not be: call, who, value, the error
BOUNDS: tuple[tuple[str, By, Any, str], ...] = (
    ("activity_cutoff", ALICE, 359, "ActivityCutoffTooLow"),
    ("activity_cutoff_factor", ALICE, 999, "ActivityCutoffFactorMilliOutOfBounds"),
    ("activity_cutoff_factor", ALICE, 50_001, "ActivityCutoffFactorMilliOutOfBounds"),
    ("alpha_sigmoid_steepness", ALICE, -1, "NegativeSigmoidSteepness"),
    ("bonds_moving_average", ALICE, 975_001, "BondsMovingAverageMaxReached"),
    ("burn_half_life", ALICE, 0, "ValueNotInBounds"),
    ("burn_half_life", ALICE, 36_101, "ValueNotInBounds"),
    ("burn_increase_mult", ALICE, {"bits": (1 << 64) - 1}, "ValueNotInBounds"),
    ("burn_increase_mult", ALICE, {"bits": (3 << 64) + 1}, "ValueNotInBounds"),
    ("commit_reveal_weights_interval", ALICE, 0, "RevealPeriodTooSmall"),
    ("commit_reveal_weights_interval", ALICE, 101, "RevealPeriodTooLarge"),
    ("max_allowed_uids", ALICE, 0, "MaxAllowedUidsLessThanMinAllowedUids"),
    ("max_allowed_uids", ALICE, 2, "MaxAllowedUIdsLessThanCurrentUIds"),
    ("max_allowed_uids", ALICE, 257, "MaxAllowedUidsGreaterThanDefaultMaxAllowedUids"),
    ("max_allowed_validators", ROOT, 257, "MaxValidatorsLargerThanMaxUIds"),
    ("max_burn", ALICE, TAO // 10, "ValueNotInBounds"),
    ("min_burn", ALICE, TAO, "ValueNotInBounds"),
    ("min_allowed_uids", ROOT, 256, "MinAllowedUidsGreaterThanMaxAllowedUids"),
    ("min_allowed_uids", ROOT, 3, "MinAllowedUidsGreaterThanCurrentUids"),
    ("owner_immune_neuron_limit", ALICE, 0, "InvalidValue"),
    ("owner_immune_neuron_limit", ALICE, 11, "InvalidValue"),
    ("tempo", ALICE, 359, "TempoOutOfBounds"),
    ("tempo", ALICE, 50_401, "TempoOutOfBounds"),
)


def arguments(name: str, value: Any, netuid: int = NETUID) -> dict[str, Any]:
    """The arguments of a setting's call: the subnet, where it has one, and the value."""
    *subnet, argument = CALLS["AdminUtils"][f"sudo_set_{name}"]
    return {**dict.fromkeys(subnet, netuid), argument: value}


def _of_subnet(name: str, value: Any, item: str, by: By) -> list[Case]:
    call, missing = f"AdminUtils.sudo_set_{name}", "SubnetNotExists" if by is ALICE else "SubnetDoesNotExist"
    return [
        ok(call, by, Stored(item, (NETUID,), value), **arguments(name, value)),
        no(call, CHARLIE, "BadOrigin", **arguments(name, value)),
        no(call, ROOT, missing, **arguments(name, value, NOWHERE)),
    ]


def _of_chain(name: str, value: Any, item: str) -> list[Case]:
    call = f"AdminUtils.sudo_set_{name}"
    return [
        ok(call, ROOT, Stored(item, (), value), **arguments(name, value)),
        no(call, CHARLIE, "BadOrigin", **arguments(name, value)),
    ]


SETTINGS = [
    *(case for setting in OWNERS for case in _of_subnet(*setting, ALICE)),
    *(case for setting in ROOTS for case in _of_subnet(*setting, ROOT)),
    *(case for setting in CHAINS for case in _of_chain(*setting)),
    *(
        no(f"AdminUtils.sudo_set_{name}", by, error, **arguments(name, value))
        for name, by, value, error in BOUNDS
    ),
]

_MECHANISMS = ok(
    "AdminUtils.sudo_set_mechanism_count", ALICE, Stored("MechanismCountCurrent", (NETUID,), 2),
    netuid=NETUID, mechanism_count=2,
).after(ok("AdminUtils.sudo_set_max_allowed_uids", ALICE, Stored("MaxAllowedUids", (NETUID,), 128),
           netuid=NETUID, max_allowed_uids=128))  # fmt: skip
_SPLIT = "AdminUtils.sudo_set_mechanism_emission_split"
_TRIM = "AdminUtils.sudo_trim_to_max_allowed_uids"
_ALPHA = "AdminUtils.sudo_set_alpha_values"
_COUNT = "AdminUtils.sudo_set_mechanism_count"
_HOTKEY = "AdminUtils.sudo_set_sn_owner_hotkey"

OTHERS = [
    ok(_ALPHA, ALICE, Stored("AlphaValues", (NETUID,), (2000, 3000)), netuid=NETUID, alpha_low=2000, alpha_high=3000)
    .after(_OPEN_LIQUID_ALPHA),
    no(_ALPHA, ALICE, "LiquidAlphaDisabled", netuid=NETUID, alpha_low=2000, alpha_high=3000),
    no(_ALPHA, ALICE, "AlphaHighTooLow", netuid=NETUID, alpha_low=1, alpha_high=1637).after(_OPEN_LIQUID_ALPHA),
    no(_ALPHA, ALICE, "AlphaLowOutOfRange", netuid=NETUID, alpha_low=1, alpha_high=3000).after(_OPEN_LIQUID_ALPHA),
    no(_ALPHA, BOB, "BadOrigin", netuid=NETUID, alpha_low=2000, alpha_high=3000),
    ok(_HOTKEY, ALICE, Stored("SubnetOwnerHotkey", (NETUID,), hot(MONA)), netuid=NETUID, hotkey=hot(MONA)),
    no(_HOTKEY, BOB, "BadOrigin", netuid=NETUID, hotkey=hot(NORA)),
    _MECHANISMS,
    no(_COUNT, ALICE, "InvalidValue", netuid=NETUID, mechanism_count=3),
    no(_COUNT, ALICE, "TooManyUIDsPerMechanism", netuid=NETUID, mechanism_count=2),
    no(_COUNT, BOB, "BadOrigin", netuid=NETUID, mechanism_count=2),
    ok(_SPLIT, ALICE, Stored("MechanismEmissionSplit", (NETUID,), [60_000, 5535]),
       netuid=NETUID, maybe_split=[60_000, 5535]).after(_MECHANISMS),
    no(_SPLIT, ALICE, "InvalidValue", netuid=NETUID, maybe_split=[1, 2]),
    no(_SPLIT, BOB, "BadOrigin", netuid=NETUID, maybe_split=None),
    ok(_TRIM, ALICE, Stored("MaxAllowedUids", (NETUID,), 64), netuid=NETUID, max_n=64),
    no(_TRIM, ALICE, "InvalidValue", netuid=NETUID, max_n=257),
    no(_TRIM, ALICE, "TrimmingWouldExceedMaxImmunePercentage", netuid=NETUID, max_n=2),
    no(_TRIM, BOB, "BadOrigin", netuid=NETUID, max_n=64),
    # Not modelled (docs/chain.md): refused, whoever asks
    no("AdminUtils.sudo_set_collateral_lock_share", ALICE, "CallFiltered", netuid=NETUID, lock_share=1),
    no("AdminUtils.sudo_set_collateral_drain_ratio", ALICE, "CallFiltered", netuid=NETUID, drain_ratio={"bits": 1}),
    no("AdminUtils.sudo_set_liquid_alpha_consensus_mode", ALICE, "CallFiltered", netuid=NETUID, mode="Previous"),
]  # fmt: skip

CASES = [*SETTINGS, *OTHERS]
