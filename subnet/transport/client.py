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
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import aiohttp
from pydantic import ValidationError
from yarl import URL

from subnet.errors import TransportError
from subnet.protocol import MAX_ANSWER_BYTES, QUERY_PATH, Address, Answer, Failure, Hotkey, Peer, Query, Reply
from subnet.transport.addresses import refusal
from subnet.transport.receipts import HEADER, Kept, NotAReceipt, received
from subnet.transport.signing import ALLOWED_SKEW, SECOND, Signer, sign, signed_payload

log = logging.getLogger(__name__)

KEEP_ALIVE_SECONDS = 60.0
"""Idle connections are dropped before the server's own limit, so that no query meets a closing socket."""

HEADERS = {"Content-Type": "application/json", "Accept-Encoding": "identity", "User-Agent": "assay"}
FAILURES: dict[int, Failure] = {401: "refused", 403: "refused", 404: "refused", 429: "busy", 503: "busy"}
LOST = (aiohttp.ServerDisconnectedError, OSError)
"""A connection that could not be had or broke; aiohttp's own connection failures are OSErrors."""

ERROR_WORD = re.compile(r"[a-z][a-z-]{0,31}")
MAX_ERROR_BYTES = 2048
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


@dataclass(frozen=True, slots=True)
class Exchange:
    """One answered request: the payload that was signed, the reply's body, and the receipt's header."""

    payload: bytes
    raw: bytes
    receipt: str | None


class Client:
    """Asks peers on behalf of one hotkey over kept connections; use it as an async context manager.

    With `allow_private` peers at loopback and private addresses are asked, too: for local networks only.
    """

    def __init__(self, signer: Signer, allow_private: bool = False) -> None:
        self._signer = signer
        self._allow_private = allow_private
        self._session: aiohttp.ClientSession | None = None
        self._ahead: dict[Hotkey, float] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def ask(self, peer: Peer, query: Query) -> Answer:
        """The peer's answer within `query.seconds`. Raises Unanswered, a TransportError."""
        return (await self.ask_kept(peer, query))[0]

    async def ask_kept(self, peer: Peer, query: Query) -> tuple[Answer, Kept]:
        """As `ask`; also the peer's receipt with its evidence, for a file."""
        try:
            async with asyncio.timeout(query.seconds):
                return await self._ask(peer, query)
        except TimeoutError:
            raise Unanswered("timeout", f"no answer within {query.seconds:g} s") from None

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
                answer, _ = await self._ask(peer, query)
            return Reply(answer, time.perf_counter() - began)
        except Unanswered as missing:
            failure, detail = missing.failure, str(missing)
        except TimeoutError:
            failure, detail = "timeout", "no answer before the deadline"
        except Exception as bug:  # noqa: BLE001 - whatever a peer's bytes set off in a library must not end the round
            log.error("asking %s raised %s", peer.hotkey, type(bug).__name__)
            failure, detail = "error", type(bug).__name__
        return Reply.missing(failure, time.perf_counter() - began, detail)

    async def _ask(self, peer: Peer, query: Query) -> tuple[Answer, Kept]:
        url, body = self._url(peer.address), query.model_dump_json().encode()
        try:
            exchange = await self._exchange(url, peer.hotkey, body)
        except Unanswered as refused:
            if refused.clock_ahead is None or peer.hotkey in self._ahead:
                raise
            self._follow(peer.hotkey, refused.clock_ahead)
            exchange = await self._exchange(url, peer.hotkey, body)
        answer = _parsed(exchange.raw, query.id)
        try:
            receipt = received(exchange.receipt, exchange.payload, exchange.raw, answer.model, peer.hotkey)
        except NotAReceipt as failure:
            raise Unanswered("malformed", str(failure)) from None
        return answer, Kept.model_construct(
            receipt=receipt,
            asked=exchange.payload.decode(),
            query=body.decode(),
            answer=exchange.raw.decode(),
        )

    def _follow(self, peer: Hotkey, seconds: float) -> None:
        """Signs by the peer's own clock from now on: a request is good at this one peer only, so that a false
        clock harms nobody but who shows it.
        """
        self._ahead[peer] = seconds
        way = "ahead of" if seconds > 0 else "behind"
        log.warning("%s's clock is %.1f s %s this machine's; following it", peer, abs(seconds), way)

    def _url(self, address: Address | None) -> URL:
        if address is None:
            raise Unanswered("unreachable", "no address published")
        reason = refusal(address.host, self._allow_private)
        if reason is not None or not 0 < address.port < 1 << 16:
            raise Unanswered("unreachable", f"address not asked: {reason or 'no TCP port'}")
        return URL.build(scheme="http", host=address.host, port=address.port, path=QUERY_PATH)

    async def _exchange(self, url: URL, receiver: Hotkey, body: bytes) -> Exchange:
        """A 200 reply.

        A lost connection is tried once more, under a fresh signature: that a kept connection was closed
        meanwhile says nothing about the peer.
        """
        try:
            try:
                return await self._post(url, receiver, body)
            except LOST:
                return await self._post(url, receiver, body)
        except LOST as lost:
            raise Unanswered("unreachable", type(lost).__name__) from None
        except (aiohttp.ClientError, ValueError) as failure:
            raise Unanswered("malformed", f"not HTTP: {type(failure).__name__}") from None

    async def _post(self, url: URL, receiver: Hotkey, body: bytes) -> Exchange:
        nonce_ns = time.time_ns() + round(self._ahead.get(receiver, 0.0) * SECOND)
        signature = sign(self._signer, body, receiver, nonce_ns=nonce_ns)
        async with self._connections().post(
            url, data=body, headers={**HEADERS, **signature}, allow_redirects=False
        ) as response:
            raw = await _body(response)
        return Exchange(signed_payload(signature, body, receiver), raw, response.headers.get(HEADER))

    def _connections(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                # No limit: a pool that hostile peers can fill would make honest ones wait.
                connector=aiohttp.TCPConnector(
                    limit=0, keepalive_timeout=KEEP_ALIVE_SECONDS, use_dns_cache=False
                ),
                timeout=aiohttp.ClientTimeout(total=None),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
            )
        return self._session


async def _body(response: aiohttp.ClientResponse) -> bytes:
    """The body of a plain 200 reply of at most MAX_ANSWER_BYTES, read no further than that."""
    if response.status != 200:
        word, clock = await _told(response)
        failure, detail = FAILURES.get(response.status, "error"), f"HTTP {response.status}{word}"
        if clock is None or word not in (" stale", " starting"):
            raise Unanswered(failure, detail)
        ahead = clock - time.time()
        raise Unanswered(failure, f"{detail}: the peer's clock is {ahead:+.1f} s against this one", ahead)
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise Unanswered("malformed", "a compressed reply")
    if (response.content_length or 0) > MAX_ANSWER_BYTES:
        raise Unanswered("oversized", "declared more bytes than an answer may have")
    return await _bounded(response, MAX_ANSWER_BYTES)


async def _bounded(response: aiohttp.ClientResponse, most: int) -> bytes:
    received = bytearray()
    async for chunk in response.content.iter_any():
        received += chunk
        if len(received) > most:
            raise Unanswered("oversized", "sent more bytes than an answer may have")
    return bytes(received)


async def _told(response: aiohttp.ClientResponse) -> tuple[str, float | None]:
    """The peer's own fixed word for a refusal, when it gave one and it is nothing but a word, and its clock."""
    if not 0 < (response.content_length or 0) <= MAX_ERROR_BYTES:
        return "", None
    try:
        told = json.loads(await _bounded(response, MAX_ERROR_BYTES))
        word, clock = told["error"], told.get("time")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return "", None
    known = isinstance(word, str) and ERROR_WORD.fullmatch(word)
    plausible = isinstance(clock, float) and ALLOWED_SKEW / 2 < abs(clock - time.time()) < MOST_OFF
    return f" {word}" if known else "", clock if plausible else None


def _parsed(raw: bytes, query_id: str) -> Answer:
    try:
        answer = Answer.model_validate_json(raw)
    except ValidationError as failure:
        kind = failure.errors(include_url=False, include_context=False, include_input=False)[0]["type"]
        raise Unanswered("malformed", f"not an answer: {kind}") from None
    if answer.query_id != query_id:
        raise Unanswered("malformed", "an answer to another query")
    return answer
