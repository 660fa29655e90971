"""Blocks as they arrive are a validator's heartbeat: nothing acts on a chain that stands still.

When no new block was heard of for a part of the time that the process may be without one, another endpoint is
tried (or the same one over a new connection). When the time is up the process ends, so that a supervisor starts
it again. A node that is behind sends blocks, too, but old ones: on a chain that keeps the time of day, a block that
is older than the same time counts as none.
"""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import time
from contextlib import aclosing
from dataclasses import dataclass, field

from neurons.head import Head
from subnet.chain import Chain
from subnet.errors import ChainBusy, ConditionError

log = logging.getLogger(__name__)

STANDARD_ERROR = 2
FROZEN_SECONDS = 10.0
"""How much longer than --stale-seconds the event loop may stand still before the process is ended from outside."""

PATIENCE = 2 / 3
"""The share of --stale-seconds after which another endpoint is tried."""

PAUSE_SECONDS, MOST_PAUSE_SECONDS = 0.2, 3.0
"""Between two tries to connect, doubled each time until a block arrives: a refusal must not become a storm."""


class Stalled(ChainBusy):
    """An endpoint sends no new blocks."""


@dataclass
class Heartbeat:
    """Watches the blocks of a chain; `stale` is how many seconds without one end the process."""

    chain: Chain
    head: Head
    stale: float
    keeps_time: bool = False
    _pause: float = field(default=PAUSE_SECONDS, init=False)

    async def beat(self) -> None:
        """Passes on blocks for ever; ConditionError when no endpoint sends any."""
        try:
            while True:
                await self._listen()
        finally:
            faulthandler.cancel_dump_traceback_later()

    async def _listen(self) -> None:
        connection = self.chain.connection
        try:
            await self._follow()
        except ChainBusy as stalled:
            self._check(stalled)
            if self.chain.connection == connection:  # nobody else has changed it meanwhile
                await self._change(stalled)

    @property
    def patience(self) -> float:
        """Seconds that one endpoint may be without a new block; nobody acts on a head that is older."""
        return self.stale * PATIENCE

    async def _follow(self) -> None:
        """Passes on one endpoint's blocks; ChainBusy when they end, stop, or are old."""
        old = 0.0
        async with aclosing(self.chain.blocks()) as blocks:
            while True:
                # Ends the process from a thread of the interpreter when not even this loop runs any more.
                faulthandler.dump_traceback_later(self.stale + FROZEN_SECONDS, exit=True, file=STANDARD_ERROR)
                try:
                    async with asyncio.timeout(self._time_left()):
                        block = await anext(blocks)
                except TimeoutError:
                    raise Stalled(_stalled(self.head.age, old)) from None
                except StopAsyncIteration:
                    raise Stalled("the chain sends no more blocks") from None
                if block > self.head.block:
                    old = await self._seconds_behind(block)
                    if not old:
                        self._pause = PAUSE_SECONDS
                        await self.head.advance(block)

    def _time_left(self) -> float:
        """Until the next endpoint's turn, or until the process ends, whichever comes first."""
        until = self.patience if self.head.age < self.patience else self.stale
        return max(0.0, until - self.head.age)

    async def _seconds_behind(self, block: int) -> float:
        """How old a block is if that is too old to act on, as far as its author's clock and ours tell; else 0."""
        if not self.keeps_time:
            return 0.0
        age = time.time() - await self.chain.timestamp()
        return age if age > self.stale else 0.0

    async def _change(self, stalled: ChainBusy) -> None:
        """Tries the other endpoints after a pause, as long as there is time."""
        pause, self._pause = self._pause, min(2 * self._pause, MOST_PAUSE_SECONDS)
        try:
            async with asyncio.timeout(max(0.0, self.stale - self.head.age)):
                await asyncio.sleep(pause)
                await self.chain.change_endpoint(f"{self.chain.endpoint}: {stalled}")
        except TimeoutError:
            log.warning("no other endpoint answers in time")

    def _check(self, stalled: ChainBusy) -> None:
        if self.head.age >= self.stale:
            raise ConditionError(f"{stalled}; start again")


def _stalled(age: float, old: float) -> str:
    if old:
        return f"the newest block is {old:.0f} s old: the node is behind, or this machine's clock is wrong"
    return f"no new block for {age:.0f} s: the chain stands still"
