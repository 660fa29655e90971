"""A miner in several processes: fronts check and sign, one desk remembers and answers.

sr25519 is what a query costs, and one process has one core for it; so signatures are checked, and receipts are
signed, in as many front processes as are wanted. All that must be one stays in one process: nonces (a replay to
another front meets the same memory), quotas, places, and the model, which is loaded once. A front holds no
state that a restart could lose.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable, Mapping
from functools import partial
from ssl import SSLContext
from typing import Any

from subnet.protocol import Heard, Hotkey
from subnet.transport.desk import Answered, Desk
from subnet.transport.frames import (
    Kind,
    Line,
    packed_answer,
    packed_denial,
    packed_query,
    unpacked_answer,
    unpacked_denial,
    unpacked_query,
)
from subnet.transport.listening import serving
from subnet.transport.refusals import Denied
from subnet.transport.server import Admit, Health, Server
from subnet.transport.signing import Signer

Told = Callable[[Mapping[str, Any]], None]


class Relay:
    """In a front: answers by asking the desk over a line."""

    def __init__(self, told: Told) -> None:
        """`told` is called with each list of callers that the desk sends."""
        self._told = told
        self._line: Line | None = None
        self._asked: dict[int, tuple[asyncio.Future[Answered], Heard | None]] = {}
        self._number = 0
        self.ready = asyncio.Event()

    async def connect(self, end: socket.socket) -> Line:
        """The line to the desk."""
        self._line = await Line.over(end, self._received)
        return self._line

    def answered(
        self, caller: Hotkey, nonce_ns: int, body: bytes, heard: Heard | None = None
    ) -> asyncio.Future[Answered]:
        """The desk's answer, or its Denied; cancelling it ends the work at the desk."""
        assert self._line is not None
        self._number = number = (self._number + 1) & 0xFFFFFFFF
        answer: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
        answer.add_done_callback(partial(self._settled, number))
        self._asked[number] = answer, heard
        self._line.send(Kind.QUERY, number, packed_query(caller, nonce_ns, body))
        return answer

    def _settled(self, number: int, answer: asyncio.Future[Answered]) -> None:
        del self._asked[number]
        if answer.cancelled() and self._line is not None:
            self._line.send(Kind.CANCEL, number)

    def _received(self, kind: Kind, number: int, payload: bytes) -> None:
        if kind == Kind.CALLERS:
            self._told(json.loads(payload))
            self.ready.set()
            return
        answer, heard = self._asked.get(number, (None, None))
        if answer is None or answer.done():
            return
        if kind == Kind.PIECE:
            if heard is not None:
                heard(payload.decode())
        elif kind == Kind.ANSWERED:
            answer.set_result(unpacked_answer(payload))
        else:
            answer.set_exception(unpacked_denial(payload))


class Hub:
    """Beside the desk: answers what the fronts ask."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lines: list[Line] = []
        self._callers = b""

    async def connect(self, end: socket.socket) -> Line:
        """The line to one more front."""
        asked: dict[int, asyncio.Task[None]] = {}

        async def answer(number: int, payload: bytes) -> None:
            def heard(text: str) -> None:
                line.send(Kind.PIECE, number, text.encode())

            try:
                answered = await self._desk.answered(*unpacked_query(payload), heard)
            except Denied as denied:
                line.send(Kind.DENIED, number, packed_denial(denied))
            else:
                line.send(Kind.ANSWERED, number, packed_answer(answered))
            finally:
                del asked[number]

        def received(kind: Kind, number: int, payload: bytes) -> None:
            if kind == Kind.QUERY:
                asked[number] = asyncio.create_task(answer(number, payload))
            elif kind == Kind.CANCEL and number in asked:
                asked[number].cancel()

        line = await Line.over(end, received)
        self._lines.append(line)
        if self._callers:
            line.send(Kind.CALLERS, 0, self._callers)
        return line

    def tell(self, callers: Mapping[str, Any]) -> None:
        """Sends every front, later ones too, who may call; fronts serve nobody before that."""
        self._callers = json.dumps(callers).encode()
        for line in self._lines:
            line.send(Kind.CALLERS, 0, self._callers)

    def close(self) -> None:
        """Ends all lines, upon which the fronts end."""
        for line in self._lines:
            line.close()


async def front(
    signer: Signer,
    listener: socket.socket,
    end: socket.socket,
    admit: Admit,
    told: Told,
    tls: SSLContext | None = None,
    health: Health = lambda: {"ready": True},
) -> None:
    """Serves as one front until the desk's end of the line is closed."""
    relay = Relay(told)
    line = await relay.connect(end)
    line.closed.add_done_callback(lambda _: relay.ready.set())
    await relay.ready.wait()
    if not line.closed.done():
        async with serving(Server(signer, relay, admit, health), listener, tls, shares=True):
            await line.closed
