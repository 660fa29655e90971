"""A miner in two processes on a real chain: it answers a validator, nothing twice, and ends in order."""

import asyncio
import os
import signal
import socket
import sys
import time
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import SimpleNamespace

import bittensor as bt
import psutil
import pytest
from bittensor.sp_core import Keypair

from subnet.chain import Chain
from subnet.devnet import devnet
from subnet.protocol import Address, Message, Query
from subnet.transport.client import Client, Unanswered

ROOT = Path(__file__).resolve().parent.parent.parent
COLDKEY = Keypair.create_from_uri("//Alice")
ALICE = SimpleNamespace(
    coldkey=COLDKEY, coldkeypub=COLDKEY, hotkey=Keypair.create_from_uri("//Owner"), name="alice"
)
VERA = Keypair.create_from_uri("//Vera")
NETUID = 2
CAPTURED = 1000
CRLF = b"\r\n"


@pytest.fixture
async def net(tmp_path):
    """A chain on which the miner has a seat and VERA is the validator with all the stake."""
    wallet = bt.Wallet(name="alice", hotkey="miner", path=str(tmp_path)).create_new_hotkey(suppress=True)
    hotkey = wallet.hotkey.ss58_address
    async with devnet(block_time=0.25, seed="workers") as node, Chain.connect(node.endpoint, NETUID) as view:
        for intent in (
            bt.RegisterSubnet(),
            bt.StartCall(NETUID),
            bt.BurnedRegister(netuid=NETUID, hotkey_ss58=hotkey),
            bt.BurnedRegister(netuid=NETUID, hotkey_ss58=VERA.ss58_address),
            bt.AddStake(VERA.ss58_address, NETUID, 100, rate_tolerance=0.5),
        ):
            async with bt.Client(node.endpoint) as client:
                result = await client.execute(intent, ALICE)
            assert result.success, result.message
        await node.advance(110)
        assert (await view.peers())[VERA.ss58_address].validator_permit
        port = a_free_port()
        yield SimpleNamespace(node=node, view=view, wallet=wallet, hotkey=hotkey, port=port)


def a_free_port():
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@asynccontextmanager
async def a_miner(net, *more):
    """The miner's process as soon as the chain shows it, with the lines that it has said; killed at the end."""
    argv = ["-n", net.node.endpoint, "--netuid", NETUID, "-w", "alice", "-H", "miner"]
    argv += ["--wallet-path", net.wallet.path, "--port", net.port, "--workers", 2, *more]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(ROOT / "neurons" / "miner.py"),
        *map(str, argv),
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(30):
            while b"the chain shows uid" not in (line := await process.stderr.readline()):
                assert line, "the miner ended"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def ended(process, within):
    """Its exit code and the rest of what it said."""
    _, said = await asyncio.wait_for(process.communicate(), within)
    return process.returncode, said.decode()


def a_query(number, seconds=10.0):
    return Query(id=f"query-{number:06d}", messages=(Message(role="user", content="hi"),), seconds=seconds)


async def whole(reader):
    """One HTTP message."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(f"0{head.lower().partition(b'content-length: ')[2].partition(CRLF)[0].decode()}")
    return head + await reader.readexactly(length)


@asynccontextmanager
async def a_tap(target):
    """Somebody on the way, who hands everything on and keeps the requests."""
    seen = []

    async def between(reader, writer):
        there, back = await asyncio.open_connection(target.host, target.port)
        try:
            while True:
                seen.append(await whole(reader))
                back.write(seen[-1])
                writer.write(await whole(there))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            back.close()

    server = await asyncio.start_server(between, "127.0.0.1", 0)
    yield Address("127.0.0.1", server.sockets[0].getsockname()[1]), seen
    server.close()


async def played(address, requests, connections=40):
    """The statuses that a miner gives to these requests, over so many connections that all workers get some."""
    statuses, waiting = [], iter(requests)

    async def one():
        reader, writer = await asyncio.open_connection(address.host, address.port)
        for request in waiting:
            writer.write(request)
            reply = await whole(reader)
            statuses.append(int(reply.split()[1]))
            if b"connection: close" in reply:
                writer.close()
                reader, writer = await asyncio.open_connection(address.host, address.port)
        writer.close()

    await asyncio.gather(*(one() for _ in range(connections)))
    return statuses


async def test_a_thousand_captured_requests_are_worth_nothing_to_any_worker_or_after_a_restart(net):
    async with Client(VERA, allow_private=True) as vera:
        async with a_miner(net, "--backend", "echo") as process:
            peer = (await net.view.peers())[net.hotkey]
            assert await answered_soon(vera, peer)
            async with a_tap(peer.address) as (address, captured):
                tapped = SimpleNamespace(hotkey=net.hotkey, address=address)
                for start in range(0, CAPTURED, 50):
                    await asyncio.gather(*(vera.ask(tapped, a_query(start + n)) for n in range(50)))
            assert len(captured) == CAPTURED
            assert set(await played(peer.address, captured)) <= {401, 503}
            process.send_signal(signal.SIGTERM)
            assert (await ended(process, 5))[0] == 0
        async with a_miner(net, "--backend", "echo"):
            assert set(await played(peer.address, captured)) <= {401, 503}
            assert await answered_soon(vera, peer)


async def answered_soon(vera, peer):
    """The answer to a fresh query; a miner that has just started says "later" for a moment."""
    async with asyncio.timeout(10):
        while True:
            try:
                return await vera.ask(peer, a_query(CAPTURED))
            except Unanswered as refused:
                if "starting" not in str(refused):
                    raise
                await asyncio.sleep(0.2)


async def test_a_miner_without_one_of_its_workers_ends_with_one_line(net):
    async with a_miner(net, "--backend", "echo") as process:
        (other,) = psutil.Process(process.pid).children()
        other.kill()
        code, said = await ended(process, 5)
    assert code == 1
    assert [line for line in said.splitlines() if "worker" in line] == [
        "assay miner: a worker ended unasked (exit code -9); start the miner again"
    ]
    assert "Traceback" not in said


async def test_a_miner_ends_in_order_while_a_hundred_requests_run(net):
    running, enough = [], asyncio.Event()

    async def slow(reader, writer):
        while not (await whole(reader)).startswith(b"POST"):
            writer.write(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
        running.append(writer)
        if len(running) == 100:
            enough.set()
        await reader.read()
        writer.close()

    upstream = await asyncio.start_server(slow, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{upstream.sockets[0].getsockname()[1]}/v1"
    async with a_miner(
        net, "--backend", "openai", "--url", url, "--model", "m", "--concurrency", 256
    ) as process:
        peer = (await net.view.peers())[net.hotkey]
        async with Client(VERA, allow_private=True) as vera:
            async with asyncio.timeout(20):
                while not running:
                    with suppress(Unanswered):
                        await vera.ask(peer, a_query(CAPTURED, 0.5))
                    await asyncio.sleep(0.2)
            running.clear()
            asked = asyncio.gather(
                *(vera.ask(peer, a_query(n, 60.0)) for n in range(100)), return_exceptions=True
            )
            async with asyncio.timeout(20):
                await enough.wait()
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            code, said = await ended(process, 10)
            took = time.monotonic() - began
            replies = await asyncio.wait_for(asked, 5)
    upstream.close()
    assert (code, took < 5.0) == (0, True)
    assert "Traceback" not in said
    assert {type(reply) for reply in replies} == {Unanswered}
