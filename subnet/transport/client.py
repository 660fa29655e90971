"""A validator's end of the wire: signed queries to many peers at once, under one deadline.

A peer is hostile until it has answered: its address, its bytes, their number, their pace and their shape are
checked here, and whatever it does ends as a `Reply` of its own, never as a failure of the round.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from collections.abc import AsyncGenerator, Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from subnet.errors import TransportError
from subnet.protocol import (
    MAX_ANSWER_BYTES,
    QUERY_PATH,
    Address,
    Answer,
    Failure,
    Heard,
    Hotkey,
    Peer,
    Query,
    Reply,
)
from subnet.transport.addresses import refusal
from subnet.transport.answers import NotAnAnswer, parsed
from subnet.transport.calling import Bounds, Calls, Lost, NotHttp, TooMuch
from subnet.transport.deadlines import Deadlines
from subnet.transport.events import MAX_STREAM_BYTES, Events, NotAStream
from subnet.transport.receipts import HEADER, Kept, NotAReceipt, Receipt, received
from subnet.transport.signing import ALLOWED_SKEW, SECOND, Signer, signed

log = logging.getLogger(__name__)

HEADERS = "Content-Type: application/json\r\nAccept-Encoding: identity\r\nUser-Agent: assay\r\n"
RECEIPT = HEADER.lower().encode()
FAILURES: dict[int, Failure] = {401: "refused", 403: "refused", 404: "refused", 429: "busy", 503: "busy"}

ERROR_WORD = re.compile(r"[a-z][a-z-]{0,31}")
MAX_ERROR_BYTES = 2048
PAUSE_SECONDS = 10.0
"""How long a streamed answer may stand still."""

MUCH_OFF = ALLOWED_SKEW / 2
"""Seconds from which on two clocks count as different."""

MOST_OFF = 86_400.0
"""Seconds by which a peer's clock may differ and still be followed; nobody's clock is honestly off by more."""


class Unanswered(TransportError):
    """A peer gave no answer; `failure` says in which way, the message holds nothing of the peer's own words.

    `clock_ahead` is by how many seconds the peer's clock is ahead of ours, where that is the reason.
    """

    def __init__(self, failure: Failure, detail: str, clock_ahead: float | None = None) -> None:
        super().__init__(detail)
        self.failure: Failure = failure
        self.clock_ahead = clock_ahead


@dataclass(slots=True)
class Exchange:
    """One answered request: the payload that was signed, the reply's body, and the receipt's header."""

    payload: bytes
    raw: bytes
    receipt: bytes | None


@dataclass(slots=True)
class Asked:
    """A checked answer with its receipt, and the bytes of query and exchange that it speaks of."""

    answer: Answer
    receipt: Receipt
    body: bytes
    exchange: Exchange

    def kept(self) -> Kept:
        """The receipt with its evidence."""
        return Kept.model_construct(
            receipt=self.receipt,
            asked=self.exchange.payload.decode(),
            query=self.body.decode(),
            answer=self.exchange.raw.decode(),
        )


@dataclass(frozen=True, slots=True)
class Unproven:
    """A piece of a text that is being made: nothing vouches for it until the answer's receipt has come."""

    text: str


@dataclass(frozen=True, slots=True)
class Proven:
    """The whole answer, of which the pieces were the text, and the peer's receipt for it with its evidence."""

    answer: Answer
    kept: Kept


class Client:
    """Asks peers on behalf of one hotkey over kept connections; use it as an async context manager.

    With `allow_private` peers at loopback and private addresses are asked, too: for local networks only.
    """

    def __init__(self, signer: Signer, allow_private: bool = False) -> None:
        self._signer = signer
        self._allow_private = allow_private
        self._calls = Calls(Bounds(MAX_ANSWER_BYTES, MAX_ERROR_BYTES, MAX_STREAM_BYTES))
        self._deadlines = Deadlines()
        self._allowed: set[Address] = set()
        self._ahead: dict[Hotkey, float] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes all connections."""
        self._calls.close()

    async def ask(self, peer: Peer, query: Query) -> Answer:
        """The peer's answer within `query.seconds`. Raises Unanswered, a TransportError."""
        return (await self._in_time(peer, query)).answer

    async def ask_kept(self, peer: Peer, query: Query) -> tuple[Answer, Kept]:
        """As `ask`; also the peer's receipt with its evidence, for a file."""
        asked = await self._in_time(peer, query)
        return asked.answer, asked.kept()

    async def _in_time(self, peer: Peer, query: Query) -> Asked:
        task = self._deadlines.begin(query.seconds)
        try:
            return await self._ask(peer, query)
        except asyncio.CancelledError:
            if not self._deadlines.passed(task):
                raise
            raise Unanswered("timeout", f"no answer within {query.seconds:g} s") from None
        finally:
            self._deadlines.end(task)

    async def stream(
        self, peer: Peer, query: Query, pause_seconds: float = PAUSE_SECONDS
    ) -> AsyncGenerator[Unproven | Proven, None]:
        """The peer's answer as it is made: pieces, and at the end the whole of it with its receipt.

        All within `query.seconds`, and after the first piece never more than `pause_seconds` without another.
        Raises Unanswered, also after pieces came. Who leaves early closes the generator (`contextlib.aclosing`),
        upon which the peer's work is cancelled.
        """
        said: asyncio.Queue[str | None] = asyncio.Queue()
        asking = asyncio.ensure_future(
            self._ask(peer, query.model_copy(update={"stream": True}), said.put_nowait)
        )
        asking.add_done_callback(lambda _: said.put_nowait(None))
        until, pause = asyncio.get_running_loop().time() + query.seconds, query.seconds
        try:
            while (text := await _next(said, until, pause)) is not None:
                yield Unproven(text)
                pause = pause_seconds
            asked = asking.result()
            yield Proven(asked.answer, asked.kept())
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)

    async def ask_all(self, peers: Iterable[Peer], query: Query, seconds: float) -> dict[Hotkey, Reply]:
        """Every peer's reply to one query after at most `seconds`; silence is a reply, too."""
        return await self.ask_each(dict.fromkeys(peers, query), seconds)

    async def ask_each(self, queries: Mapping[Peer, Query], seconds: float) -> dict[Hotkey, Reply]:
        """Every peer's reply to its own query after at most `seconds`, all peers under one deadline."""
        deadline = asyncio.get_running_loop().time() + seconds
        async with asyncio.TaskGroup() as group:
            asked = {
                peer.hotkey: group.create_task(self._reply(peer, query, deadline))
                for peer, query in queries.items()
            }
        return {hotkey: task.result() for hotkey, task in asked.items()}

    async def _reply(self, peer: Peer, query: Query, deadline: float) -> Reply:
        """The peer's reply before `deadline`, a time of the event loop's clock."""
        began = time.perf_counter()
        try:
            async with asyncio.timeout_at(deadline):
                answer = (await self._ask(peer, query)).answer
            return Reply(answer, time.perf_counter() - began)
        except Unanswered as missing:
            failure, detail = missing.failure, str(missing)
        except TimeoutError:
            failure, detail = "timeout", "no answer before the deadline"
        except Exception as bug:  # noqa: BLE001 - whatever a peer's bytes set off in a library must not end the round
            log.error("asking %s raised %s", peer.hotkey, type(bug).__name__)
            failure, detail = "error", type(bug).__name__
        return Reply.missing(failure, time.perf_counter() - began, detail)

    async def _ask(self, peer: Peer, query: Query, heard: Heard = lambda text: None) -> Asked:
        """The peer's answer; pieces of one that is streamed go to `heard`, before anything vouches for them."""
        address, body = self._checked(peer.address), query.model_dump_json().encode()
        events = Events(heard) if query.stream else None
        try:
            exchange = await self._exchange(address, peer.hotkey, body, events)
        except Unanswered as refused:
            if refused.clock_ahead is None or not self._follow(peer.hotkey, refused.clock_ahead):
                raise
            exchange = await self._exchange(address, peer.hotkey, body, events)
        try:
            answer = parsed(exchange.raw, query.id)
            if events is not None and events.text != answer.text:
                raise NotAnAnswer("the pieces are not the answer's text")
            receipt = received(exchange.receipt, exchange.payload, exchange.raw, answer.model, peer.hotkey)
        except (NotAnAnswer, NotAReceipt) as failure:
            raise Unanswered("malformed", str(failure)) from None
        return Asked(answer, receipt, body, exchange)

    def _follow(self, peer: Hotkey, seconds: float) -> bool:
        """Signs by the peer's own clock from now on; whether that differs from what was done until now.

        A request is good at this one peer only, so that a false clock harms nobody but who shows it.
        """
        if abs(seconds - self._ahead.get(peer, 0.0)) < MUCH_OFF:
            return False
        self._ahead[peer] = seconds
        way = "ahead of" if seconds > 0 else "behind"
        log.warning("%s's clock is %.1f s %s this machine's; following it", peer, abs(seconds), way)
        return True

    def _checked(self, address: Address | None) -> Address:
        if address is None:
            raise Unanswered("unreachable", "no address published")
        if address not in self._allowed:
            reason = refusal(address.host, self._allow_private)
            if reason is not None or not 0 < address.port < 1 << 16:
                raise Unanswered("unreachable", f"address not asked: {reason or 'no TCP port'}")
            self._allowed.add(address)
        return address

    async def _exchange(
        self, address: Address, receiver: Hotkey, body: bytes, events: Events | None
    ) -> Exchange:
        """A 200 reply.

        When a kept connection turns out to be closed, the query is sent once more, under a fresh signature:
        that says nothing about the peer.
        """
        try:
            try:
                return await self._post(address, receiver, body, events)
            except Lost as lost:
                if not lost.kept:
                    raise
                return await self._post(address, receiver, body, events)
        except Lost as lost:
            raise Unanswered("unreachable", str(lost)) from None
        except TooMuch as failure:
            raise Unanswered("oversized", str(failure)) from None
        except (NotHttp, NotAStream) as failure:
            raise Unanswered("malformed", str(failure)) from None

    async def _post(self, address: Address, receiver: Hotkey, body: bytes, events: Events | None) -> Exchange:
        nonce_ns = time.time_ns() + round(self._ahead.get(receiver, 0.0) * SECOND)
        signature, payload = signed(self._signer, body, receiver, nonce_ns)
        take = None if events is None else events.take
        reply = await self._calls.exchange(address, _request(address, signature, body), take)
        if reply.status != 200:
            raise _refused(reply.status, reply.body)
        if reply.headers.get(b"content-encoding", b"identity") != b"identity":
            raise Unanswered("malformed", "a compressed reply")
        if events is None:
            return Exchange(payload, reply.body, reply.headers.get(RECEIPT))
        if events.refused is not None:
            raise _refused(*events.refused)
        if events.answer is None:
            raise Unanswered("malformed", "not a whole stream of events")
        return Exchange(payload, events.answer, events.receipt)


def _request(address: Address, signature: Mapping[str, str], body: bytes) -> bytes:
    host = f"[{address.host}]" if ":" in address.host else address.host
    lines = "".join([f"{name}: {value}\r\n" for name, value in signature.items()])
    head = f"POST {QUERY_PATH} HTTP/1.1\r\nHost: {host}:{address.port}\r\n{HEADERS}{lines}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def _next(said: asyncio.Queue[str | None], until: float, pause: float) -> str | None:
    """The next piece, None at the end of the reply. Raises Unanswered when it does not come in time."""
    if not said.empty():
        return said.get_nowait()
    left = until - asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout(min(left, pause)):
            return await said.get()
    except TimeoutError:
        why = "no whole answer in time" if left <= pause else f"no more of the answer for {pause:g} s"
        raise Unanswered("timeout", why) from None


def _refused(status: int, body: bytes) -> Unanswered:
    word, clock = _told(body)
    failure, detail = FAILURES.get(status, "error"), f"HTTP {status}{word}"
    if clock is None or word != " stale":
        return Unanswered(failure, detail)
    ahead = clock - time.time()
    return Unanswered(failure, f"{detail}: the peer's clock is {ahead:+.1f} s against this one", ahead)


def _told(body: bytes) -> tuple[str, float | None]:
    """The peer's own fixed word for a refusal, when it gave one and it is nothing but a word, and its clock."""
    try:
        told = json.loads(body)
        word, clock = told["error"], told.get("time")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return "", None
    known = isinstance(word, str) and ERROR_WORD.fullmatch(word)
    plausible = isinstance(clock, float) and abs(clock - time.time()) < MOST_OFF
    return f" {word}" if known else "", clock if plausible else None
