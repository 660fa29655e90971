"""Whole requests are taken up a few per turn of the event loop, so that nothing else there waits for all of them.

Where several processes share a miner, one that first checks the signatures of all requests at hand keeps those
that wait for its word idle meanwhile, and is idle itself after that.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

AT_ONCE = 4
"""Requests in one turn: each turn costs a few microseconds, each request in it some fifty of waiting."""


class Turns:
    """Calls what it is given in order, at most AT_ONCE in a turn of the running loop; the first ones at once."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[Callable[[], None]] = deque()
        self._left = AT_ONCE

    def take(self, work: Callable[[], None]) -> None:
        """Does the work in this turn or in one of the next."""
        if self._left == AT_ONCE:
            self._loop.call_soon(self._next)
        if self._left:
            self._left -= 1
            work()
        else:
            self._waiting.append(work)

    def _next(self) -> None:
        now = min(len(self._waiting), AT_ONCE)
        self._left = AT_ONCE - now
        if now:
            self._loop.call_soon(self._next)
        for _ in range(now):
            self._waiting.popleft()()


class Unbounded:
    """The same without a bound, for a process that nobody else waits for."""

    def take(self, work: Callable[[], None]) -> None:
        """Does the work now."""
        work()
