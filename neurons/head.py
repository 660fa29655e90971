"""The newest block, shared by the tasks of one process, and how long ago it was heard of."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from subnet.errors import ChainError, ConditionError

Clock = Callable[[], float]


@dataclass
class Head:
    """The newest block that was heard of; tasks wait here for the next. `clock` counts seconds."""

    block: int
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)
    clock: Clock = time.monotonic
    heard: float = field(init=False)

    def __post_init__(self) -> None:
        self.heard = self.clock()

    @property
    def age(self) -> float:
        """Seconds since a new block was heard of."""
        return self.clock() - self.heard

    async def advance(self, block: int) -> None:
        """Takes note of a block, and wakes whoever waits for one."""
        async with self.arrived:
            if block > self.block:
                self.block, self.heard = block, self.clock()
            self.arrived.notify_all()

    async def beyond(self, block: int) -> int:
        """The newest block once it is later than `block`."""
        async with self.arrived:
            await self.arrived.wait_for(lambda: self.block > block)
            return self.block


@dataclass
class Trouble:
    """How long a part of a process has met nothing but a chain that does not answer, at most `limit` seconds."""

    part: str
    limit: float
    clock: Clock = time.monotonic
    since: float | None = None

    def met(self, began: float, problem: ChainError) -> None:
        """Takes note of a failed try that began then; ConditionError when there was no other for too long."""
        self.since = began if self.since is None else self.since
        lasted = self.clock() - self.since
        if lasted >= self.limit:
            raise ConditionError(
                f"{self.part}: no answer from the chain for {lasted:.0f} s ({problem}); start again"
            )

    def over(self) -> None:
        """Takes note of a try that succeeded."""
        self.since = None
