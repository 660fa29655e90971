"""One list of calls that fail, and their names as two clients read them that share no code."""

import asyncio
from typing import Any

import bittensor as bt
import pytest
from bittensor_core import Keypair
from substrateinterface import Keypair as OtherKeypair
from substrateinterface import SubstrateInterface

from subnet.devnet import Devnet

BOB, NOBODY = Keypair.create_from_uri("//Bob"), Keypair.create_from_uri("//Nobody").ss58_address

Case = tuple[str, str, dict[str, Any]]
FAILURES: dict[str, Case] = {
    "FundsUnavailable": ("Balances", "transfer_keep_alive", {"dest": NOBODY, "value": 10**18}),
    "BelowMinimum": ("Balances", "transfer_keep_alive", {"dest": NOBODY, "value": 1}),
    "BadOrigin": ("Balances", "force_set_balance", {"who": NOBODY, "new_free": 1}),
    "NotFound": ("Proxy", "remove_proxy", {"delegate": NOBODY, "proxy_type": "Any", "delay": 0}),
    "SubnetNotExists": ("SubtensorModule", "burned_register", {"netuid": 99, "hotkey": NOBODY}),
    "NotEnoughBalanceToStake": (
        "SubtensorModule",
        "add_stake",
        {"hotkey": NOBODY, "netuid": 0, "amount_staked": 10**18},
    ),
    "HotKeyAccountNotExists": (
        "SubtensorModule",
        "add_stake",
        {"hotkey": NOBODY, "netuid": 0, "amount_staked": 10**10},
    ),
    "CommitRevealEnabled": (
        "SubtensorModule",
        "set_weights",
        {"netuid": 1, "dests": [0], "weights": [1], "version_key": 0},
    ),
}


@pytest.mark.parametrize("name", FAILURES)
async def test_the_sdk_reads_the_name(chain: Devnet, name: str) -> None:
    pallet, call, arguments = FAILURES[name]
    async with bt.Client(chain.endpoint) as client:
        result = await client.submit_call(getattr(getattr(bt.calls, pallet), call)(**arguments), BOB)
    assert not result.success
    assert result.error.name == name


def names(endpoint: str) -> dict[str, str]:
    """How substrate-interface names each failure."""
    bob = OtherKeypair.create_from_uri("//Bob")
    found = {}
    with SubstrateInterface(url=endpoint) as substrate:
        for name, (pallet, call, arguments) in FAILURES.items():
            signed = substrate.create_signed_extrinsic(substrate.compose_call(pallet, call, arguments), bob)
            receipt = substrate.submit_extrinsic(signed, wait_for_inclusion=True)
            assert not receipt.is_success
            found[name] = receipt.error_message["name"] if receipt.error_message else token_error(receipt)
    return found


def token_error(receipt: Any) -> str:
    """What the event says: substrate-interface has no words for failures of tokens."""
    failed = receipt.triggered_events[-1].value["attributes"]
    return str(failed["dispatch_error"]["Token"])


async def test_substrate_interface_reads_the_same_names(chain: Devnet) -> None:
    found = await asyncio.to_thread(names, chain.endpoint)
    assert found == {name: name for name in FAILURES}
