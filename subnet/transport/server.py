"""A miner's end of the wire: who may ask, proven at the least cost, and replies under the miner's own signature.

Checks run cheapest first, and what a stranger can cause stays small: method and path, declared length, shape
of the headers, whether the claimed caller is served at all, freshness; only then the body is read and the
signature checked. Everything after that is the desk's. Neither refusals nor logs repeat prompts.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any, Protocol

from subnet.errors import Refused
from subnet.protocol import MAX_QUERY_BYTES, QUERY_PATH, VERSION, Heard, Hotkey
from subnet.transport import events, receipts
from subnet.transport.desk import Answered
from subnet.transport.doubt import Doubt, Source
from subnet.transport.incoming import Head, Opened, Work
from subnet.transport.refusals import Denied, Response
from subnet.transport.signing import (
    Claim,
    Signer,
    Unauthenticated,
    check_fresh,
    claimed,
    verified,
)

log = logging.getLogger(__name__)

Admit = Callable[[Hotkey], None]
Health = Callable[[], Mapping[str, Any]]
"""What `/health` tells of the backend; unless its `ready` is true, `/ready` has the status 503."""

TARGET = QUERY_PATH.encode()

WARN_SECONDS = 60.0
"""How often a stale request is worth a warning."""


class Answers(Protocol):
    """Who answers a query whose sender is proven: the desk, or what speaks to it from another process."""

    def answered(
        self, caller: Hotkey, nonce_ns: int, body: bytes, heard: Heard | None
    ) -> Coroutine[Any, Any, Answered] | asyncio.Future[Answered]:
        """The reply's body and what its receipt says; pieces of a streamed one go to `heard`. Raises Denied."""
        ...


class Server:
    """Answers the queries that callers signed for `signer`'s hotkey, at QUERY_PATH; `/health` and `/ready` are
    open to all.

    `admit` raises Refused for a caller that is not served; it is called before a body is read, so it must not
    wait for anything. Called with a request's head, a server says how to go on (see `incoming.Handler`).
    """

    def __init__(
        self, signer: Signer, answers: Answers, admit: Admit, health: Health = lambda: {"ready": True}
    ) -> None:
        self._signer = signer
        self._hotkey = Hotkey(signer.ss58_address)
        self._answers = answers
        self._admit = admit
        self._backend = health
        self._doubt = Doubt()
        self._warned = 0.0

    def __call__(self, head: Head) -> Opened:
        """What takes the body of the request that begins like this. Raises Denied."""
        if head.method == b"POST" and head.target == TARGET:
            _check_length(head.headers)
            claim = self._claim(head.headers)
            self._doubt.check(head.source)
            return partial(self._query, claim, head.source)
        if head.method == b"GET" and head.target in (b"/health", b"/ready"):
            return partial(self._health, head.target == b"/ready")
        raise Denied(404, "not-found", f"POST {QUERY_PATH}, GET /health or GET /ready", close=True)

    def _claim(self, headers: Mapping[bytes, bytes]) -> Claim:
        named = {n.decode("latin-1"): v.decode("latin-1") for n, v in headers.items() if n[:2] == b"x-"}
        now = time.time_ns()
        try:
            claim = claimed(named, self._hotkey)
            self._admit(claim.caller)
            check_fresh(claim, now)
        except Unauthenticated as failure:
            told = now / 1e9 if failure.reason == "stale" else None
            if told is not None and told - self._warned > WARN_SECONDS:
                # Not proven, and so once in a while only; but a wrong clock of this machine shows nowhere else.
                self._warned = told
                log.warning("a request in the name of %s was %s", claim.caller, failure)
            raise Denied(401, failure.reason, str(failure), close=True, time=told) from None
        except Refused as failure:
            raise Denied(403, "not-served", str(failure), close=True) from None
        return claim

    def _query(self, claim: Claim, source: Source, body: bytes, heard: Heard) -> Work:
        try:
            payload = verified(claim, body)
        except Unauthenticated as failure:
            self._doubt.failed(source)
            raise Denied(401, failure.reason, str(failure)) from None
        answered = self._answers.answered(claim.caller, claim.nonce_ns, body, heard)
        return Work(_begun(answered), partial(self._replied, claim.caller, source, payload))

    def _replied(
        self, caller: Hotkey, source: Source, payload: bytes, future: asyncio.Future[Answered]
    ) -> Response:
        try:
            answered = future.result()
        except Denied as denied:
            if denied.status == 401:
                self._doubt.failed(source)
            log.info("denied %s: %d %s", caller, denied.status, denied.error)
            raise
        self._doubt.accepted(source)
        name, value = receipts.issue(self._signer, payload, answered.body, answered.model, answered.block)
        if answered.streamed:
            return Response(200, events.ending(answered.body, value), streamed=True)
        return Response(200, answered.body, f"{name}: {value}\r\n".encode())

    def _health(self, strictly: bool, body: bytes, heard: Heard) -> Response:
        backend = self._backend()
        told = {"version": VERSION, "hotkey": self._hotkey, "time": round(time.time(), 3), **backend}
        status = 503 if strictly and backend.get("ready") is not True else 200
        return Response(status, json.dumps(told, separators=(",", ":")).encode())


def _begun(answered: Coroutine[Any, Any, Answered] | asyncio.Future[Answered]) -> asyncio.Future[Answered]:
    """What becomes the answer; `asyncio.ensure_future` says the same at twice the price."""
    if isinstance(answered, asyncio.Future):
        return answered
    return asyncio.get_running_loop().create_task(answered)


def _check_length(headers: Mapping[bytes, bytes]) -> None:
    declared = headers.get(b"content-length", b"")
    if not declared.isdigit() or len(declared) > 12:
        raise Denied(400, "length-required", "a query declares its Content-Length", close=True)
    if int(declared) > MAX_QUERY_BYTES:
        raise Denied(413, "too-large", f"a query has at most {MAX_QUERY_BYTES} bytes", close=True)
    if headers.get(b"content-encoding", b"identity") != b"identity":
        raise Denied(400, "malformed", "a query is not compressed", close=True)
