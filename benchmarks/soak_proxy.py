"""A websocket between a neuron and the chain that fails as networks and nodes do."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Literal

from websockets.asyncio.client import connect
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import WebSocketException

Fault = Literal["", "down", "mute", "frozen"]
OPTIONS: dict[str, Any] = {"max_size": 1 << 26, "compression": None, "ping_interval": None}


class Proxy:
    """Passes frames on.

    Under a fault it is `down` (refuses connections and drops those it had), `mute` (takes connections and requests,
    and answers nothing), or `frozen` (answers, but tells of no new block).
    """

    def __init__(self, target: str) -> None:
        self._target = target
        self.fault: Fault = ""
        self.endpoint = ""
        self._server: Server | None = None
        self._connections: set[ServerConnection] = set()

    @classmethod
    @asynccontextmanager
    async def before(cls, target: str) -> AsyncIterator[Proxy]:
        """A proxy that listens on a free port."""
        proxy = cls(target)
        await proxy._listen(0)
        try:
            yield proxy
        finally:
            await proxy._hang_up()

    @contextmanager
    def under(self, fault: Fault) -> Iterator[None]:
        """The fault for as long as the body runs."""
        self.fault = fault
        try:
            yield
        finally:
            self.fault = ""

    async def go_down(self) -> None:
        """Closes the port and drops every connection."""
        self.fault = "down"
        await self._hang_up()

    async def come_back(self) -> None:
        """Listens again, at the same port."""
        self.fault = ""
        await self._listen(int(self.endpoint.rpartition(":")[2]))

    async def _listen(self, port: int) -> None:
        self._server = await serve(self._relay, "127.0.0.1", port, **OPTIONS)
        self.endpoint = f"ws://127.0.0.1:{next(iter(self._server.sockets)).getsockname()[1]}"

    async def _hang_up(self) -> None:
        assert self._server is not None
        self._server.close(close_connections=False)
        for connection in list(self._connections):
            connection.transport.abort()
        await self._server.wait_closed()

    async def _relay(self, client: ServerConnection) -> None:
        self._connections.add(client)
        try:
            # The chain may be down, or either side gone at any moment: then this connection is over.
            with contextlib.suppress(WebSocketException, OSError, TimeoutError):
                async with connect(self._target, **OPTIONS) as upstream:
                    back = asyncio.create_task(self._answers(upstream, client))
                    try:
                        async for frame in client:
                            if self.fault != "mute":
                                await upstream.send(frame)
                    finally:
                        back.cancel()
        finally:
            self._connections.discard(client)
            client.transport.abort()

    async def _answers(self, upstream: Any, client: ServerConnection) -> None:
        with contextlib.suppress(WebSocketException, OSError):
            async for frame in upstream:
                new_block = "chain_newHead" in frame[:200] or "chain_finalizedHead" in frame[:200]
                if self.fault != "mute" and not (self.fault == "frozen" and new_block):
                    await client.send(frame)
        client.transport.abort()
