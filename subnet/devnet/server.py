"""The websocket in front of a node.

At the end connections are dropped without a goodbye: the SDK hangs on a polite close while a request or a
subscription is open, and reports a lost connection at once.
"""

from __future__ import annotations

import asyncio
import errno
import json
import logging
from http import HTTPStatus
from typing import Any

from websockets.asyncio.server import Server as WebsocketServer
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from subnet.devnet.node import Node
from subnet.devnet.producer import Producer
from subnet.devnet.rpc.answer import LARGEST_FRAME, answer
from subnet.devnet.rpc.session import Session
from subnet.errors import ConditionError

log = logging.getLogger(__name__)
_connections = logging.getLogger(f"{__name__}.connections")

_LARGEST_READ = 2 * LARGEST_FRAME  # what is too big is answered, and what is far too big ends the connection
_MOST_CONNECTIONS = 900  # below the 1024 open files that systems commonly allow a process
# Updates that wait for a client that does not read; with more it is dropped. Many such clients share what there is
_MOST_WAITING, _LEAST_WAITING, _WAITING_IN_ALL = 10_000, 1_000, 100_000


def _is_no_probe(record: logging.LogRecord) -> bool:
    """Whether a record is worth a line: whoever looks at a port and goes without a handshake is not."""
    return record.msg != "opening handshake failed"


_connections.addFilter(_is_no_probe)


class Server:
    """Serves one node on one port until it is closed."""

    def __init__(self, node: Node, producer: Producer) -> None:
        self.node, self.producer = node, producer
        self._server: WebsocketServer | None = None
        self._connections: set[ServerConnection] = set()

    async def open(self, host: str, port: int) -> int:
        """Listens, on a free port for 0, and returns the port; raises ConditionError when it is taken."""
        try:
            self._server = await serve(
                self._serve,
                host,
                port,
                compression=None,
                max_size=_LARGEST_READ,
                process_request=self._admit,
                ping_interval=None,  # a client that computes for a minute without answering is not gone
                logger=_connections,
            )
        except OSError as error:
            raise _cannot_listen(host, port, error) from None
        return int(next(iter(self._server.sockets)).getsockname()[1])

    async def close(self) -> None:
        """Stops listening and drops all connections."""
        if self._server is None:
            return
        self._server.close(close_connections=False)
        for connection in list(self._connections):
            connection.transport.abort()
        await self._server.wait_closed()

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Refuses a handshake when there are too many clients, as other nodes do."""
        if len(self._connections) < _MOST_CONNECTIONS:
            return None
        return connection.respond(
            HTTPStatus.TOO_MANY_REQUESTS, "Too many connections. Please try again later.\n"
        )

    def _most_waiting(self) -> int:
        fair = _WAITING_IN_ALL // max(1, len(self._connections))
        return min(_MOST_WAITING, max(_LEAST_WAITING, fair))

    async def _serve(self, connection: ServerConnection) -> None:
        waiting: asyncio.Queue[str] = asyncio.Queue()

        def send(message: dict[str, Any]) -> None:
            if waiting.qsize() < self._most_waiting():
                waiting.put_nowait(json.dumps(message))
            else:
                connection.transport.abort()

        session = Session(self.node, self.producer, send)
        self._connections.add(connection)
        backlog = waiting.qsize
        self.producer.backlogs.add(backlog)
        updates = asyncio.create_task(_send_updates(connection, waiting))
        try:
            async for frame in connection:
                reply = await answer(session, frame)
                if reply is not None:
                    await connection.send(reply)
        except ConnectionClosed:
            log.debug("a client is gone")
        finally:
            self._connections.discard(connection)
            self.producer.backlogs.discard(backlog)
            session.close()
            updates.cancel()


async def _send_updates(connection: ServerConnection, waiting: asyncio.Queue[str]) -> None:
    try:
        while True:
            await connection.send(await waiting.get())
    except ConnectionClosed:
        return


def _cannot_listen(host: str, port: int, error: OSError) -> ConditionError:
    if error.errno == errno.EADDRINUSE:
        return ConditionError(
            f"port {port} on {host} is taken: stop what listens there, or choose another --port"
        )
    return ConditionError(
        f"cannot listen on {host}:{port}: {error.strerror}; choose another --host or --port"
    )
