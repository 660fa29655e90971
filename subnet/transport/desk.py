"""What becomes of a query whose sender is proven: answered once, in its turn, and in time.

The desk keeps everything that must be one for all workers of a miner: nonces, quotas, places, the backend.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pydantic import ValidationError

from subnet.errors import BackendBusy, BackendError
from subnet.protocol import MAX_ANSWER_BYTES, Answer, Heard, Hotkey, Query
from subnet.transport.deadlines import Deadlines
from subnet.transport.places import Busy, Places
from subnet.transport.quotas import Quotas, Spent
from subnet.transport.refusals import Denied, where_raised
from subnet.transport.signing import JustStarted, Nonces, TooManyRequests
from subnet.transport.telling import Telling

log = logging.getLogger(__name__)

AnswerQuery = Callable[[Hotkey, Query, Heard | None], Awaitable[Answer]]
"""Answers a caller's query. When it is given a Heard, the caller wants the text piece by piece: it may be told
pieces, in the event loop's thread, and need not be; what was not told is sent at the end.
"""

BACKEND_FAILED = "the miner's backend failed"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one miner gives: queries answered at once in all and for one caller, queries that wait, the longest
    time for one in seconds, and queries per minute for all callers together (0: as many as it can).
    """

    concurrency: int = 64
    per_caller: int = 32
    waiting: int = 64
    answer_seconds: float = 120.0
    per_minute: float = 0.0


@dataclass(slots=True)
class Answered:
    """A reply's body, the model it claims, and the block by which the miner reckons it was made.

    `streamed` says that its caller asked for pieces, and has heard all of them.
    """

    body: bytes
    model: str
    block: int
    streamed: bool = False


@dataclass(slots=True)
class _Asked:
    """A query that may be answered: its caller's part of the stake, its time, and who hears the pieces."""

    caller: Hotkey
    query: Query
    share: float
    seconds: float
    telling: Telling | None


class Desk:
    """Answers queries that their callers have signed.

    `answer` may raise BackendBusy (told as 429) or BackendError (500), and is cancelled at the deadline or
    when the caller hangs up. `share` gives a caller's part of the stake of all who are served, `block` the
    chain's height.
    """

    def __init__(
        self,
        answer: AnswerQuery,
        limits: Limits | None = None,
        nonces: Nonces | None = None,
        *,
        share: Callable[[Hotkey], float] = lambda caller: 1.0,
        block: Callable[[], int] = lambda: 0,
    ) -> None:
        self._answer = answer
        self._limits = limits or Limits()
        self._nonces = Nonces() if nonces is None else nonces
        self._places = Places(self._limits.concurrency, self._limits.per_caller, self._limits.waiting)
        self._quotas = Quotas(self._limits.per_minute)
        self._deadlines = Deadlines()
        self._share = share
        self._block = block

    async def answered(
        self, caller: Hotkey, nonce_ns: int, body: bytes, heard: Heard | None = None
    ) -> Answered:
        """The reply to a signed query. Raises Denied; a query is never answered twice.

        A query that asks for pieces is told to `heard` as it is answered.
        """
        self._once(caller, nonce_ns)
        query = _parsed(body)
        share = self._share(caller)
        self._within_quota(caller, share)
        seconds = min(query.seconds, self._limits.answer_seconds)
        telling = Telling(heard) if query.stream and heard is not None else None
        answer = await self._in_time(_Asked(caller, query, share, seconds, telling))
        raw = answer.model_dump_json().encode()
        if len(raw) > MAX_ANSWER_BYTES:
            raise Denied(500, "backend-failed", BACKEND_FAILED)
        return Answered(raw, answer.model, self._block(), telling is not None)

    def _once(self, caller: Hotkey, nonce_ns: int) -> None:
        try:
            new = self._nonces.check_and_store(caller, nonce_ns)
        except JustStarted as failure:
            raise Denied(503, "starting", str(failure), retry_after=2) from None
        except TooManyRequests as failure:
            raise Denied(429, "too-many-requests", str(failure), retry_after=1) from None
        if not new:
            raise Denied(401, "replayed", "this nonce was already accepted from this hotkey")

    async def _in_time(self, asked: _Asked) -> Answer:
        task = self._deadlines.begin(asked.seconds)
        try:
            return await self._in_turn(asked)
        except asyncio.CancelledError:
            if not self._deadlines.passed(task):
                raise
            raise Denied(503, "too-slow", f"no answer within {asked.seconds:g} s") from None
        finally:
            self._deadlines.end(task)
            if asked.telling is not None:
                asked.telling.stop()

    def _within_quota(self, caller: Hotkey, share: float) -> None:
        try:
            self._quotas.spend(caller, share)
        except Spent as spent:
            raise Denied(429, "quota", str(spent), retry_after=spent.retry_after) from None

    async def _in_turn(self, asked: _Asked) -> Answer:
        try:
            place = await self._places.take(asked.caller, asked.share, asked.seconds)
        except Busy as busy:
            raise Denied(429, "busy", str(busy), retry_after=busy.retry_after) from None
        try:
            answer = await self._worked(asked)
        except BaseException:
            self._places.give_back(place, finished=False)
            raise
        self._places.give_back(place, finished=True)
        return answer

    async def _worked(self, asked: _Asked) -> Answer:
        try:
            answer = await self._answer(asked.caller, asked.query, asked.telling)
            if asked.telling is not None:
                asked.telling.finish(answer.text)
            return answer
        except BackendBusy as failure:
            raise Denied(429, "busy", str(failure), retry_after=1) from None
        except BackendError as failure:
            log.warning("the backend failed: %s", failure)
            raise Denied(500, "backend-failed", BACKEND_FAILED) from None
        except Exception as failure:  # noqa: BLE001 - one query's bug must not end a server; no text, it may quote the prompt
            log.error("a backend raised %s at %s", type(failure).__name__, where_raised(failure))
            raise Denied(500, "backend-failed", BACKEND_FAILED) from None


def _parsed(body: bytes) -> Query:
    try:
        return Query.model_validate_json(body)
    except ValidationError as failure:
        first = failure.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(map(str, first["loc"]))[:80]
        raise Denied(400, "malformed", f"{field}: {first['type']}" if field else first["type"]) from None
