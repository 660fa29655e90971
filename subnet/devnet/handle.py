"""A running chain as a Python object, for tests and for programs that start their own chain."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from subnet.devnet.config import ChainConfig
from subnet.devnet.node import Node
from subnet.devnet.producer import Producer
from subnet.devnet.server import Server


@dataclass(frozen=True)
class Devnet:
    """A chain that listens on `endpoint`; `production` ends early only by an exception that is a bug."""

    endpoint: str
    node: Node
    producer: Producer
    production: asyncio.Task[None]

    async def advance(self, blocks: int = 1) -> int:
        """Makes blocks at once, in any mode, and returns the number of the last one."""
        await self.producer.make_blocks(blocks)
        return self.node.state.block


@asynccontextmanager
async def devnet(host: str = "127.0.0.1", port: int = 0, **options: Any) -> AsyncIterator[Devnet]:
    """Runs a new chain in this event loop while the body runs; `options` are those of `ChainConfig`.

        async with devnet(block_time=0.25, mode="instant", seed="a test") as chain:
            client = bittensor.Client(chain.endpoint)

    Port 0 stands for a free one. Raises ConditionError when the port is taken.
    """
    async with serving(Node(ChainConfig(**options)), host, port) as chain:
        yield chain


@asynccontextmanager
async def serving(node: Node, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[Devnet]:
    """Runs an existing chain in this event loop while the body runs; raises ConditionError as `devnet` does."""
    producer = Producer(node)
    server = Server(node, producer)
    listening = await server.open(host, port)
    blocks = asyncio.create_task(producer.run())
    try:
        yield Devnet(f"ws://{host}:{listening}", node, producer, blocks)
    finally:
        await server.close()
        blocks.cancel()
        with suppress(asyncio.CancelledError):
            await blocks
