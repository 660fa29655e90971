"""Subnets that a chain starts with: root, and subnet 1, which nobody has started (rules 3.7)."""

from typing import Any

from subnet.devnet.pallets import balances
from subnet.devnet.pallets.subtensor import neurons, pool, shares, storage
from subnet.devnet.pallets.subtensor.networks import DYNAMIC, add_network
from subnet.devnet.pallets.subtensor.pallet import pallet
from subnet.devnet.pallets.subtensor.presets import write_chain_wide
from subnet.devnet.pallets.subtensor.storage import NOBODY
from subnet.devnet.pallets.subtensor.subnets import ROOT, associate, subnet_account
from subnet.devnet.state import State
from subnet.devnet.storage import StorageMap

FIRST = 1
STABLE = 0
POOL = 10**10  # rao of TAO and of alpha in the pool of subnet 1
STAKED = 10**9  # rao of alpha on its only neuron, the zero account

_ROOT: dict[StorageMap[Any], Any] = {
    storage.MaxAllowedUids: 64,
    storage.MaxAllowedValidators: 64,
    storage.Tempo: 100,
    storage.MinAllowedWeights: 0,
    storage.NetworkRegistrationAllowed: True,
}
_FIRST: dict[StorageMap[Any], Any] = {
    storage.MaxAllowedUids: 256,
    storage.MaxAllowedValidators: 64,
    storage.Tempo: 100,
    storage.MinAllowedWeights: 0,
    storage.NetworkRegistrationAllowed: True,
    storage.SubnetLocked: 1,
    storage.SubnetOwner: NOBODY,
    storage.SubnetOwnerHotkey: NOBODY,
}


@pallet.genesis
def found_subnets(state: State) -> None:
    """Writes root, subnet 1 and the settings of the chosen preset."""
    write_chain_wide(state, state.config.preset)
    _found(state, ROOT, STABLE, _ROOT)
    _found(state, FIRST, DYNAMIC, _FIRST)
    associate(state, NOBODY, NOBODY)
    neurons.append(state, FIRST, NOBODY)
    balances.deposit(state, subnet_account(FIRST), POOL)
    pool.write_reserves(state, FIRST, pool.Pool(POOL, POOL))
    shares.increase_stake(state, NOBODY, NOBODY, FIRST, STAKED)
    storage.SubnetAlphaOut[state, FIRST] = STAKED


def _found(state: State, netuid: int, mechanism: int, values: dict[StorageMap[Any], Any]) -> None:
    add_network(state, netuid, mechanism)
    for item, value in values.items():
        item[state, netuid] = value
