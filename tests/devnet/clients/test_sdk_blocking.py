"""The SDK's blocking client, which most scripts use, against the embedded chain."""

import asyncio
from types import SimpleNamespace
from typing import Any

import bittensor as bt
from bittensor_core import Keypair

from subnet.devnet import Devnet

ALICE, NOBODY, HOTKEY = (Keypair.create_from_uri(f"//{name}") for name in ("Alice", "Nobody", "hotkey"))


def wallet(coldkey: Keypair) -> SimpleNamespace:
    """What the SDK needs of a wallet."""
    return SimpleNamespace(coldkey=coldkey, coldkeypub=coldkey, hotkey=HOTKEY, hotkeypub=HOTKEY)


WALLET = wallet(ALICE)


def session(endpoint: str) -> dict[str, Any]:
    """What a script does, and what it sees."""
    with bt.Subtensor(endpoint) as client:
        transfer = bt.Transfer(NOBODY.ss58_address, 2)
        before = client.balances.get(ALICE.ss58_address)
        planned = client.plan(transfer, WALLET).fee
        paid = client.execute(transfer, WALLET)
        after = client.balances.get(ALICE.ss58_address)
        founded = client.execute(bt.RegisterSubnet(), WALLET)
        return {
            "paid": paid,
            "fees": (planned, paid.fee, before - after - bt.tao(2)),
            "received": client.balances.get(NOBODY.ss58_address),
            "founded": founded.data["netuid"],
            "subnets": [info.netuid for info in client.subnets.all()],
            "hotkey": client.neurons.all(2)[0].hotkey,
            "refused": {
                "again": client.execute(bt.StartCall(2), wallet(NOBODY)),
                "poor": client.execute(bt.Transfer(NOBODY.ss58_address, 5_000_000), WALLET),
                "unknown": client.execute(bt.AddStake(HOTKEY.ss58_address, 77, 1), WALLET),
            },
            "block": client.block,
            "finalized": client.finalized_block,
        }


async def test_a_blocking_script_reads_pays_founds_and_is_told_why_not(chain: Devnet) -> None:
    seen = await asyncio.to_thread(session, chain.endpoint)  # it blocks, and the chain runs in this loop
    planned, named, spent = seen["fees"]
    assert seen["paid"].success
    assert named == spent
    assert 0 <= (named - planned).rao <= 2  # a mortal era is a byte or two longer than the plan's
    assert seen["received"] == bt.tao(2)
    assert (seen["founded"], seen["subnets"], seen["hotkey"]) == (2, [0, 1, 2], HOTKEY.ss58_address)
    assert {case: result.error.name for case, result in seen["refused"].items()} == {
        "again": "BadOrigin",
        "poor": "FundsUnavailable",
        "unknown": "SubnetNotExists",
    }
    assert seen["block"] == seen["finalized"] == chain.node.state.block
