"""A miner's TLS key on a real chain: published by the hotkey, read by whoever asks, withdrawn in the open."""

import asyncio
import signal
from dataclasses import replace

import bittensor as bt
import pytest
from bittensor.sp_core import Keypair

from subnet.chain import Chain
from subnet.devnet import devnet
from subnet.protocol import Address, Message, Query
from subnet.transport import tls
from subnet.transport.client import Client
from tests.miner.test_miner_on_chain import a_free_port, line_with, register, running

NETUID = 1
QUERY = Query(id="query-0001", messages=(Message(role="user", content="hello"),))
STRANGER = Keypair.create_from_uri("//Alice")


@pytest.fixture
def wallet(tmp_path):
    """A hotkey on disk."""
    return bt.Wallet(name="alice", hotkey="miner", path=str(tmp_path)).create_new_hotkey(suppress=True)


async def test_a_key_is_published_changed_and_withdrawn(wallet):
    hotkey = wallet.hotkey.ss58_address
    plain = Address("127.0.0.2", 8091)
    first, second = (replace(plain, key="01" + byte * 32) for byte in ("ab", "cd"))
    text = replace(plain, key="01" + b"a key that is a text to the SDK!".hex())
    async with devnet(mode="instant", seed="tls") as node, Chain.connect(node.endpoint, NETUID) as chain:
        await register(node.endpoint, wallet)
        for address in (plain, first, second, text, plain, first):
            await chain.serve(wallet, address)
            assert (await chain.peers())[hotkey].address == address
            assert (await chain.peers(await chain.block()))[hotkey].address == address
            await node.advance(60)


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_miner_with_tls_is_asked_over_it_and_by_nobody_who_expects_another_key(
    wallet, tmp_path, workers
):
    hotkey, keyfile = wallet.hotkey.ss58_address, tmp_path / "tls" / "miner.pem"
    async with (
        devnet(block_time=0.25, seed="tls miner") as node,
        Chain.connect(node.endpoint, NETUID) as view,
        Client(STRANGER, allow_private=True) as client,
    ):
        await register(node.endpoint, wallet)
        more = ("--tls", "--tls-key", keyfile, "--workers", workers)
        async with running(node.endpoint, wallet, a_free_port(), *more) as process:
            await line_with(process, "the chain shows uid")
            peer = (await view.peers())[hotkey]
            assert peer.address.key == tls.own_key(keyfile)
            asked = (await client.ask_all([peer], QUERY, 10))[hotkey]
            assert asked.detail == "HTTP 403 not-served"  # by the miner itself, over TLS
            for key, why in (("01" + "ab" * 32, "another key"), ("", "closed")):
                other = replace(peer, address=replace(peer.address, key=key))
                reply = (await client.ask_all([other], QUERY, 10))[hotkey]
                assert (reply.failure, why in reply.detail) == ("unreachable", True)
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 5) == 0
