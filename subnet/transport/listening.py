"""The sockets under a server, and how many connections it holds: all together, and for one host."""

from __future__ import annotations

import asyncio
import errno
import resource
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ssl import SSLContext

from subnet.errors import ConditionError, SettingsError
from subnet.protocol import Address
from subnet.transport.connection import Connection
from subnet.transport.incoming import Handler
from subnet.transport.turns import Turns, Unbounded

MAX_CONNECTIONS = 4096
MAX_CONNECTIONS_PER_HOST = 512
MAX_TLS_CONNECTIONS = 1024
"""Fewer, because asyncio holds a quarter of a megabyte for each."""

OTHER_FILES = 256
"""Open files that a miner needs besides its callers' connections."""

SWEEP_SECONDS = 0.1
"""How late a connection's deadline may be noticed."""

GRACE_SECONDS = 1.0
"""What running requests get at shutdown."""


def listen(host: str, port: int, shared: bool = False) -> socket.socket:
    """A bound TCP socket; port 0 takes a free one.

    Raises SettingsError for an address that is not this machine's, ConditionError for a port that is taken or
    not for this user.

    With `shared` further sockets of the same user may be bound to the same port, and the kernel spreads
    connections over them.
    """
    try:
        infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        family, kind, proto, _, target = infos[0]
        listener = socket.socket(family, kind, proto)
    except OSError:
        raise SettingsError(f"--host {host} is not an IP address of this machine") from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(target)
        listener.listen(MAX_CONNECTIONS)
    except OSError as failure:
        listener.close()
        reason = (failure.strerror or "refused").lower()
        wrong = ConditionError if failure.errno in (errno.EADDRINUSE, errno.EACCES) else SettingsError
        raise wrong(f"cannot listen on {host}:{port}: {reason}; choose --host, --port") from None
    listener.setblocking(False)
    return listener


def address_of(listener: socket.socket) -> Address:
    """Where a bound socket listens."""
    host, port = listener.getsockname()[:2]
    return Address(host, port)


@asynccontextmanager
async def serving(
    handler: Handler, listener: socket.socket, tls: SSLContext | None = None, *, shares: bool = False
) -> AsyncIterator[Address]:
    """Serves a bound socket while the block runs; ends within about GRACE_SECONDS after it.

    `shares` says that other processes wait for this one's event loop, or it for theirs.
    """
    most = most_connections()
    connections = Connections(handler, min(most, MAX_TLS_CONNECTIONS) if tls else most, tls)
    if shares:
        connections.turns = Turns()
    server = await asyncio.get_running_loop().create_server(
        connections.connect, sock=listener, backlog=MAX_CONNECTIONS
    )
    connections.sweep()
    address = address_of(listener)
    try:
        yield address
    finally:
        server.close()
        await connections.close()


def most_connections() -> int:
    """How many connections this process may hold; asks the system for as many open files as that takes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_CONNECTIONS + OTHER_FILES
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return min(MAX_CONNECTIONS, soft - OTHER_FILES)


class Connections:
    """The open connections of one server, each under its deadline.

    When all `most` are taken, a newcomer takes the place of the oldest one that has proven nothing: strangers
    who hold connections open keep nobody out.
    """

    def __init__(self, handler: Handler, most: int = MAX_CONNECTIONS, tls: SSLContext | None = None) -> None:
        self._handler = handler
        self.turns: Turns | Unbounded = Unbounded()
        self._tls = tls
        self._most = most
        self._open: dict[Connection, None] = {}
        self._by_host: Counter[str] = Counter()
        self._sweeping: asyncio.TimerHandle | None = None

    def connect(self) -> Connection:
        """The protocol of a connection that was just accepted."""
        return Connection(self._handler, self, self._tls)

    def add(self, connection: Connection) -> bool:
        """Whether the server and the other side's host have room for one more; it is removed either way."""
        self._open[connection] = None
        self._by_host[connection.host] += 1
        if self._by_host[connection.host] > MAX_CONNECTIONS_PER_HOST:
            return False
        if len(self._open) <= self._most:
            return True
        idle = (each for each in self._open if not each.proven and not each.busy and each is not connection)
        oldest = next(idle, None)
        if oldest is not None:
            oldest.end()
        return oldest is not None

    def remove(self, connection: Connection) -> None:
        """Forgets a connection that is closed."""
        self._open.pop(connection, None)
        self._by_host[connection.host] -= 1
        if self._by_host[connection.host] <= 0:
            del self._by_host[connection.host]

    def sweep(self) -> None:
        """Expires what is due, now and again until `close`."""
        loop = asyncio.get_running_loop()
        self._sweeping = loop.call_later(SWEEP_SECONDS, self.sweep)
        now = loop.time()
        for connection in [each for each in self._open if each.deadline <= now]:
            connection.expire()

    async def close(self) -> None:
        """Closes idle connections, gives running requests the grace period, then ends them."""
        loop = asyncio.get_running_loop()
        until = loop.time() + GRACE_SECONDS
        while any(each.busy for each in self._open) and loop.time() < until:
            for connection in [each for each in self._open if not each.busy]:
                connection.end()
            await asyncio.sleep(0.02)
        for connection in list(self._open):
            connection.end()
        await asyncio.sleep(0.02)
        if self._sweeping is not None:
            self._sweeping.cancel()
