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
from types import TracebackType
from typing import Self

import aiohttp
from pydantic import ValidationError
from yarl import URL

from subnet.errors import TransportError
from subnet.protocol import MAX_ANSWER_BYTES, QUERY_PATH, Address, Answer, Failure, Hotkey, Peer, Query, Reply
from subnet.transport.addresses import refusal
from subnet.transport.signing import Signer, sign

log = logging.getLogger(__name__)

KEEP_ALIVE_SECONDS = 60.0
"""Idle connections are dropped before the server's own limit, so that no query meets a closing socket."""

HEADERS = {"Content-Type": "application/json", "Accept-Encoding": "identity", "User-Agent": "assay"}
FAILURES: dict[int, Failure] = {401: "refused", 403: "refused", 404: "refused", 429: "busy", 503: "busy"}
LOST = (aiohttp.ServerDisconnectedError, OSError)
"""A connection that could not be had or broke; aiohttp's own connection failures are OSErrors."""

ERROR_WORD = re.compile(r"[a-z][a-z-]{0,31}")
MAX_ERROR_BYTES = 2048


class Unanswered(TransportError):
    """A peer gave no answer; `failure` says in which way, the message holds nothing of the peer's own words."""

    def __init__(self, failure: Failure, detail: str) -> None:
        super().__init__(detail)
        self.failure: Failure = failure


class Client:
    """Asks peers on behalf of one hotkey over kept connections; use it as an async context manager.

    With `allow_private` peers at loopback and private addresses are asked, too: for local networks only.
    """

    def __init__(self, signer: Signer, allow_private: bool = False) -> None:
        self._signer = signer
        self._allow_private = allow_private
        self._session: aiohttp.ClientSession | None = None

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
                answer = await self._ask(peer, query)
            return Reply(answer, time.perf_counter() - began)
        except Unanswered as missing:
            failure, detail = missing.failure, str(missing)
        except TimeoutError:
            failure, detail = "timeout", "no answer before the deadline"
        except Exception as bug:  # noqa: BLE001 - whatever a peer's bytes set off in a library must not end the round
            log.error("asking %s raised %s", peer.hotkey, type(bug).__name__)
            failure, detail = "error", type(bug).__name__
        return Reply.missing(failure, time.perf_counter() - began, detail)

    async def _ask(self, peer: Peer, query: Query) -> Answer:
        url = self._url(peer.address)
        return _parsed(await self._exchange(url, peer.hotkey, query.model_dump_json().encode()), query.id)

    def _url(self, address: Address | None) -> URL:
        if address is None:
            raise Unanswered("unreachable", "no address published")
        reason = refusal(address.host, self._allow_private)
        if reason is not None or not 0 < address.port < 1 << 16:
            raise Unanswered("unreachable", f"address not asked: {reason or 'no TCP port'}")
        return URL.build(scheme="http", host=address.host, port=address.port, path=QUERY_PATH)

    async def _exchange(self, url: URL, receiver: Hotkey, body: bytes) -> bytes:
        """The bytes of a 200 reply.

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

    async def _post(self, url: URL, receiver: Hotkey, body: bytes) -> bytes:
        headers = {**HEADERS, **sign(self._signer, body, receiver)}
        async with self._connections().post(
            url, data=body, headers=headers, allow_redirects=False
        ) as response:
            return await _body(response)

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
        failure = FAILURES.get(response.status, "error")
        raise Unanswered(failure, f"HTTP {response.status}{await _error_word(response)}")
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


async def _error_word(response: aiohttp.ClientResponse) -> str:
    """The peer's own fixed word for a refusal, when it gave one and it is nothing but a word."""
    if not 0 < (response.content_length or 0) <= MAX_ERROR_BYTES:
        return ""
    try:
        word = json.loads(await _bounded(response, MAX_ERROR_BYTES))["error"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return f" {word}" if isinstance(word, str) and ERROR_WORD.fullmatch(word) else ""


def _parsed(raw: bytes, query_id: str) -> Answer:
    try:
        answer = Answer.model_validate_json(raw)
    except ValidationError as failure:
        kind = failure.errors(include_url=False, include_context=False, include_input=False)[0]["type"]
        raise Unanswered("malformed", f"not an answer: {kind}") from None
    if answer.query_id != query_id:
        raise Unanswered("malformed", "an answer to another query")
    return answer
