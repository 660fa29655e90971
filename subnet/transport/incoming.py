"""The bytes of one request as they arrive: parsed by httptools, bounded, and shown to a handler by its head.

Nothing is raised inside the parser's callbacks; what is wrong is kept in `denied` for the connection to tell.
Values that are made for every request are not frozen: freezing trebles what they cost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httptools

from subnet.protocol import MAX_QUERY_BYTES, Heard
from subnet.transport.doubt import Source
from subnet.transport.refusals import Denied, Response

MAX_HEAD_BYTES = 16 * 1024
MAX_BODY_BYTES = MAX_QUERY_BYTES


@dataclass(slots=True)
class Head:
    """A request's first part: method, target as sent, headers by lower-case name, and where it came from."""

    method: bytes
    target: bytes
    headers: dict[bytes, bytes]
    source: Source


@dataclass(slots=True)
class Work:
    """What a reply waits for, and how it becomes one: `finish` takes the ended future and may raise Denied.

    A future and a function, not a coroutine, because a task for every request is a good part of its cost.
    """

    future: asyncio.Future[Any]
    finish: Callable[[asyncio.Future[Any]], Response]


Opened = Callable[[bytes, Heard], Response | Work]
"""Takes the whole body, and who hears the pieces of a reply that is streamed; returns the reply or the work that
ends in it, or raises Denied."""

Handler = Callable[[Head], Opened]
"""Looks at a head; raises Denied to refuse before the body is read."""


class Incoming:
    """One request after the other, each from its first byte to its last.

    `opened` is set once the handler agreed to the head, `complete` when the whole request is here, `last`
    when its sender wants no other reply on this connection, and `early` when more came than one request.
    """

    opened: Opened | None
    denied: Denied | None
    complete: bool
    early: bool
    last: bool
    head_bytes: int

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self.source = Source()
        self._parser = httptools.HttpRequestParser(self)
        self.expect()

    def expect(self) -> None:
        """Makes ready for the next request."""
        self.opened = self.denied = None
        self.complete = self.early = self.last = False
        self.head_bytes = self._body_bytes = 0
        self._target = b""
        self._headers: dict[bytes, bytes] = {}
        self._body: list[bytes] = []

    def feed(self, data: bytes) -> None:
        """Reads on."""
        if self.opened is None:
            self.head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.denied = self.denied or Denied(400, "malformed", "not an HTTP request", close=True)
            self.last = True

    @property
    def endless(self) -> bool:
        """Whether the headers are longer than any honest ones."""
        return self.opened is None and self.head_bytes > MAX_HEAD_BYTES

    @property
    def hesitates(self) -> bool:
        """Whether the sender waits for a word before it sends the body."""
        return not self.complete and self._headers.get(b"expect", b"").lower() == b"100-continue"

    def answered(self, heard: Heard) -> Response | Work:
        """What becomes of the whole request. Raises Denied."""
        assert self.opened is not None
        return self.opened(self._body[0] if len(self._body) == 1 else b"".join(self._body), heard)

    def on_url(self, target: bytes) -> None:
        """A piece of the request's target."""
        if self.complete:
            self.early = True
        else:
            self._target += target

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        if self.early:
            return
        key = name.lower()
        if key in self._headers:
            self.denied = Denied(400, "malformed", "a header is given twice", close=True)
        self._headers[key] = value

    def on_headers_complete(self) -> None:
        """Lets the handler look at the head."""
        if self.early or self.denied is not None:
            return
        try:
            method = self._parser.get_method()
            self.opened = self._handler(Head(method, self._target, self._headers, self.source))
        except Denied as denied:
            self.denied = denied

    def on_body(self, data: bytes) -> None:
        """A piece of the body."""
        if self.early or self.denied is not None:
            return
        self._body_bytes += len(data)
        if self._body_bytes > MAX_BODY_BYTES:
            self.denied = Denied(
                413, "too-large", f"a request has at most {MAX_BODY_BYTES} bytes", close=True
            )
        else:
            self._body.append(data)

    def on_message_complete(self) -> None:
        """The request is whole."""
        if not self.early:
            self.complete = True
            self.last = not self._parser.should_keep_alive()
