"""A miner's end of the wire: a plain ASGI application that answers signed queries.

Checks run cheapest first, and what a stranger can cause stays small: method and path, shape of the headers,
declared length, whether the claimed caller is served at all; only then the body is read, the signature
checked, and the body parsed. Every refusal is a small JSON object; neither replies nor logs repeat prompts.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from subnet.errors import BackendBusy, BackendError, Refused
from subnet.protocol import MAX_ANSWER_BYTES, MAX_QUERY_BYTES, QUERY_PATH, VERSION, Answer, Hotkey, Query
from subnet.transport.places import Places
from subnet.transport.signing import Nonces, TooManyRequests, Unauthenticated, claimed_caller, verified

log = logging.getLogger(__name__)

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Admit = Callable[[Hotkey], None]
AnswerQuery = Callable[[Hotkey, Query], Awaitable[Answer]]
JSON = (b"content-type", b"application/json")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one server gives to all callers, to one caller, and to one request."""

    concurrency: int = 64
    per_caller: int = 32
    body_seconds: float = 5.0
    answer_seconds: float = 120.0


class Denied(Exception):
    """A request that gets no answer: the HTTP status, a fixed word, and a line for the caller.

    `close` ends the connection: it spares the server a body that nobody has vouched for.
    """

    def __init__(self, status: int, error: str, detail: str, close: bool = False) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.detail = detail
        self.close = close


class Gone(Exception):
    """The caller hung up before the answer was there."""


class Server:
    """Answers the queries that callers signed for `hotkey`, at QUERY_PATH; `/health` is open to everybody.

    `admit` raises Refused for a caller that is not served; it is called before a body is read, so it must not
    wait for anything. `answer` may raise BackendBusy (told as 429) or BackendError (500), and is cancelled at
    the deadline or when the caller hangs up.
    """

    def __init__(
        self,
        hotkey: Hotkey,
        answer: AnswerQuery,
        admit: Admit,
        limits: Limits | None = None,
        nonces: Nonces | None = None,
    ) -> None:
        self._hotkey = hotkey
        self._answer = answer
        self._admit = admit
        self._limits = limits or Limits()
        self._nonces = Nonces() if nonces is None else nonces
        self._places = Places(self._limits.concurrency, self._limits.per_caller)

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """One HTTP request (ASGI)."""
        try:
            await self._handle(scope, receive, send)
        except Denied as denied:
            await _refuse(send, denied)
        except asyncio.CancelledError:
            # Only a server that ends cancels a request; the reply is all that is left to do.
            await _refuse(send, Denied(503, "stopping", "this server is shutting down", close=True))
        except Gone:
            log.debug("a caller hung up")

    async def _handle(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["path"] == "/health" and scope["method"] == "GET":
            return await _respond(send, 200, self._health())
        caller, headers = self._claim(scope)
        body = await _body(receive, self._limits.body_seconds)
        try:
            await _respond(send, 200, await self._answered(headers, body, receive))
        except Denied as denied:
            # Before the signature holds, anybody could fill the log in the caller's name.
            level = logging.DEBUG if denied.status == 401 else logging.INFO
            log.log(level, "denied %s: %d %s", caller, denied.status, denied.error)
            raise

    def _claim(self, scope: Mapping[str, Any]) -> tuple[Hotkey, dict[str, str]]:
        if (scope["method"], scope["path"], scope["query_string"]) != ("POST", QUERY_PATH, b""):
            raise Denied(404, "not-found", f"POST {QUERY_PATH} or GET /health", close=True)
        headers = _headers(scope["headers"])
        _check_length(headers)
        try:
            caller = claimed_caller(headers, self._hotkey)
            self._admit(caller)
        except Unauthenticated as failure:
            raise Denied(401, failure.reason, str(failure), close=True) from None
        except Refused as failure:
            raise Denied(403, "not-served", str(failure), close=True) from None
        return caller, headers

    async def _answered(self, headers: Mapping[str, str], body: bytes, receive: Receive) -> bytes:
        try:
            caller = verified(headers, body, self._hotkey, self._nonces)
        except Unauthenticated as failure:
            raise Denied(401, failure.reason, str(failure)) from None
        except TooManyRequests as failure:
            raise Denied(429, "too-many-requests", str(failure)) from None
        query = _parsed(body)
        if not self._places.take(caller):
            raise Denied(429, "busy", "too many queries are being answered")
        try:
            answer = await self._in_time(caller, query, receive)
        finally:
            self._places.give_back(caller)
        raw = answer.model_dump_json().encode()
        if len(raw) > MAX_ANSWER_BYTES:
            raise Denied(500, "backend-failed", "the miner's backend failed")
        return raw

    async def _in_time(self, caller: Hotkey, query: Query, receive: Receive) -> Answer:
        work = asyncio.ensure_future(self._worked(caller, query))
        hung_up = asyncio.ensure_future(receive())
        seconds = min(query.seconds, self._limits.answer_seconds)
        try:
            done, _ = await asyncio.wait(
                {work, hung_up}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
            )
            if work in done:
                return work.result()
        finally:
            for task in (work, hung_up):
                task.add_done_callback(_noticed)
                task.cancel()
        if done:
            raise Gone
        raise Denied(503, "too-slow", f"no answer within {seconds:g} s")

    async def _worked(self, caller: Hotkey, query: Query) -> Answer:
        try:
            return await self._answer(caller, query)
        except BackendBusy as failure:
            raise Denied(429, "busy", str(failure)) from None
        except BackendError as failure:
            log.warning("the backend failed: %s", failure)
            raise Denied(500, "backend-failed", "the miner's backend failed") from None
        except Exception as failure:  # noqa: BLE001 - one query's bug must not end a server; no text, it may quote the prompt
            log.error("a backend raised %s at %s", type(failure).__name__, _place(failure))
            raise Denied(500, "backend-failed", "the miner's backend failed") from None

    def _health(self) -> bytes:
        return _json({"version": VERSION, "hotkey": self._hotkey, "time": round(time.time(), 3)})


def _noticed(task: asyncio.Future[Any]) -> None:
    """Takes note of how a task ended that nobody waits for any more."""
    if not task.cancelled():
        task.exception()


def _headers(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in raw}
    if len(headers) != len(raw):
        raise Denied(400, "malformed", "a header is given twice", close=True)
    return headers


def _check_length(headers: Mapping[str, str]) -> None:
    declared = headers.get("content-length", "")
    if not (declared.isascii() and declared.isdecimal()) or len(declared) > 12:
        raise Denied(400, "length-required", "a query declares its Content-Length", close=True)
    if int(declared) > MAX_QUERY_BYTES:
        raise Denied(413, "too-large", f"a query has at most {MAX_QUERY_BYTES} bytes", close=True)
    if headers.get("content-encoding", "identity") != "identity":
        raise Denied(400, "malformed", "a query is not compressed", close=True)


async def _body(receive: Receive, seconds: float) -> bytes:
    """The request's body, bounded in bytes and in time whatever was declared."""
    chunks = bytearray()
    try:
        async with asyncio.timeout(seconds):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Gone
                chunks += message.get("body", b"")
                if len(chunks) > MAX_QUERY_BYTES:
                    raise Denied(413, "too-large", f"a query has at most {MAX_QUERY_BYTES} bytes", close=True)
                if not message.get("more_body"):
                    return bytes(chunks)
    except TimeoutError:
        raise Denied(408, "too-slow", f"the query did not arrive within {seconds:g} s", close=True) from None


def _parsed(body: bytes) -> Query:
    try:
        return Query.model_validate_json(body)
    except ValidationError as failure:
        first = failure.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(map(str, first["loc"]))[:80]
        raise Denied(400, "malformed", f"{field}: {first['type']}" if field else first["type"]) from None


def _place(failure: BaseException) -> str:
    """File and line where an exception was raised."""
    trace = failure.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "an unknown place"


def _json(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


async def _refuse(send: Send, denied: Denied) -> None:
    headers = [(b"retry-after", b"1")] if denied.status == 429 else []
    if denied.close:
        headers.append((b"connection", b"close"))
    await _respond(send, denied.status, _json({"error": denied.error, "detail": denied.detail}), headers)


async def _respond(
    send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]] | None = None
) -> None:
    every = [JSON, (b"content-length", b"%d" % len(body)), *(headers or ())]
    await send({"type": "http.response.start", "status": status, "headers": every})
    await send({"type": "http.response.body", "body": body})
