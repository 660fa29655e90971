"""What a new subnet is created with: the real chain's values, and those that make a laptop chain usable.

The mainnet preset writes what the real chain writes (rules 3.4) and leaves everything else at its default.
The localnet preset goes on from there, because these defaults make waiting or failing the normal case on a
chain of minutes: epochs of 10 blocks, weights that may be set every epoch and in plain sight (timelocked
commits need drand signatures, which an offline chain does not get), short immunity, and a full subnet in which
the weakest neuron is replaced however few there are.
"""

from typing import Any

from subnet.devnet.config import Preset
from subnet.devnet.pallets.subtensor import storage
from subnet.devnet.state import State
from subnet.devnet.storage import StorageMap, StorageValue
from subnet.rules import price

_NEW_SUBNET: dict[StorageMap[Any], Any] = {
    storage.Tempo: 360,
    storage.MaxAllowedUids: 256,
    storage.MaxAllowedValidators: 64,
    storage.MinAllowedWeights: 1,
    storage.ImmunityPeriod: 5000,
    storage.Yuma3On: True,
    storage.NetworkRegistrationAllowed: True,
    storage.Burn: price.INITIAL_BURN,
    storage.BurnHalfLife: price.BURN_HALF_LIFE,
    storage.SubtokenEnabled: False,
}
_LOCALNET: dict[StorageMap[Any], Any] = {
    storage.Tempo: 10,
    storage.ImmunityPeriod: 20,
    storage.MinAllowedUids: 1,
    storage.MinNonImmuneUids: 0,
    storage.WeightsSetRateLimit: 5,
    storage.ServingRateLimit: 1,
    storage.CommitRevealWeightsEnabled: False,
}
_CHAIN_WIDE_LOCALNET: dict[StorageValue[Any], Any] = {
    storage.NetworkRateLimit: 0,
    storage.TxRateLimit: 0,
    # 10 blocks would be the whole tempo: the owner could never change a setting
    storage.AdminFreezeWindow: 0,
    storage.OwnerHyperparamRateLimit: 0,
    storage.MaxEpochsPerBlock: 32,
}
_CHAIN_WIDE_MAINNET: dict[StorageValue[Any], Any] = {storage.MaxEpochsPerBlock: 2}


def write_new_subnet(state: State, netuid: int) -> None:
    """Writes the hyperparameters that a subnet starts with."""
    values = _NEW_SUBNET | (_LOCALNET if state.config.preset == "localnet" else {})
    for item, value in values.items():
        item[state, netuid] = value


def write_chain_wide(state: State, preset: Preset) -> None:
    """Writes the settings that hold for all subnets, at genesis."""
    for item, value in (_CHAIN_WIDE_LOCALNET if preset == "localnet" else _CHAIN_WIDE_MAINNET).items():
        item[state] = value
