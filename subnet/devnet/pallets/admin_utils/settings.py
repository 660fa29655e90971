"""The table of settings: one line for each call that only checks and writes a value (rules 3.4)."""

from subnet.devnet.frame import ensure
from subnet.devnet.pallets.admin_utils import pallet as admin
from subnet.devnet.pallets.admin_utils.setting import UNLIMITED, ChainSetting, Setting, between
from subnet.devnet.pallets.subtensor import errors, events
from subnet.devnet.pallets.subtensor import storage as s
from subnet.devnet.state import State
from subnet.rules.schedule import U16_MAX

TAO = 10**9
ONE_U64F64 = 1 << 64
LARGEST_SUBNET = 256


def uids_fit(state: State, netuid: int, uids: int) -> None:
    """Raises what is wrong with a new maximum of uids, in the chain's order (rules 3.7, notes)."""
    ensure(uids >= s.MinAllowedUids[state, netuid], admin.MaxAllowedUidsLessThanMinAllowedUids)
    ensure(uids >= s.SubnetworkN[state, netuid], admin.MaxAllowedUIdsLessThanCurrentUIds)
    ensure(uids <= LARGEST_SUBNET, admin.MaxAllowedUidsGreaterThanDefaultMaxAllowedUids)
    ensure(uids * s.MechanismCountCurrent[state, netuid] <= LARGEST_SUBNET, errors.TooManyUIDsPerMechanism)


def _least_uids(state: State, netuid: int, uids: int) -> None:
    ensure(uids < s.MaxAllowedUids[state, netuid], admin.MinAllowedUidsGreaterThanMaxAllowedUids)
    ensure(uids < s.SubnetworkN[state, netuid], admin.MinAllowedUidsGreaterThanCurrentUids)


def _validators_fit(state: State, netuid: int, validators: int) -> None:
    ensure(validators <= s.MaxAllowedUids[state, netuid], admin.MaxValidatorsLargerThanMaxUIds)


def _least_burn(state: State, netuid: int, burn: int) -> None:
    ensure(burn < TAO and burn < s.MaxBurn[state, netuid], admin.ValueNotInBounds)


def _largest_burn(state: State, netuid: int, burn: int) -> None:
    ensure(burn > TAO // 10 and burn > s.MinBurn[state, netuid], admin.ValueNotInBounds)


_REVEAL_PERIOD = between(1, 100, errors.RevealPeriodTooSmall, errors.RevealPeriodTooLarge)
_CUTOFF_FACTOR = between(1000, 50_000, errors.ActivityCutoffFactorMilliOutOfBounds)

BY_OWNER = (
    Setting(3, "serving_rate_limit", "serving_rate_limit", s.ServingRateLimit, "ServingRateLimit",
            event=events.ServingRateLimitSet),
    Setting(9, "adjustment_alpha", "adjustment_alpha", s.AdjustmentAlpha, "AdjustmentAlpha"),
    Setting(13, "immunity_period", "immunity_period", s.ImmunityPeriod, "ImmunityPeriod",
            event=events.ImmunityPeriodSet),
    Setting(14, "min_allowed_weights", "min_allowed_weights", s.MinAllowedWeights, "MinAllowedWeights",
            event=events.MinAllowedWeightSet),
    Setting(15, "max_allowed_uids", "max_allowed_uids", s.MaxAllowedUids, "MaxAllowedUids",
            event=events.MaxAllowedUidsSet, check=uids_fit),
    Setting(17, "rho", "rho", s.Rho, "Rho", event=events.RhoSet),
    Setting(18, "activity_cutoff", "activity_cutoff", s.ActivityCutoff, "ActivityCutoff",
            check=between(360, U16_MAX, errors.ActivityCutoffTooLow)),
    Setting(19, "network_registration_allowed", "registration_allowed", s.NetworkRegistrationAllowed, UNLIMITED,
            event=events.RegistrationAllowed),
    Setting(22, "min_burn", "min_burn", s.MinBurn, "MinBurn", event=events.MinBurnSet, check=_least_burn),
    Setting(23, "max_burn", "max_burn", s.MaxBurn, "MaxBurn", event=events.MaxBurnSet, check=_largest_burn),
    Setting(26, "bonds_moving_average", "bonds_moving_average", s.BondsMovingAverage, "BondsMovingAverage",
            check=between(0, 1_000_000),
            owner_check=between(0, 975_000, above=admin.BondsMovingAverageMaxReached)),
    Setting(49, "commit_reveal_weights_enabled", "enabled", s.CommitRevealWeightsEnabled, "CommitRevealEnabled",
            event=events.CommitRevealEnabled),
    Setting(50, "liquid_alpha_enabled", "enabled", s.LiquidAlphaOn, "LiquidAlphaEnabled"),
    Setting(57, "commit_reveal_weights_interval", "interval", s.RevealPeriodEpochs, "WeightCommitInterval",
            event=events.CommitRevealPeriodsSet, check=_REVEAL_PERIOD),
    Setting(60, "bonds_penalty", "bonds_penalty", s.BondsPenalty, "BondsPenalty"),
    Setting(61, "toggle_transfer", "toggle", s.TransferToggle, "TransferEnabled"),
    Setting(68, "alpha_sigmoid_steepness", "steepness", s.AlphaSigmoidSteepness, "AlphaSigmoidSteepness",
            owner_check=between(0, 2**15, admin.NegativeSigmoidSteepness)),
    Setting(69, "yuma3_enabled", "enabled", s.Yuma3On, "Yuma3Enabled"),
    Setting(70, "bonds_reset_enabled", "enabled", s.BondsResetOn, "BondsResetEnabled"),
    Setting(72, "owner_immune_neuron_limit", "immune_neurons", s.ImmuneOwnerUidsLimit, "ImmuneNeuronLimit",
            check=between(1, 10, errors.InvalidValue)),
    Setting(80, "recycle_or_burn", "recycle_or_burn", s.RecycleOrBurn, "RecycleOrBurn"),
    Setting(89, "burn_half_life", "burn_half_life", s.BurnHalfLife, "BurnHalfLife", check=between(1, 36_100)),
    Setting(90, "burn_increase_mult", "burn_increase_mult", s.BurnIncreaseMult, "BurnIncreaseMult",
            check=between(ONE_U64F64, 3 * ONE_U64F64)),
    Setting(92, "owner_cut_enabled", "enabled", s.OwnerCutEnabled, UNLIMITED),
    Setting(97, "activity_cutoff_factor", "factor_milli", s.ActivityCutoffFactorMilli,
            "ActivityCutoffFactorMilli", check=_CUTOFF_FACTOR),
)  # fmt: skip

BY_ROOT = (
    Setting(7, "weights_set_rate_limit", "weights_set_rate_limit", s.WeightsSetRateLimit,
            event=events.WeightsSetRateLimitSet),
    Setting(8, "adjustment_interval", "adjustment_interval", s.AdjustmentInterval),
    Setting(16, "kappa", "kappa", s.Kappa, event=events.KappaSet),
    Setting(21, "target_registrations_per_interval", "target_registrations_per_interval",
            s.TargetRegistrationsPerInterval),
    Setting(24, "difficulty", "difficulty", s.Difficulty),
    Setting(25, "max_allowed_validators", "max_allowed_validators", s.MaxAllowedValidators,
            event=events.MaxAllowedValidatorsSet, check=_validators_fit),
    Setting(27, "max_registrations_per_block", "max_registrations_per_block", s.MaxRegistrationsPerBlock),
    Setting(66, "subtoken_enabled", "subtoken_enabled", s.SubtokenEnabled),
    Setting(79, "min_allowed_uids", "min_allowed_uids", s.MinAllowedUids, check=_least_uids),
    Setting(84, "min_non_immune_uids", "min", s.MinNonImmuneUids),
    Setting(94, "subnet_emission_enabled", "enabled", s.SubnetEmissionEnabled),
)  # fmt: skip

OF_THE_CHAIN = (
    ChainSetting(1, "default_take", "default_take", s.MaxDelegateTake),
    ChainSetting(2, "tx_rate_limit", "tx_rate_limit", s.TxRateLimit),
    ChainSetting(28, "subnet_owner_cut", "subnet_owner_cut", s.SubnetOwnerCut),
    ChainSetting(29, "network_rate_limit", "rate_limit", s.NetworkRateLimit),
    ChainSetting(35, "network_immunity_period", "immunity_period", s.NetworkImmunityPeriod),
    ChainSetting(36, "network_min_lock_cost", "lock_cost", s.NetworkMinLockCost),
    ChainSetting(37, "subnet_limit", "max_subnets", s.SubnetLimit, event=events.SubnetLimitSet),
    ChainSetting(38, "lock_reduction_interval", "interval", s.NetworkLockReductionInterval),
    ChainSetting(42, "stake_threshold", "min_stake", s.StakeThreshold, event=events.StakeThresholdSet),
    ChainSetting(45, "tx_delegate_take_rate_limit", "tx_rate_limit", s.TxDelegateTakeRateLimit),
    ChainSetting(46, "min_delegate_take", "take", s.MinDelegateTake),
    ChainSetting(63, "subnet_moving_alpha", "alpha", s.SubnetMovingAlpha),
    ChainSetting(71, "commit_reveal_version", "version", s.CommitRevealWeightsVersion),
    ChainSetting(74, "admin_freeze_window", "window", s.AdminFreezeWindow),
    ChainSetting(75, "owner_hparam_rate_limit", "epochs", s.OwnerHyperparamRateLimit),
    ChainSetting(85, "start_call_delay", "delay", s.StartCallDelay),
    ChainSetting(88, "max_mechanism_count", "max_mechanism_count", s.MaxMechanismCount),
    ChainSetting(96, "max_epochs_per_block", "max_epochs_per_block", s.MaxEpochsPerBlock),
)

for _setting in (*BY_OWNER, *BY_ROOT, *OF_THE_CHAIN):
    _setting.declare()
