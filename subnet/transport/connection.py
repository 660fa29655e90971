"""One HTTP connection: its phases, and the deadline of each before anybody has vouched for the other side.

One request is answered at a time; who sends the next one early loses the connection after the reply. A
deadline is a number that one sweep over all connections looks at, since a timer per request would cost more
than the rest of the framing.
"""

from __future__ import annotations

import asyncio
import logging
import math
from ssl import SSLContext
from typing import Any, Protocol, cast

from subnet.transport import events
from subnet.transport.incoming import Handler, Incoming, Work
from subnet.transport.reading import Reading
from subnet.transport.refusals import Denied, Response, where_raised
from subnet.transport.speaking import Speaking
from subnet.transport.turns import Turns, Unbounded

log = logging.getLogger(__name__)

HEAD_SECONDS = 5.0
"""Time for a request's headers; also the time within which a new connection must say something."""

BODY_SECONDS = 5.0
KEEP_ALIVE_SECONDS = 75.0
"""Longer than clients keep idle connections, so that it is the client who closes: no request meets a closing
socket."""

WRITE_SECONDS = 10.0
"""Time for the other side to read a reply that did not fit into the socket's buffer."""

DRAIN_SECONDS = 1.0
"""How long the rest of a refused body is thrown away, so that the refusal is read before the connection breaks."""

MOST_REFUSED = 100
"""Requests without a proven sender that one connection may bring."""

TOO_SLOW = Denied(408, "too-slow", "the request's body did not arrive in time", close=True)
STOPPING = Denied(503, "stopping", "this server is shutting down", close=True, retry_after=5)
BROKEN = Denied(500, "internal", "this server made a mistake", close=True)


class Keeper(Protocol):
    """Who holds the connections of a server, and says when their requests are taken up."""

    turns: Turns | Unbounded

    def add(self, connection: Connection) -> bool:
        """Whether there is room for it."""
        ...

    def remove(self, connection: Connection) -> None:
        """Forgets it."""
        ...


class Connection(Reading):
    """One client's connection, from accept to close; `deadline` is the loop's time at which it expires."""

    def __init__(self, handler: Handler, keeper: Keeper, tls: SSLContext | None = None) -> None:
        self._keeper = keeper
        self._tls = tls
        self._shaking: asyncio.Task[None] | None = None
        self._early = b""
        self._lost = False
        self._loop = asyncio.get_running_loop()
        self._incoming = Incoming(handler)
        self._transport: asyncio.Transport = cast(asyncio.Transport, None)
        self._work: Work | None = None
        self._speaking: Speaking | None = None
        self._full = False
        self._draining = False
        self._refused = 0
        self.deadline = math.inf

    @property
    def host(self) -> str:
        """The other side's IP address."""
        return self._incoming.source.host

    @property
    def proven(self) -> bool:
        """Whether an accepted request came over it."""
        return self._incoming.source.proven

    @property
    def busy(self) -> bool:
        """Whether a request is being answered, or waits for its turn."""
        return self._work is not None or (self._incoming.complete and not self._transport.is_closing())

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Hangs up at once when the keeper has no room; so a TLS handshake, too, takes one of the places."""
        self._transport = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername")
        self._incoming.source.host = peer[0] if peer else ""
        self._due_in(HEAD_SECONDS)
        if not self._keeper.add(self):
            self._transport.abort()
        elif self._tls is not None:
            self._transport.pause_reading()
            self._shaking = self._loop.create_task(self._shake_hands(self._tls))

    async def _shake_hands(self, tls: SSLContext) -> None:
        """Goes on over TLS, or ends; it has the time that any new connection has to say something."""
        try:
            over = await self._loop.start_tls(
                self._transport,
                self,
                tls,
                server_side=True,
                ssl_handshake_timeout=HEAD_SECONDS,
                ssl_shutdown_timeout=DRAIN_SECONDS,
            )
        except OSError:
            over = None
        self._shaking = None
        if over is None:
            # The other side was gone before the end of the handshake: nobody else will say so.
            self.connection_lost(None)
            return
        self._transport = over
        if self._early:
            self.data_received(self._early)

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends the work that nobody waits for any more."""
        if self._lost:
            return
        self._lost = True
        self._keeper.remove(self)
        self.deadline = math.inf
        if self._work is not None:
            self._work.future.cancel()

    def data_received(self, data: bytes) -> None:
        """Reads on; refuses or starts to answer as soon as the bytes allow."""
        incoming = self._incoming
        if self._draining:
            return
        if self._shaking is not None:
            # It came with the handshake's last bytes, and must not be answered around TLS.
            self._early += data
            return
        if self.busy:
            incoming.early = True
            self._transport.pause_reading()
            return
        if incoming.head_bytes == 0:
            self._due_in(HEAD_SECONDS)
        in_head = incoming.opened is None
        incoming.feed(data)
        if incoming.denied is not None:
            self._refuse(incoming.denied)
        elif incoming.complete:
            self._keeper.turns.take(self._answer)
        elif incoming.endless:
            self._transport.abort()
        elif in_head and incoming.opened is not None:
            self._due_in(BODY_SECONDS)
            if incoming.hesitates:
                self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def pause_writing(self) -> None:
        """The other side does not read: a streamed reply waits for it, for a while."""
        self._full = True
        if self._speaking is not None:
            self._speaking.stuck = True
            self._due_in(WRITE_SECONDS)

    def resume_writing(self) -> None:
        """It reads again."""
        self._full = False
        if self._speaking is not None:
            self._speaking.go_on()
            if not self._speaking.stuck:
                self.deadline = math.inf

    def expire(self) -> None:
        """What is due at the deadline: a word to who sends a body too slowly, the end for everybody else."""
        self.deadline = math.inf
        if self._incoming.opened is not None and not self._incoming.complete and not self._draining:
            self._refuse(TOO_SLOW)
        else:
            self._transport.abort()

    def end(self) -> None:
        """Ends the connection: at once when it is idle, else with the reply that tells why."""
        if self._work is not None:
            self._work.future.cancel()
        else:
            self._transport.close()

    def _answer(self) -> None:
        if self._transport.is_closing():
            return
        self.deadline = math.inf
        try:
            result = self._incoming.answered(self._heard)
        except Denied as denied:
            self._refuse(denied)
        else:
            if isinstance(result, Response):
                self._reply(result)
            else:
                self._work = result
                result.future.add_done_callback(self._worked)

    def _worked(self, future: asyncio.Future[Any]) -> None:
        work, self._work = self._work, None
        assert work is not None
        try:
            self._reply(work.finish(future))
        except Denied as denied:
            self._refuse(denied)
        except asyncio.CancelledError:
            # Cancelled because the server ends; of a caller that hung up there is nobody to tell.
            self._incoming.last = True
            self._refuse(STOPPING)
        except Exception as bug:  # noqa: BLE001 - one request's bug must not end a server; no text, it may quote the prompt
            log.error("answering raised %s at %s", type(bug).__name__, where_raised(bug))
            self._refuse(BROKEN)

    def _heard(self, text: str) -> None:
        """Sends a piece of the reply that is being made."""
        if self._work is not None and not self._transport.is_closing():
            self._spoken().say(text)

    def _spoken(self) -> Speaking:
        if self._speaking is None:
            self._speaking = Speaking(self._transport, self._incoming.last, self._full)
            if self._full:
                self._due_in(WRITE_SECONDS)
        return self._speaking

    def _refuse(self, denied: Denied) -> None:
        """Sends a refusal.

        A whole request leaves the connection usable: one that is refused on a kept connection costs a fraction
        of one that comes on a new connection. What is left of a body is thrown away for a moment.
        """
        if self._speaking is not None:
            self._reply(Response(denied.status, events.failure(denied), streamed=True))
        elif self._incoming.complete:
            self._refused += denied.close
            self._incoming.last |= self._refused >= MOST_REFUSED
            self._reply(denied.response())
        elif denied.close:
            self._drain(denied)
        else:
            self._incoming.last = True
            self._reply(denied.response())

    def _drain(self, denied: Denied) -> None:
        if self._transport.is_closing():
            return
        self._draining = True
        self._transport.write(denied.response().encoded(last=True))
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._due_in(DRAIN_SECONDS)

    def _reply(self, response: Response) -> None:
        if self._transport.is_closing():
            return
        last = self._incoming.last or self._incoming.early
        if response.streamed:
            self._spoken().end(response.body)
            self._speaking = None
        else:
            self._transport.write(response.encoded(last))
        self._due_in(WRITE_SECONDS if self._transport.get_write_buffer_size() else KEEP_ALIVE_SECONDS)
        if last:
            self._transport.close()
        else:
            self._incoming.expect()

    def _due_in(self, seconds: float) -> None:
        self.deadline = self._loop.time() + seconds
