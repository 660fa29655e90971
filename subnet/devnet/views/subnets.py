"""Subnets as wholes: info, dynamic info, the next epoch, the price of a new one (rules 12.6 and 12.8)."""

from typing import Any

from subnet.devnet.pallets.subtensor import storage
from subnet.devnet.pallets.subtensor.networks import lock_cost
from subnet.devnet.pallets.subtensor.subnets import ROOT, netuids, schedule_of
from subnet.devnet.pallets.subtensor.types import NetUid, TaoBalance
from subnet.devnet.scale import U64, Option, Vec
from subnet.devnet.state import State
from subnet.devnet.views import types
from subnet.devnet.views.api import SubnetInfo, SubnetRegistration
from subnet.rules import schedule

NETUID = ("netuid", NetUid)
# Constants of the real chain that no call can change and nothing reads any more
SCALING_LAW_POWER = 50


@SubnetInfo.method([NETUID], output=Option(U64))
def get_next_epoch_start_block(state: State, netuid: int) -> int | None:
    """The block in which the subnet's next epoch runs; None for no such subnet or one without epochs."""
    return (
        schedule.next_epoch_start(schedule_of(state, netuid))
        if storage.NetworksAdded[state, netuid]
        else None
    )


@SubnetInfo.method([NETUID], output=Option(types.SubnetInfov2))
def get_subnet_info_v2(state: State, netuid: int) -> Any:
    """A subnet's main settings; None for no such subnet."""
    if not storage.NetworksAdded[state, netuid]:
        return None
    return types.SubnetInfov2(
        netuid=netuid,
        rho=storage.Rho[state, netuid],
        kappa=storage.Kappa[state, netuid],
        difficulty=storage.Difficulty[state, netuid],
        immunity_period=storage.ImmunityPeriod[state, netuid],
        max_allowed_validators=storage.MaxAllowedValidators[state, netuid],
        min_allowed_weights=storage.MinAllowedWeights[state, netuid],
        max_weights_limit=storage.MaxWeightsLimit[state, netuid],
        scaling_law_power=SCALING_LAW_POWER,
        subnetwork_n=storage.SubnetworkN[state, netuid],
        max_allowed_uids=storage.MaxAllowedUids[state, netuid],
        blocks_since_last_step=storage.BlocksSinceLastStep[state, netuid],
        tempo=storage.Tempo[state, netuid],
        network_modality=0,
        network_connect=(),
        emission_value=0,
        burn=storage.Burn[state, netuid],
        owner=storage.SubnetOwner[state, netuid],
        identity=storage.SubnetIdentitiesV3[state, netuid],
    )


@SubnetInfo.method([NETUID], output=Option(types.DynamicInfo))
def get_dynamic_info(state: State, netuid: int) -> Any:
    """A subnet's pool and emission; None for no such subnet."""
    if not storage.NetworksAdded[state, netuid]:
        return None
    last_step = storage.LastMechansimStepBlock[state, netuid]
    return types.DynamicInfo(
        netuid=netuid,
        owner_hotkey=storage.SubnetOwnerHotkey[state, netuid],
        owner_coldkey=storage.SubnetOwner[state, netuid],
        subnet_name=tuple(name_of(state, netuid)),
        token_symbol=tuple(storage.TokenSymbol[state, netuid]),
        tempo=storage.Tempo[state, netuid],
        last_step=last_step,
        blocks_since_last_step=max(state.block - last_step, 0),
        emission=0,
        subnet_identity=storage.SubnetIdentitiesV3[state, netuid],
        network_registered_at=storage.NetworkRegisteredAt[state, netuid],
        **pool_fields(state, netuid),
    )


@SubnetInfo.method(output=Vec(Option(types.DynamicInfo)))
def get_all_dynamic_info(state: State) -> tuple[Any, ...]:
    """The dynamic info of every subnet, root first."""
    return tuple(get_dynamic_info(state, netuid) for netuid in sorted(netuids(state)))


@SubnetRegistration.method(output=TaoBalance)
def get_network_registration_cost(state: State) -> int:
    """Rao that registering a subnet costs now."""
    return lock_cost(state)


def pool_fields(state: State, netuid: int) -> dict[str, Any]:
    """What DynamicInfo and Metagraph both tell about the pool and the emission of the last block."""
    pending = storage.PendingServerEmission[state, netuid] + storage.PendingValidatorEmission[state, netuid]
    return {
        "alpha_in": storage.SubnetAlphaIn[state, netuid],
        "alpha_out": storage.SubnetAlphaOut[state, netuid],
        "tao_in": storage.SubnetTAO[state, netuid],
        "alpha_out_emission": storage.SubnetAlphaOutEmission[state, netuid],
        "alpha_in_emission": storage.SubnetAlphaInEmission[state, netuid],
        "tao_in_emission": storage.SubnetTaoInEmission[state, netuid],
        "pending_alpha_emission": pending,
        "pending_root_emission": 0,
        "subnet_volume": storage.SubnetVolume[state, netuid],
        "moving_price": storage.SubnetMovingPrice[state, netuid],
    }


def name_of(state: State, netuid: int) -> bytes:
    """The name from the subnet's identity, or one made of its number."""
    identity = storage.SubnetIdentitiesV3[state, netuid]
    if identity is not None and identity.subnet_name:
        return bytes(identity.subnet_name)
    return b"root" if netuid == ROOT else f"subnet {netuid}".encode()
