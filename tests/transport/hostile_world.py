"""The ground on which hostile endpoints stand: real sockets, a canary that nobody may touch, and what was asked."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from ssl import SSLContext
from typing import Any

from bittensor.sp_core import Keypair

from subnet.protocol import Address, Coldkey, Hotkey, Peer
from subnet.transport.receipts import issue
from subnet.transport.signing import claimed


@dataclass
class Canary:
    """An inner service on IPv4 and IPv6 loopback that no round may reach; `hits` counts its connections."""

    port: int = 0
    hits: int = 0
    servers: list[asyncio.Server] = field(default_factory=list)

    @classmethod
    @asynccontextmanager
    async def standing(cls) -> AsyncIterator[Canary]:
        """A canary that listens while the block runs."""
        canary = cls()

        async def touched(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            canary.hits += 1
            writer.close()

        canary.servers.append(await asyncio.start_server(touched, "0.0.0.0", 0))
        canary.port = canary.servers[0].sockets[0].getsockname()[1]
        with contextlib.suppress(OSError):  # a machine without IPv6 cannot be reached over it either
            canary.servers.append(await asyncio.start_server(touched, "::1", canary.port))
        try:
            yield canary
        finally:
            for server in canary.servers:
                server.close()


@dataclass
class Asked:
    """One request at a hostile endpoint, and what it takes to answer it rightly or wrongly."""

    keys: Keypair
    canary: Canary
    head: bytes
    body: bytes
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    kept: dict[str, bytes]
    """What the endpoint remembers from one request to the next."""

    @property
    def query_id(self) -> str:
        """The id of the query."""
        return str(json.loads(self.body)["id"])

    def answer(self, **changes: Any) -> bytes:
        """The JSON of a right answer, with changes."""
        right = {"version": "assay/1", "query_id": self.query_id, "text": "42", "model": "m", "tokens": 1}
        return json.dumps({**right, **changes}).encode()

    def receipt(self, body: bytes, keys: Keypair | None = None, model: str = "m") -> str:
        """The header line by which the endpoint's hotkey, or another, vouches for a reply to this request."""
        signer = keys or self.keys
        payload = self.claim().payload(self.body)
        return ": ".join(issue(signer, payload, body, model, 7))

    def claim(self) -> Any:
        """What the request's headers claim."""
        lines = (line.split(": ", 1) for line in self.head.decode().split("\r\n")[1:] if line)
        return claimed({name.lower(): value for name, value in lines}, Hotkey(self.keys.ss58_address))

    def http(self, body: bytes, *headers: str, status: str = "200 OK") -> bytes:
        """A reply's bytes, its length declared."""
        return self.head_of(f"Content-Length: {len(body)}", *headers, status=status) + body

    def head_of(self, *headers: str, status: str = "200 OK") -> bytes:
        """A reply's head."""
        return ("\r\n".join((f"HTTP/1.1 {status}", *headers)) + "\r\n\r\n").encode()

    def vouched(self, body: bytes, *headers: str) -> bytes:
        """A reply with a receipt that holds: only what it says can be wrong with it."""
        return self.http(body, self.receipt(body), *headers)

    async def send(self, *parts: bytes, pause: float = 0.0) -> None:
        """Sends the parts, and stays until the other side goes."""
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()
            await asyncio.sleep(pause)
        while await self.reader.read(65536):
            pass

    async def for_ever(self, part: bytes, pause: float = 0.0) -> None:
        """Sends the part again and again until the other side goes."""
        while True:
            self.writer.write(part)
            await self.writer.drain()
            await asyncio.sleep(pause)


Handle = Callable[[Asked], Awaitable[None]]
Raw = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@cache
def keys_of(name: str) -> Keypair:
    """The hotkey of a named endpoint."""
    return Keypair.create_from_uri(f"//{''.join(c if c.isalnum() else '-' for c in name)}")


def peer_at(name: str, address: Address) -> Peer:
    """A named endpoint as the chain shows it."""
    return Peer(Hotkey(keys_of(name).ss58_address), Coldkey("cold"), 0, address, 0, False, 0.0, 0.0, 0, 0, 0)


class Ground:
    """Sockets with endpoints behind them; `peers` are the endpoints by name, as the chain shows them."""

    def __init__(self, canary: Canary) -> None:
        self.canary = canary
        self.peers: dict[str, Peer] = {}
        self._servers: list[asyncio.Server] = []
        self._running: set[asyncio.Task[Any]] = set()

    async def stand(self, name: str, serve: Raw, key: str = "", context: SSLContext | None = None) -> None:
        """Puts an endpoint behind a socket of its own, over TLS when there is a context; `key` is what the chain
        shows.
        """

        async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._running.add(asyncio.current_task())
            try:
                await serve(reader, writer)
            except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                pass  # the asker has hung up, as it should, or the test is over
            finally:
                writer.close()

        server = await asyncio.start_server(guarded, "127.0.0.1", 0, ssl=context)
        self._servers.append(server)
        port = server.sockets[0].getsockname()[1]
        self.peers[name] = peer_at(name, Address("127.0.0.1", port, key))

    def spoken(self, name: str, handle: Handle) -> Raw:
        """An endpoint that reads a request before it does anything."""
        kept: dict[str, bytes] = {}

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            body = await reader.readexactly(length)
            await handle(Asked(keys_of(name), self.canary, head, body, reader, writer, kept))

        return serve

    async def clear(self) -> None:
        """Ends everything."""
        for server in self._servers:
            server.close()
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running)


@asynccontextmanager
async def standing(handlers: Mapping[str, Handle], canary: Canary) -> AsyncIterator[Ground]:
    """A ground with every named handler on it."""
    ground = Ground(canary)
    for name, handle in handlers.items():
        await ground.stand(name, ground.spoken(name, handle))
    try:
        yield ground
    finally:
        await ground.clear()
