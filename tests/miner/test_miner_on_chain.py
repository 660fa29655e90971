"""A miner's process against a real chain: seat, address, callers, and its end."""

import asyncio
import os
import signal
import socket
import sys
import time
from contextlib import asynccontextmanager
from pathlib import Path

import bittensor as bt
import psutil
import pytest
from bittensor.sp_core import Keypair

from subnet.chain import Chain
from subnet.devnet import devnet
from subnet.protocol import Address, Message, Query
from subnet.transport.client import Client

ROOT = Path(__file__).resolve().parent.parent.parent
ALICE = Keypair.create_from_uri("//Alice")
NETUID = 1


@pytest.fixture
async def chain():
    """A chain with a block every quarter of a second, and what a miner reads of its first subnet."""
    async with devnet(block_time=0.25, seed="a miner") as node, Chain.connect(node.endpoint, NETUID) as view:
        yield node, view


@pytest.fixture
def wallet(tmp_path):
    """A hotkey on disk, without the coldkey that paid for its seat."""
    made = bt.Wallet(name="alice", hotkey="miner", path=str(tmp_path))
    return made.create_new_hotkey(suppress=True)


async def register(endpoint, wallet):
    """Alice buys the hotkey a seat."""
    async with bt.Client(endpoint) as client:
        intent = bt.BurnedRegister(netuid=NETUID, hotkey_ss58=wallet.hotkey.ss58_address)
        result = await client.execute(intent, ALICE)
        assert result.success, result.message


@asynccontextmanager
async def running(endpoint, wallet, port, *more):
    """The miner's process, killed if it has not ended when the block does."""
    argv = ["-n", endpoint, "--netuid", NETUID, "-w", "alice", "-H", "miner", "--wallet-path", wallet.path]
    argv += ["--backend", "echo", "--port", port, *more]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(ROOT / "neurons" / "miner.py"),
        *map(str, argv),
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def line_with(process, word):
    """The first line on standard error with this word in it."""
    async with asyncio.timeout(20):
        while line := (await process.stderr.readline()).decode():
            if word in line:
                return line
    raise AssertionError(f"the miner ended without saying {word!r}")


def a_free_port():
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


async def test_without_a_seat_the_miner_names_the_command_that_buys_one(chain, wallet):
    node, _ = chain
    async with running(node.endpoint, wallet, a_free_port()) as process:
        _, said = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 3
    assert said.count(b"\n") == 1
    assert (
        f"btcli subnets register --netuid {NETUID} --network {node.endpoint} -w alice -H miner".encode()
        in said
    )


async def test_a_seated_miner_publishes_itself_serves_validators_only_and_ends_at_once(chain, wallet):
    node, view = chain
    port, hotkey = a_free_port(), wallet.hotkey.ss58_address
    await register(node.endpoint, wallet)
    query = Query(id="query-0001", messages=(Message(role="user", content="hello"),))
    async with running(node.endpoint, wallet, port) as process:
        await line_with(process, "the chain shows uid")
        peer = (await view.peers())[hotkey]
        assert peer.address == Address("127.0.0.2", port)
        async with Client(ALICE, allow_private=True) as alice:
            assert (await alice.ask_all([peer], query, 5))[peer.hotkey].failure == "refused"
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 5) == 0
        assert time.monotonic() - began < 2
    async with running(node.endpoint, wallet, port) as again:
        await line_with(again, "the chain shows uid")
        again.send_signal(signal.SIGINT)
        _, said = await asyncio.wait_for(again.communicate(), 5)
        assert again.returncode == 0
    assert b"published" not in said


async def test_the_chains_serving_rate_limit_means_later(chain, wallet):
    node, view = chain
    await register(node.endpoint, wallet)
    first, second = a_free_port(), a_free_port()
    async with running(node.endpoint, wallet, first) as process:
        await line_with(process, "the chain shows uid")
    async with running(node.endpoint, wallet, second) as process:
        await line_with(process, "published later")
        await node.advance(60)
        await line_with(process, "the chain shows uid")
    assert (await view.peers())[wallet.hotkey.ss58_address].address == Address("127.0.0.2", second)


async def test_workers_share_a_port_serve_by_the_chains_word_and_end_with_the_miner(chain, wallet):
    node, view = chain
    port, hotkey = a_free_port(), wallet.hotkey.ss58_address
    await register(node.endpoint, wallet)
    query = Query(id="query-0001", messages=(Message(role="user", content="hello"),))
    async with running(node.endpoint, wallet, port, "--workers", 2) as process:
        await line_with(process, "the chain shows uid")
        fronts = psutil.Process(process.pid).children()
        assert len(fronts) == 1
        peer = (await view.peers())[hotkey]
        async with Client(ALICE, allow_private=True) as alice:
            for _ in range(20):
                assert (await alice.ask_all([peer], query, 10))[hotkey].failure == "refused"
                await alice.close()
        async with running(node.endpoint, wallet, port, "--workers", 2) as second:
            _, said = await asyncio.wait_for(second.communicate(), 20)
            assert second.returncode == 3
            assert b"address already in use" in said
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 5) == 0
        assert time.monotonic() - began < 2.5
        gone, alive = psutil.wait_procs(fronts, timeout=3)
        assert len(gone) == 1 and not alive


async def test_a_miner_that_loses_a_worker_ends_and_says_so(chain, wallet):
    node, _ = chain
    await register(node.endpoint, wallet)
    async with running(node.endpoint, wallet, a_free_port(), "--workers", 2) as process:
        await line_with(process, "the chain shows uid")
        fronts = psutil.Process(process.pid).children()
        fronts[0].kill()
        assert "a worker ended unasked" in await line_with(process, "worker")
        assert await asyncio.wait_for(process.wait(), 5) == 1
        _, alive = psutil.wait_procs(fronts, timeout=3)
        assert not alive


async def test_fronts_do_not_outlive_a_miner_that_is_killed(chain, wallet):
    node, _ = chain
    await register(node.endpoint, wallet)
    async with running(node.endpoint, wallet, a_free_port(), "--workers", 2) as process:
        await line_with(process, "the chain shows uid")
        fronts = psutil.Process(process.pid).children()
        process.kill()
        _, alive = psutil.wait_procs(fronts, timeout=5)
        assert not alive
