"""All of SubtensorModule: importing this module declares every call, check and hook of the pallet."""

from subnet.devnet.pallets import commitment_reveals
from subnet.devnet.pallets.subtensor import (
    axons,
    children,
    coinbase,
    commits,
    delegation,
    dissolution,
    epochs_by_owner,
    errors_reserved,
    genesis,
    hotkey_swap,
    identity,
    networks,
    refused,
    registry,
    root_claims,
    staking,
    symbols,
    timelock,
    transfers,
    weight_checks,
    weights,
)
from subnet.devnet.pallets.subtensor.pallet import pallet

__all__ = ["DECLARATIONS", "pallet"]

DECLARATIONS = (
    axons,
    children,
    coinbase,
    commitment_reveals,
    commits,
    delegation,
    dissolution,
    epochs_by_owner,
    errors_reserved,
    genesis,
    hotkey_swap,
    identity,
    networks,
    refused,
    registry,
    root_claims,
    staking,
    symbols,
    timelock,
    transfers,
    weight_checks,
    weights,
)
