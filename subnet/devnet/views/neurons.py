"""Neurons one by one, with and without their weights and bonds (rules 12.5)."""

from typing import Any

from subnet.devnet.pallets.subtensor import storage
from subnet.devnet.pallets.subtensor.epoch import hotkeys_of
from subnet.devnet.pallets.subtensor.stake_weight import weight
from subnet.devnet.pallets.subtensor.types import PrometheusInfo
from subnet.devnet.scale import U16, Option, Vec
from subnet.devnet.state import State
from subnet.devnet.views import types
from subnet.devnet.views.api import NeuronInfo
from subnet.devnet.views.metagraph import NO_AXON
from subnet.devnet.views.subnets import NETUID

NO_PROMETHEUS = PrometheusInfo(0, 0, 0, 0, 0)
# The real chain no longer computes these, and answers what it answered for an untouched neuron
RANK, TRUST, PRUNING_SCORE = 0, 0, 65535
_VECTORS = {
    "active": (storage.Active, False),
    "emission": (storage.Emission, 0),
    "incentive": (storage.Incentive, 0),
    "consensus": (storage.Consensus, 0),
    "validator_trust": (storage.ValidatorTrust, 0),
    "dividends": (storage.Dividends, 0),
    "last_update": (storage.LastUpdate, 0),
    "validator_permit": (storage.ValidatorPermit, False),
}
Vectors = dict[str, tuple[Any, ...]]


@NeuronInfo.method([NETUID], output=Vec(types.NeuronInfoLite))
def get_neurons_lite(state: State, netuid: int) -> tuple[Any, ...]:
    """All neurons of a subnet, without weights and bonds."""
    vectors = _vectors(state, netuid)
    hotkeys = hotkeys_of(state, netuid)
    return tuple(
        types.NeuronInfoLite(**_common(state, netuid, uid, hotkey, vectors))
        for uid, hotkey in enumerate(hotkeys)
    )


@NeuronInfo.method([NETUID, ("uid", U16)], output=Option(types.NeuronInfoLite))
def get_neuron_lite(state: State, netuid: int, uid: int) -> Any:
    """One neuron without weights and bonds; None for no such uid."""
    if uid >= storage.SubnetworkN[state, netuid]:
        return None
    hotkey = storage.Keys[state, netuid, uid]
    return types.NeuronInfoLite(**_common(state, netuid, uid, hotkey, _vectors(state, netuid)))


@NeuronInfo.method([NETUID], output=Vec(types.NeuronInfo))
def get_neurons(state: State, netuid: int) -> tuple[Any, ...]:
    """All neurons of a subnet."""
    vectors = _vectors(state, netuid)
    return tuple(
        _full(state, netuid, uid, hotkey, vectors) for uid, hotkey in enumerate(hotkeys_of(state, netuid))
    )


@NeuronInfo.method([NETUID, ("uid", U16)], output=Option(types.NeuronInfo))
def get_neuron(state: State, netuid: int, uid: int) -> Any:
    """One neuron; None for no such uid."""
    if uid >= storage.SubnetworkN[state, netuid]:
        return None
    return _full(state, netuid, uid, storage.Keys[state, netuid, uid], _vectors(state, netuid))


def _vectors(state: State, netuid: int) -> Vectors:
    """The per-uid vectors, read once; the storage index of mechanism 0 is the netuid itself."""
    return {name: item[state, netuid] for name, (item, _) in _VECTORS.items()}


def _common(state: State, netuid: int, uid: int, hotkey: bytes, vectors: Vectors) -> dict[str, Any]:
    coldkey = storage.Owner[state, hotkey]
    return {
        "hotkey": hotkey,
        "coldkey": coldkey,
        "uid": uid,
        "netuid": netuid,
        "axon_info": storage.Axons[state, netuid, hotkey] or NO_AXON,
        "prometheus_info": storage.Prometheus[state, netuid, hotkey] or NO_PROMETHEUS,
        "stake": ((coldkey, weight(state, netuid, hotkey)),),
        "rank": RANK,
        "trust": TRUST,
        "pruning_score": PRUNING_SCORE,
        **{
            name: vectors[name][uid] if uid < len(vectors[name]) else missing
            for name, (_, missing) in _VECTORS.items()
        },
    }


def _full(state: State, netuid: int, uid: int, hotkey: bytes, vectors: Vectors) -> Any:
    return types.NeuronInfo(
        **_common(state, netuid, uid, hotkey, vectors),
        weights=tuple((target, value) for target, value in storage.Weights[state, netuid, uid] if value),
        bonds=tuple((target, value) for target, value in storage.Bonds[state, netuid, uid] if value),
    )
