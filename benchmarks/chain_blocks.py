"""How fast the embedded chain makes blocks, empty ones and with full subnets, and what memory a block costs.

Blocks are asked for as clients do, by `dev_newBlock {count}` over the websocket; the client sits in the same
process and does nothing meanwhile. Memory is the resident set once all that is kept for a while is full.
"""

from __future__ import annotations

import asyncio
import gc
import json
import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from statistics import median

import psutil
from chain_world import full_chain
from websockets.asyncio.client import connect

from subnet.devnet.config import ChainConfig
from subnet.devnet.handle import serving
from subnet.devnet.node import Node

IDLE, FULL = 10_000, 500  # blocks of one round
ROUNDS = 3  # the median of rounds, because machines are shared
WARM, MEASURED = 20_000, 100_000  # blocks; when warm, journals, bodies and caches are full
TARGETS = {
    "idle_blocks_per_s": (">=", 3_000),
    # Flat but for the headers, which a chain keeps for ever: 111 bytes a block
    "memory_growth_over_100000_blocks_mib": ("<=", 16.0),
}


def figures() -> dict[str, float]:
    """All figures of this module: blocks per second, and MiB."""
    return {
        "idle_blocks_per_s": asyncio.run(_rate(_idle(), IDLE)),
        "blocks_per_s_with_256_uids_on_2_subnets": asyncio.run(_rate(full_chain(), FULL)),
        "memory_growth_over_100000_blocks_mib": _alone(_growth) / 2**20,
    }


def _alone(measure: Callable[[], float]) -> float:
    """What a function returns in a process of its own, where nothing that was freed before can be used again."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        return process.submit(measure).result()


def _idle() -> Node:
    return Node(ChainConfig(mode="manual", seed="benchmark"))


async def _rate(node: Node, count: int) -> float:
    """Blocks per second, the median of some rounds."""
    request = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "dev_newBlock", "params": [{"count": count}]})
    rates = []
    async with serving(node) as chain, connect(chain.endpoint) as socket:
        for _ in range(ROUNDS):
            before = time.perf_counter()
            await socket.send(request)
            reply = await socket.recv()
            rates.append(count / (time.perf_counter() - before))
            assert "result" in json.loads(reply)
    assert not node.failures, node.failures
    return median(rates)


def _growth() -> float:
    """Bytes of resident memory that so many blocks cost in the long run."""
    node = _idle()
    _make(node, WARM)
    before = _resident()
    _make(node, MEASURED)
    return float(_resident() - before)


def _make(node: Node, count: int) -> None:
    for _ in range(count):
        node.make_block()


def _resident() -> int:
    gc.collect()
    return int(psutil.Process().memory_info().rss)


if __name__ == "__main__":
    print(json.dumps(figures(), indent=1))
