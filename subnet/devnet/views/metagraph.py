"""The metagraph: everything about a subnet and its neurons in one answer (rules 12.4)."""

from typing import Any

from subnet.devnet.pallets.commitments import CommitmentOf, Registration
from subnet.devnet.pallets.subtensor import storage
from subnet.devnet.pallets.subtensor.epoch import hotkeys_of
from subnet.devnet.pallets.subtensor.stake_weight import inherited
from subnet.devnet.pallets.subtensor.subnets import netuids
from subnet.devnet.pallets.subtensor.types import AxonInfo, NetUid
from subnet.devnet.scale import U16, Option, Vec
from subnet.devnet.state import State
from subnet.devnet.views import types
from subnet.devnet.views.api import SubnetInfo
from subnet.devnet.views.subnets import NETUID, name_of, pool_fields
from subnet.rules import schedule

NO_AXON = AxonInfo(0, 0, 0, 0, 0, 0, 0, 0)
# Selective fields that the full metagraph does not have
VALIDATORS, COMMITMENTS = "validators", "commitments"
IDENTITY = "identity"


@SubnetInfo.method([NETUID], output=Option(types.Metagraph))
def get_metagraph(state: State, netuid: int) -> Any:
    """The metagraph of a subnet (of its mechanism 0); None for no such subnet."""
    if not storage.NetworksAdded[state, netuid]:
        return None
    hotkeys = hotkeys_of(state, netuid)
    return types.Metagraph(
        **_identity(state, netuid),
        **_clock(state, netuid),
        **pool_fields(state, netuid),
        **_hyperparameters(state, netuid),
        **_registration(state, netuid),
        **_neurons(state, netuid, hotkeys),
        **_epoch_results(state, netuid),
        **_stakes(state, netuid, hotkeys),
    )


@SubnetInfo.method(output=Vec(Option(types.Metagraph)))
def get_all_metagraphs(state: State) -> tuple[Any, ...]:
    """The metagraph of every subnet, root first."""
    return tuple(get_metagraph(state, netuid) for netuid in sorted(netuids(state)))


@SubnetInfo.method(
    [("netuid", NetUid), ("metagraph_indexes", Vec(U16))], output=Option(types.SelectiveMetagraph)
)
def get_selective_metagraph(state: State, netuid: int, metagraph_indexes: tuple[int, ...]) -> Any:
    """The asked fields of a metagraph, by their index; the others are None, and netuid reads 0 unless asked."""
    whole = get_metagraph(state, netuid)
    if whole is None:
        return None
    known = len(types.SELECTIVE_FIELDS)
    asked = {types.SELECTIVE_FIELDS[index][0] for index in metagraph_indexes if index < known}
    extra = {VALIDATORS: _validators, COMMITMENTS: _commitments}
    chosen = {
        name: extra[name](state, netuid) if name in extra else getattr(whole, name)
        for name in asked
        if name is not None
    }
    if IDENTITY in chosen:
        chosen[IDENTITY] = (chosen[IDENTITY],)  # asked for, and there may be none: an Option within an Option
    unasked: dict[str, Any] = {str(name): None for name, _ in types.SELECTIVE_FIELDS}
    return types.SelectiveMetagraph(**{**unasked, "netuid": 0, **chosen})


def _identity(state: State, netuid: int) -> dict[str, Any]:
    return {
        "netuid": netuid,
        "name": tuple(name_of(state, netuid)),
        "symbol": tuple(storage.TokenSymbol[state, netuid]),
        "identity": storage.SubnetIdentitiesV3[state, netuid],
        "network_registered_at": storage.NetworkRegisteredAt[state, netuid],
        "owner_hotkey": storage.SubnetOwnerHotkey[state, netuid],
        "owner_coldkey": storage.SubnetOwner[state, netuid],
    }


def _clock(state: State, netuid: int) -> dict[str, Any]:
    last_step = storage.LastMechansimStepBlock[state, netuid]
    return {
        "block": state.block,
        "tempo": storage.Tempo[state, netuid],
        "last_step": last_step,
        "blocks_since_last_step": max(state.block - last_step, 0),
        "subnet_emission": 0,
    }


def _hyperparameters(state: State, netuid: int) -> dict[str, Any]:
    alpha_low, alpha_high = storage.AlphaValues[state, netuid]
    factor, tempo = storage.ActivityCutoffFactorMilli[state, netuid], storage.Tempo[state, netuid]
    return {
        "rho": storage.Rho[state, netuid],
        "kappa": storage.Kappa[state, netuid],
        "min_allowed_weights": storage.MinAllowedWeights[state, netuid],
        "max_weights_limit": storage.MaxWeightsLimit[state, netuid],
        "weights_version": storage.WeightsVersionKey[state, netuid],
        "weights_rate_limit": storage.WeightsSetRateLimit[state, netuid],
        "activity_cutoff": schedule.activity_cutoff(factor, tempo),
        "max_validators": storage.MaxAllowedValidators[state, netuid],
        "commit_reveal_weights_enabled": storage.CommitRevealWeightsEnabled[state, netuid],
        "commit_reveal_period": storage.RevealPeriodEpochs[state, netuid],
        "liquid_alpha_enabled": storage.LiquidAlphaOn[state, netuid],
        "alpha_high": alpha_high,
        "alpha_low": alpha_low,
        "bonds_moving_avg": storage.BondsMovingAverage[state, netuid],
    }


def _registration(state: State, netuid: int) -> dict[str, Any]:
    return {
        "num_uids": storage.SubnetworkN[state, netuid],
        "max_uids": storage.MaxAllowedUids[state, netuid],
        "burn": storage.Burn[state, netuid],
        "difficulty": storage.Difficulty[state, netuid],
        "registration_allowed": storage.NetworkRegistrationAllowed[state, netuid],
        "pow_registration_allowed": storage.NetworkPowRegistrationAllowed[state, netuid],
        "immunity_period": storage.ImmunityPeriod[state, netuid],
        "min_difficulty": storage.MinDifficulty[state, netuid],
        "max_difficulty": storage.MaxDifficulty[state, netuid],
        "min_burn": storage.MinBurn[state, netuid],
        "max_burn": storage.MaxBurn[state, netuid],
        "adjustment_alpha": storage.AdjustmentAlpha[state, netuid],
        "adjustment_interval": storage.AdjustmentInterval[state, netuid],
        "target_regs_per_interval": storage.TargetRegistrationsPerInterval[state, netuid],
        "max_regs_per_block": storage.MaxRegistrationsPerBlock[state, netuid],
        "serving_rate_limit": storage.ServingRateLimit[state, netuid],
    }


def _neurons(state: State, netuid: int, hotkeys: list[bytes]) -> dict[str, Any]:
    coldkeys = tuple(storage.Owner[state, hotkey] for hotkey in hotkeys)
    none = (0,) * len(hotkeys)
    return {
        "hotkeys": tuple(hotkeys),
        "coldkeys": coldkeys,
        "identities": tuple(storage.IdentitiesV2[state, coldkey] for coldkey in coldkeys),
        "axons": tuple(storage.Axons[state, netuid, hotkey] or NO_AXON for hotkey in hotkeys),
        "block_at_registration": tuple(
            storage.BlockAtRegistration[state, netuid, uid] for uid in range(len(hotkeys))
        ),
        "collateral_locked": none,
        "collateral_min": none,
        "collateral_earned": none,
    }


def _epoch_results(state: State, netuid: int) -> dict[str, Any]:
    return {
        "active": storage.Active[state, netuid],
        "validator_permit": storage.ValidatorPermit[state, netuid],
        "pruning_score": (),
        "last_update": storage.LastUpdate[state, netuid],
        "emission": storage.Emission[state, netuid],
        "dividends": storage.Dividends[state, netuid],
        "incentives": storage.Incentive[state, netuid],
        "consensus": storage.Consensus[state, netuid],
        "trust": (),
        "rank": (),
    }


def _stakes(state: State, netuid: int, hotkeys: list[bytes]) -> dict[str, Any]:
    carried = [inherited(state, netuid, hotkey) for hotkey in hotkeys]
    alpha = {hotkey: amount for (hotkey,), amount in storage.AlphaDividendsPerSubnet.items(state, netuid)}
    return {
        "alpha_stake": tuple(stake.alpha for stake in carried),
        "tao_stake": tuple(stake.tao for stake in carried),
        "total_stake": tuple(stake.weight for stake in carried),
        "tao_dividends_per_hotkey": tuple((hotkey, 0) for hotkey in hotkeys),
        "alpha_dividends_per_hotkey": tuple((hotkey, alpha.get(hotkey, 0)) for hotkey in hotkeys),
    }


def _validators(state: State, netuid: int) -> tuple[int, ...]:
    return tuple(uid for uid, permit in enumerate(storage.ValidatorPermit[state, netuid]) if permit)


def _commitments(state: State, netuid: int) -> tuple[tuple[bytes, tuple[int, ...]], ...]:
    return tuple(
        (who, tuple(Registration.encode(commitment)))
        for (who,), commitment in CommitmentOf.items(state, netuid)
    )
