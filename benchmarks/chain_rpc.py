"""How fast the embedded chain answers one client over its websocket, and how fast it takes in extrinsics.

The chain runs in a process of its own, as `assay chain` does; this process is the client. The metagraph's server
time is the CPU time of a request within the server, without the network.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from statistics import median
from typing import Any

from bittensor_core import Keypair
from chain_world import full_chain
from websockets.asyncio.client import ClientConnection, connect

from subnet.devnet.extrinsic import Era, Signature, sign
from subnet.devnet.handle import serving
from subnet.devnet.node import Node
from subnet.devnet.pallets import system
from subnet.devnet.producer import Producer
from subnet.devnet.rpc.answer import answer
from subnet.devnet.rpc.session import Session
from subnet.devnet.scale import CALL, U16, Variant

SEQUENTIAL, PIPELINED, METAGRAPHS, EXTRINSICS = 10_000, 50_000, 300, 5_000
ROUNDS = 3  # the median of rounds, because machines are shared
TARGETS = {
    "storage_reads_per_s_one_at_a_time": (">=", 4_000),
    "storage_reads_per_s_pipelined": (">=", 15_000),
    "metagraph_of_256_server_ms": ("<=", 5.0),
}
_NETUID = 2  # of the first full subnet
_ALICE, _NOBODY = Keypair.create_from_uri("//Alice"), Keypair.create_from_uri("//Nobody")


def figures() -> dict[str, float]:
    """All figures of this module: requests and extrinsics per second, and milliseconds."""
    found = {"metagraph_of_256_server_ms": _metagraph_ms()}
    with _chain() as endpoint:
        found |= asyncio.run(_measured(endpoint))
    return found


def _request(method: str, *params: Any) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)})


_METAGRAPH = _request("state_call", "SubnetInfoRuntimeApi_get_metagraph", "0x" + U16.encode(_NETUID).hex())
_READ = _request("state_getStorage", "0x" + system.Account.raw_key((_ALICE.public_key,)).hex())


def _metagraph_ms() -> float:
    """Milliseconds of CPU from the frame to its reply, median."""
    node = full_chain()
    session = Session(node, Producer(node), lambda message: None)
    spent = []
    for _ in range(METAGRAPHS):
        before = time.process_time()
        reply = asyncio.run(answer(session, _METAGRAPH))
        spent.append(time.process_time() - before)
        assert reply is not None
        assert "error" not in reply[:100]
    return median(spent) * 1000


async def _measured(endpoint: str) -> dict[str, float]:
    async with connect(endpoint, compression=None, max_size=None) as socket:
        return {
            "storage_reads_per_s_one_at_a_time": await _rate(SEQUENTIAL, lambda: _turns(socket, SEQUENTIAL)),
            "storage_reads_per_s_pipelined": await _rate(
                PIPELINED, lambda: _pipe(socket, [_READ] * PIPELINED)
            ),
            "metagraphs_of_256_per_s": await _rate(
                METAGRAPHS, lambda: _pipe(socket, [_METAGRAPH] * METAGRAPHS)
            ),
            "signed_transfers_per_s": await _rate(EXTRINSICS, lambda: _transfers(socket)),
        }


async def _rate(count: int, work: Callable[[], Awaitable[None]]) -> float:
    """How often per second, the median of some rounds."""
    rates = []
    for _ in range(ROUNDS):
        before = time.perf_counter()
        await work()
        rates.append(count / (time.perf_counter() - before))
    return median(rates)


async def _ask(socket: ClientConnection, frame: str) -> Any:
    await socket.send(frame)
    return json.loads(await socket.recv())["result"]


async def _turns(socket: ClientConnection, count: int) -> None:
    for _ in range(count):
        await _ask(socket, _READ)


async def _pipe(socket: ClientConnection, frames: list[str]) -> None:
    """Sends without waiting for replies, which are read meanwhile."""
    sending = asyncio.create_task(_send_all(socket, frames))
    for _ in frames:
        assert "error" not in json.loads(await socket.recv())
    await sending


async def _send_all(socket: ClientConnection, frames: list[str]) -> None:
    for frame in frames:
        await socket.send(frame)


async def _transfers(socket: ClientConnection) -> None:
    """From signing the first transfer to the inclusion of the last."""
    genesis = bytes.fromhex((await _ask(socket, _request("chain_getBlockHash", 0)))[2:])
    first = await _ask(socket, _request("account_nextIndex", _ALICE.ss58_address))
    address = Variant("Id", (_NOBODY.public_key,))
    call = CALL.encode(Variant("Balances", (Variant("transfer_keep_alive", (address, 1000)),)))
    frames = []
    for nonce in range(first, first + EXTRINSICS):
        signature = Signature(_ALICE.public_key, "Sr25519", b"", Era(), nonce, 0, 0)
        extrinsic = sign(call, _ALICE, signature, genesis, genesis)
        frames.append(_request("author_submitExtrinsic", "0x" + extrinsic.hex()))
    await _pipe(socket, frames)
    while await _ask(socket, _request("author_pendingExtrinsics")):  # noqa: ASYNC110 - nothing else tells
        await asyncio.sleep(0.005)
    nonce = await _ask(socket, _request("account_nextIndex", _ALICE.ss58_address))
    assert nonce == first + EXTRINSICS


@contextmanager
def _chain() -> Iterator[str]:
    """The endpoint of a chain with full subnets, in a process that ends with the body."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        if not ours.poll(60):
            raise TimeoutError("the chain did not start within a minute")
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


def _serve(parent: Connection) -> None:
    asyncio.run(_run(full_chain(), parent))


async def _run(node: Node, parent: Connection) -> None:
    node.mode = "instant"
    async with serving(node) as chain:
        parent.send(chain.endpoint)
        await asyncio.Event().wait()


if __name__ == "__main__":
    print(json.dumps(figures(), indent=1))
