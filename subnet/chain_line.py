"""A connection to a chain that several endpoints serve: every call has a deadline, and silence changes the endpoint.

The SDK rotates endpoints only when one cannot be dialled, and resends on its own what was never answered. A
validator needs more: an endpoint that takes calls and answers none is left after one deadline. A new connection
also forgets the SDK's account of nonces, so that what is sent again competes with what was lost instead of
following it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import bittensor as bt
from bittensor.settings import default_archive_endpoints, default_fallback_endpoints

from subnet.errors import ChainBusy, ChainError, ChainSilent, ConditionError

log = logging.getLogger(__name__)

CLOSE_SECONDS = 1.0
# Refusals that time alone takes away: rate limits and epochs pass, nonces and eras move on.
BUSY_CODES = {bt.ErrorCode.RATE_LIMITED, bt.ErrorCode.TOO_EARLY, bt.ErrorCode.EXPIRED}
# The SDK classifies these by wording only; all clear with the next block.
BUSY_WORDS = ("priority is too low", "transaction is outdated", "already imported")
# The SDK's words for an extrinsic that left and of which nothing more was heard.
UNKNOWN_FATE_WORDS = (
    "may already be",
    "extrinsic retracted",
    "extrinsic dropped",
    "extrinsic usurped",
    "extrinsic finalitytimeout",
    "rpc session closed",
)

Result = TypeVar("Result")


class Line:
    """The connection to one of a chain's endpoints; made by `Line.connect`.

    `number` counts how often it was changed, `genesis` is the hash of block 0 as 0x text, empty before block 1.
    """

    def __init__(self, network: str, endpoints: Sequence[str], seconds: float) -> None:
        self._network = network
        self._endpoints = list(endpoints)
        self._place = 0
        self.genesis = ""
        self._changing = asyncio.Lock()
        self.number = 0
        self.seconds = seconds
        self.client: bt.Client

    @classmethod
    @asynccontextmanager
    async def connect(
        cls, network: str, fallbacks: Sequence[str] = (), seconds: float = 60.0
    ) -> AsyncIterator[Line]:
        """A line over the first endpoint that answers; without `fallbacks` the SDK's own, where it knows some.

        Raises ConditionError for a network that is not known, ChainSilent when nobody answers.
        """
        line = cls(network, [network, *(fallbacks or default_fallback_endpoints(network))], seconds)
        line.client = await line._first_that_answers(0)
        try:
            yield line
        finally:
            await _close(line.client)

    @property
    def endpoint(self) -> str:
        """The endpoint in use, as it was named."""
        return self._endpoints[self._place]

    async def ask(
        self, call: Callable[[bt.Client], Awaitable[Result]], what: str, seconds: float | None = None
    ) -> Result:
        """The call's result before the deadline; the SDK's failures become this kit's.

        When nothing answers, the next call goes over a new connection.
        """
        client = self.client
        try:
            return await bounded(call(client), self.seconds if seconds is None else seconds, what)
        except ChainSilent as silence:
            await self.change(client, str(silence))
            raise

    async def change(self, silent: bt.Client, why: str) -> None:
        """Connects anew, to the next endpoint that answers and serves the same chain, unless somebody just did.

        When none answers the old connection stays, and the next call tells.
        """
        async with self._changing:
            if self.client is not silent:
                return
            try:
                fresh = await self._first_that_answers(1)
            except ChainError as problem:
                log.warning("%s; no other endpoint answers (%s)", why, problem)
                return
            old, self.client = self.client, fresh
            self.number += 1
            log.warning("%s; going on over %s", why, self.endpoint)
            await _close(old)

    async def _first_that_answers(self, ahead: int) -> bt.Client:
        """A client of the endpoint so many places ahead, or of the first behind it that answers."""
        problem: ChainError = ChainSilent("there is no endpoint")
        for step in range(ahead, ahead + len(self._endpoints)):
            place = (self._place + step) % len(self._endpoints)
            try:
                client = await self._open(self._endpoints[place])
            except ChainError as failure:
                problem = failure
                continue
            self._place = place
            return client
        raise problem

    async def _open(self, endpoint: str) -> bt.Client:
        try:
            client = bt.Client(
                endpoint, fallback_endpoints=[], archive_endpoints=default_archive_endpoints(self._network)
            )
        except ValueError as problem:
            raise ConditionError(
                f"unknown network {endpoint!r}: use finney, test, local or a ws:// endpoint"
            ) from problem
        try:
            await bounded(client.connect(), self.seconds, f"connecting to {endpoint}")
            await self._check_chain(client, endpoint)
        except BaseException:
            await _close(client)
            raise
        return client

    async def _check_chain(self, client: bt.Client, endpoint: str) -> None:
        """Keeps what the first endpoint says, and raises ChainError when another one says something else."""
        read = client.query(("System", "BlockHash"), [0])
        found = str(await bounded(read, self.seconds, "reading the genesis hash"))
        if int(found, 16) == 0:  # it is stored in block 1
            return
        if self.genesis and found != self.genesis:
            raise ChainError(f"{endpoint} serves another chain")
        self.genesis = found


async def bounded(call: Awaitable[Result], seconds: float, what: str) -> Result:
    """The call's result before the deadline; the SDK's failures become this kit's."""
    try:
        async with asyncio.timeout(seconds):
            return await call
    except TimeoutError as problem:
        raise ChainSilent(f"{what}: the chain did not answer within {seconds:g} s") from problem
    except bt.ChainError as problem:
        raise chain_error(problem, what) from problem
    except (bt.RpcConnectionError, bt.ConnectionNotReady, OSError) as problem:
        raise ChainSilent(
            f"{what}: no connection to the chain ({one_line(problem)}); is it running?"
        ) from problem
    except (bt.BittensorError, ValueError) as problem:
        raise ChainError(f"{what}: {one_line(problem)}") from problem


def chain_error(problem: bt.ChainError, what: str) -> ChainError:
    """The SDK's failure as one of this kit's, whose class says whether a later try may succeed."""
    line = f"{what}: {one_line(problem)}" + (f" [{problem.name}]" if problem.name else "")
    said = problem.message.lower()
    if any(word in said for word in UNKNOWN_FATE_WORDS):
        return ChainSilent(line)
    busy = problem.code in BUSY_CODES or any(word in said for word in BUSY_WORDS)
    return ChainBusy(line) if busy else ChainError(line)


def one_line(problem: BaseException) -> str:
    """A failure's text in one line of bounded length."""
    return " ".join((str(problem) or type(problem).__name__).split())[:300]


async def _close(client: Any) -> None:
    """Ends a connection; one that does not end in time is left to itself."""
    with contextlib.suppress(TimeoutError, bt.BittensorError, OSError):
        async with asyncio.timeout(CLOSE_SECONDS):
            await client.close()
