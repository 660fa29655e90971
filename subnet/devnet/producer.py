"""When blocks are made: every block time, one for each extrinsic that arrives, or only on request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from subnet.devnet.config import Mode
from subnet.devnet.node import Node

_BLOCKS_AT_ONCE = 64  # so that clients are answered while thousands of blocks are asked for
_BACKLOG = 500  # updates that a client has not read: time to let it
_PATIENCE = 1.0  # seconds; a client that reads nothing must not hold up the chain


class Producer:
    """Makes a node's blocks in the mode of the node, which may change while it runs."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.backlogs: set[Callable[[], int]] = set()  # how many updates wait for each client
        self._stuck: set[Callable[[], int]] = set()  # those of clients that read nothing
        self._changed = asyncio.Event()
        self._ended = False
        self._failure: Exception | None = None

    async def run(self) -> None:
        """Makes blocks until `end` is called; raises the failure that it was given."""
        wake: Callable[[], None] = self._changed.set
        self.node.pool_listeners.add(wake)
        try:
            await self._run()
        finally:
            self.node.pool_listeners.discard(wake)

    async def _run(self) -> None:
        clock = asyncio.get_running_loop().time
        due = clock() + self.node.config.block_time
        while not self._ended:
            if self.node.mode == "interval":
                await self._wait(due - clock())
                if clock() >= due:
                    self.node.make_block()
                    due = max(due + self.node.config.block_time, clock())
            else:
                await self._wait(None)
                due = clock() + self.node.config.block_time
                while self.node.mode == "instant" and self.node.pool.has_ready():
                    self.node.make_block()
        if self._failure is not None:
            raise self._failure

    async def _wait(self, seconds: float | None) -> None:
        """Returns when the time is up or something changed."""
        try:
            async with asyncio.timeout(seconds if seconds is None else max(0.0, seconds)):
                await self._changed.wait()
        except TimeoutError:
            return
        self._changed.clear()

    def end(self, failure: Exception | None = None) -> None:
        """No more blocks, not even those of a long jump: the chain ends, or cannot go on."""
        self._ended = True
        self._failure = self._failure or failure
        self._changed.set()

    def set_mode(self, mode: Mode) -> None:
        """From now on blocks are made like this."""
        self.node.mode = mode
        self._changed.set()

    async def make_blocks(self, count: int) -> str:
        """Makes blocks at once, in any mode, and returns the hash of the last one as 0x text."""
        for made in range(1, count + 1):
            if self._ended:
                break
            self.node.make_block()
            if made % _BLOCKS_AT_ONCE == 0:
                await self._let_clients_read()
        return f"0x{self.node.blocks.head_hash.hex()}"

    async def _let_clients_read(self) -> None:
        """Gives way to other tasks and, when thousands of blocks are made, to clients that follow the head.

        A client that does not read while it is waited for is not waited for again until it has caught up.
        """
        await asyncio.sleep(0)
        late = {backlog: backlog() for backlog in self.backlogs if backlog() > _BACKLOG}
        self._stuck &= late.keys()
        waited_for = late.keys() - self._stuck
        clock = asyncio.get_running_loop().time
        until = clock() + _PATIENCE
        # Polling, because a queue does not tell when it has become shorter
        while clock() < until and any(backlog() > _BACKLOG for backlog in waited_for):  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        left = {backlog: backlog() for backlog in waited_for}
        self._stuck |= {
            backlog
            for backlog, updates in left.items()
            if updates > _BACKLOG and late[backlog] - updates < _BLOCKS_AT_ONCE
        }
