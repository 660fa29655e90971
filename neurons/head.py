"""The newest block, shared by the tasks of one process."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field


@dataclass
class Head:
    """The newest block that was heard of; tasks wait here for the next."""

    block: int
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def advance(self, block: int) -> None:
        """Wakes whoever waits for a block."""
        async with self.arrived:
            self.block = max(self.block, block)
            self.arrived.notify_all()

    async def beyond(self, block: int) -> int:
        """The newest block once it is later than `block`."""
        async with self.arrived:
            await self.arrived.wait_for(lambda: self.block > block)
            return self.block
