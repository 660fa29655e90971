"""A client's HTTP connections: one request at a time on each, kept for the next one, bounded in what they read.

There is nothing here that a hostile peer could use: no redirects, no cookies, no proxies, no decompression, no
names to resolve. What is read of a reply is bounded by its status: an answer's size, or a refusal's few bytes.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ssl import SSLError
from typing import cast

import httptools

from subnet.errors import TransportError
from subnet.protocol import MAX_TOKENS, Address
from subnet.transport.reading import Reading
from subnet.transport.tls import WrongKey, asking_context, check_pinned

EVENTS = b"text/event-stream"
"""The type of a body that comes piece by piece."""

KEEP_ALIVE_SECONDS = 60.0
"""Idle connections are dropped before the server's own limit, so that no request meets a closing socket."""

MAX_HEAD_BYTES = 16 * 1024
"""Status line and headers, those of interim replies included."""

MOST_PARTS = 4 * MAX_TOKENS
"""In how many parts a body may come: a chunk for each token would be honest, a chunk for each byte is not."""

FRAMING = 2
"""How many times the bytes of a longest body a reply may have on the wire, with all that frames its chunks."""


class Lost(TransportError):
    """A connection could not be had, or ended before a byte of the reply; `kept` says that it was an old one."""

    def __init__(self, detail: str, kept: bool) -> None:
        super().__init__(detail)
        self.kept = kept


class NotHttp(TransportError):
    """What came back is no HTTP reply."""


class TooMuch(TransportError):
    """What came back is longer than a reply may be."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Most bytes of a reply's body: of a 200, of any other status, of which no more is read, and of a 200 that
    comes piece by piece.
    """

    answer: int
    refusal: int
    stream: int = 0


Take = Callable[[bytes], None]
"""Takes what comes of a streamed body; may raise a TransportError, which ends the exchange."""


@dataclass(slots=True)
class Fetched:
    """A whole reply; headers by lower-case name. The body of a long refusal is left out."""

    status: int
    headers: Mapping[bytes, bytes]
    body: bytes


class Calls:
    """Connections to any number of addresses; close it at the end."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._idle: dict[Address, deque[_Line]] = {}
        self._swept = 0.0
        self._tls = asking_context()

    async def exchange(self, address: Address, request: bytes, take: Take | None = None) -> Fetched:
        """The reply to a request's bytes. Raises Lost, NotHttp or TooMuch; the caller owns the deadline.

        With `take` the body of a 200 that is a stream of events goes there as it comes, and what `take` raises
        is raised here.
        """
        line, kept = self._kept(address), True
        if line is None:
            line, kept = await self._connected(address), False
        try:
            fetched = await line.exchange(request, kept, take)
        except BaseException:
            # Whoever leaves a connection in the middle of a reply leaves it for good.
            line.abort()
            raise
        if line.reusable:
            self._keep(address, line)
        return fetched

    def close(self) -> None:
        """Closes the idle connections."""
        for lines in self._idle.values():
            for line in lines:
                line.abort()
        self._idle.clear()

    def _kept(self, address: Address) -> _Line | None:
        """The connection that was used last, if it is young enough."""
        lines = self._idle.get(address)
        while lines:
            line = lines.pop()
            if line.reusable and line.idle_for() < KEEP_ALIVE_SECONDS:
                return line
            line.abort()
        return None

    async def _connected(self, address: Address) -> _Line:
        """A new connection; with the key that the chain shows, or none, before a byte of a request is sent."""
        loop = asyncio.get_running_loop()
        try:
            transport, line = await loop.create_connection(
                lambda: _Line(self._bounds),
                address.host,
                address.port,
                ssl=self._tls if address.key else None,
            )
        except SSLError as failure:
            raise Lost(f"TLS: {failure.reason or 'no handshake'}", kept=False) from None
        except OSError as failure:
            over = "TLS: " if address.key else ""
            raise Lost(f"{over}{type(failure).__name__}", kept=False) from None
        try:
            if address.key:
                check_pinned(transport.get_extra_info("ssl_object"), address.key)
        except WrongKey as failure:
            line.abort()
            raise Lost(str(failure), kept=False) from None
        return line

    def _keep(self, address: Address, line: _Line) -> None:
        self._idle.setdefault(address, deque()).append(line)
        now = asyncio.get_running_loop().time()
        if now - self._swept > KEEP_ALIVE_SECONDS:
            self._swept = now
            for lines in self._idle.values():
                while lines and lines[0].idle_for() >= KEEP_ALIVE_SECONDS:
                    lines.popleft().abort()
            self._idle = {address: lines for address, lines in self._idle.items() if lines}


class _Line(Reading):
    """One connection, and the reply that is being read from it."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport = cast(asyncio.Transport, None)
        self._reply: asyncio.Future[Fetched] | None = None
        self._kept = False
        self._take: Take | None = None
        self._most = bounds.answer
        self._got = self._parts = 0
        self._used = 0.0
        self.reusable = True

    async def exchange(self, request: bytes, kept: bool, take: Take | None) -> Fetched:
        """Sends a request; returns its reply."""
        self._kept = kept
        self._take = take
        self._most = self._bounds.answer
        self._got = self._parts = 0
        self._read = 0
        self._in_head = True
        self._headers: dict[bytes, bytes] = {}
        self._body = bytearray()
        self._reply = self._loop.create_future()
        self._transport.write(request)
        return await self._reply

    def idle_for(self) -> float:
        """Seconds since the last reply."""
        return self._loop.time() - self._used

    def abort(self) -> None:
        """Closes at once."""
        self.reusable = False
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the transport."""
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tells who waits for a reply that there will be none."""
        self.reusable = False
        self._fail(
            NotHttp("the reply broke off") if self._reply and self._read else Lost("closed", self._kept)
        )

    def data_received(self, data: bytes) -> None:
        """Reads on, as far as the bounds allow."""
        if self._reply is None or self._reply.done():
            return self.abort()
        self._read += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._fail(NotHttp("no HTTP reply"))
        if self._in_head and self._read > MAX_HEAD_BYTES:
            self._fail(NotHttp("headers without end"))
        elif self._read > MAX_HEAD_BYTES + FRAMING * self._most:
            self._fail(TooMuch("a body without end"))
        return None

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header; of two of a name the last one counts, and none that comes after the body."""
        if self._in_head:
            self._headers[name.lower()] = value

    def on_headers_complete(self) -> None:
        """Ends here when the body is declared to be longer than allowed."""
        if self._parser.get_status_code() < 200:
            self._headers.clear()
            return
        self._in_head = False
        if self._parser.get_status_code() != 200 or self._headers.get(b"content-type") != EVENTS:
            self._take = None
        elif self._take is not None:
            self._most = self._bounds.stream
        declared = self._headers.get(b"content-length", b"")
        if declared.isdigit():
            self._check(int(declared[:12]))
        elif b"transfer-encoding" not in self._headers:
            self._fail(NotHttp("a reply without length"))

    def on_body(self, data: bytes) -> None:
        """A piece of the body."""
        if self._reply is None or self._reply.done():
            return
        self._got += len(data)
        self._parts += 1
        self._check(self._got)
        if self._parts > MOST_PARTS:
            self._fail(TooMuch("more parts than an answer may have"))
        if self._take is None:
            self._body += data
        elif not self._reply.done():
            self._hand_on(data)

    def on_message_complete(self) -> None:
        """The reply is whole, or was an interim one."""
        if self._in_head or self._reply is None or self._reply.done():
            return
        self.reusable = self.reusable and self._parser.should_keep_alive()
        self._used = self._loop.time()
        self._reply.set_result(Fetched(self._parser.get_status_code(), self._headers, bytes(self._body)))

    def _hand_on(self, data: bytes) -> None:
        assert self._take is not None
        try:
            self._take(data)
        except TransportError as failure:
            # Kept for whoever waits: nothing is raised through the parser.
            self._fail(failure)

    def _check(self, size: int) -> None:
        status = self._parser.get_status_code()
        if status == 200 and size > self._most:
            self._fail(TooMuch("more bytes than an answer may have"))
        elif status != 200 and size > self._bounds.refusal and self._reply and not self._reply.done():
            self._reply.set_result(Fetched(status, self._headers, b""))
            self.abort()

    def _fail(self, failure: TransportError) -> None:
        if self._reply is not None and not self._reply.done():
            self._reply.set_exception(failure)
            self.abort()
