"""The socket under a server, and the bounds of a connection before a request is complete.

uvicorn runs the application; what it leaves open to strangers is closed here: connections that never finish
their headers, headers without end, and one address that takes all connections.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from subnet.errors import SettingsError
from subnet.protocol import Address

MAX_HEAD_BYTES = 16 * 1024
HEAD_SECONDS = 5.0
"""Time for a request's headers; also the time within which a new connection must say something."""

MAX_CONNECTIONS = 1024
MAX_CONNECTIONS_PER_HOST = 128
KEEP_ALIVE_SECONDS = 75
"""Longer than clients keep idle connections, so that it is the client who closes: no request meets a closing
socket."""

GRACE_SECONDS = 1
"""What running requests get at shutdown."""

NOT_HTTP = b'{"error":"malformed","detail":"not an HTTP request"}'
BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\nconnection: close\r\n" + (
    b"content-length: %d\r\n\r\n" % len(NOT_HTTP) + NOT_HTTP
)


def listen(host: str, port: int) -> socket.socket:
    """A bound TCP socket; port 0 takes a free one. Raises SettingsError when it cannot be had."""
    try:
        infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        family, kind, proto, _, target = infos[0]
        listener = socket.socket(family, kind, proto)
    except OSError:
        raise SettingsError(f"--host {host} is not an IP address of this machine") from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(target)
        listener.listen(MAX_CONNECTIONS)
    except OSError as failure:
        listener.close()
        reason = (failure.strerror or "refused").lower()
        raise SettingsError(f"cannot listen on {host}:{port}: {reason}; choose --host, --port") from None
    listener.setblocking(False)
    return listener


def address_of(listener: socket.socket) -> Address:
    """Where a bound socket listens."""
    host, port = listener.getsockname()[:2]
    return Address(host, port)


@asynccontextmanager
async def serving(app: Any, listener: socket.socket) -> AsyncIterator[Address]:
    """Serves an ASGI application on a bound socket while the block runs; ends within about 1.5 s after it."""
    config = uvicorn.Config(
        app,
        http=BoundedProtocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    config.load()
    server = uvicorn.Server(config)
    # Its parts instead of `serve`, which would take the signals of the process it is part of.
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listener])
    try:
        yield address_of(listener)
    finally:
        await server.shutdown(sockets=[listener])


class BoundedProtocol(HttpToolsProtocol):
    """One connection, with a deadline and a size for the headers of each request."""

    _in_head = True
    _head_bytes = 0
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Hangs up at once when the server, or the other side's host, holds too many connections."""
        super().connection_made(transport)
        self._start_head_timer()
        held = len(self.connections)
        if held > MAX_CONNECTIONS or held > MAX_CONNECTIONS_PER_HOST < self._held_by_its_host():
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Drops the deadline with the connection."""
        self._stop_head_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Counts and times what arrives between two requests' headers."""
        if self._in_head:
            self._head_bytes += len(data)
            self._start_head_timer()
        super().data_received(data)
        if self._in_head and self._head_bytes > MAX_HEAD_BYTES:
            self.transport.abort()

    def send_400_response(self, msg: str) -> None:
        """Tells in JSON, as every refusal, that this is not HTTP."""
        self.transport.write(BAD_REQUEST)
        self.transport.close()

    def on_headers_complete(self) -> None:
        """Ends the count; from here the application bounds bytes and time."""
        self._in_head = False
        self._stop_head_timer()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Starts the count for the next request on this connection."""
        self._in_head = True
        self._head_bytes = 0
        super().on_message_complete()

    def _held_by_its_host(self) -> int:
        others = (getattr(other, "client", None) for other in self.connections)
        return sum(1 for client in others if client and self.client and client[0] == self.client[0])

    def _start_head_timer(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
