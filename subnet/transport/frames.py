"""The line between a miner's front processes and its one desk: length-prefixed frames over a socket pair.

Both ends are ours and of one user; what strangers send was checked before it comes here. Frames that are sent
within one turn of the event loop leave in one write, so that under load a system call carries many of them.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Callable
from enum import IntEnum
from typing import Any, cast

from subnet.protocol import Hotkey
from subnet.transport.desk import Answered
from subnet.transport.reading import Reading
from subnet.transport.refusals import Denied

HEADER = struct.Struct("<IBI")
QUERY = struct.Struct("<QB")
ANSWER = struct.Struct("<QHB")


class Kind(IntEnum):
    """What a frame says. QUERY and CANCEL go to the desk, the others to a front."""

    QUERY = 1
    CANCEL = 2
    ANSWERED = 3
    DENIED = 4
    CALLERS = 5
    PIECE = 6


Receive = Callable[[Kind, int, bytes], None]
"""Takes a frame's kind, number and payload."""


class Line(Reading):
    """One end of a line; `closed` is done when the other end is gone."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._loop = asyncio.get_running_loop()
        self._transport = cast(asyncio.Transport, None)
        self._unread = b""
        self._unsent: list[bytes] = []
        self.closed: asyncio.Future[None] = self._loop.create_future()

    @classmethod
    async def over(cls, end: socket.socket, receive: Receive) -> Line:
        """A line over one end of a socket pair, which it owns from now on."""
        loop = asyncio.get_running_loop()
        _, line = await loop.create_unix_connection(lambda: cls(receive), sock=end)
        return line

    def send(self, kind: Kind, number: int, payload: bytes = b"") -> None:
        """Sends a frame, together with others of this turn."""
        if not self._unsent:
            self._loop.call_soon(self._flush)
        self._unsent.append(HEADER.pack(len(payload), kind, number) + payload)

    def close(self) -> None:
        """Ends the line."""
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the transport."""
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tells who waits for the end."""
        if not self.closed.done():
            self.closed.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Hands on every whole frame."""
        data = self._unread + data if self._unread else data
        at, size = 0, len(data)
        while size - at >= HEADER.size:
            length, kind, number = HEADER.unpack_from(data, at)
            begin = at + HEADER.size
            if size - begin < length:
                break
            at = begin + length
            self._receive(Kind(kind), number, data[begin:at])
        self._unread = data[at:]

    def _flush(self) -> None:
        data, self._unsent = b"".join(self._unsent), []
        if not self._transport.is_closing():
            self._transport.write(data)


def packed_query(caller: Hotkey, nonce_ns: int, body: bytes) -> bytes:
    """A query as a payload."""
    name = caller.encode()
    return QUERY.pack(nonce_ns, len(name)) + name + body


def unpacked_query(payload: bytes) -> tuple[Hotkey, int, bytes]:
    """Caller, nonce and body of a query."""
    nonce_ns, length = QUERY.unpack_from(payload)
    begin = QUERY.size + length
    return Hotkey(payload[QUERY.size : begin].decode()), nonce_ns, payload[begin:]


def packed_answer(answered: Answered) -> bytes:
    """An answer as a payload."""
    model = answered.model.encode()
    return ANSWER.pack(answered.block, len(model), answered.streamed) + model + answered.body


def unpacked_answer(payload: bytes) -> Answered:
    """The answer in a payload."""
    block, length, streamed = ANSWER.unpack_from(payload)
    begin = ANSWER.size + length
    return Answered(payload[begin:], payload[ANSWER.size : begin].decode(), block, bool(streamed))


def packed_denial(denied: Denied) -> bytes:
    """A refusal as a payload."""
    told: dict[str, Any] = {"status": denied.status, "error": denied.error, "detail": denied.detail}
    more = {"close": denied.close, "retry_after": denied.retry_after, "time": denied.time}
    return json.dumps(told | more).encode()


def unpacked_denial(payload: bytes) -> Denied:
    """The refusal in a payload."""
    return Denied(**json.loads(payload))
