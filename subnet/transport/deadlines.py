"""Deadlines of many tasks at once, looked at by one timer: a timer for each would cost several times as much."""

from __future__ import annotations

import asyncio
from typing import Any

SWEEP_SECONDS = 0.05
"""How late a deadline may be noticed."""


class Deadlines:
    """Cancels tasks whose time is over; each says when it begins and when it ends."""

    def __init__(self) -> None:
        self._due: dict[asyncio.Task[Any], float] = {}
        self._passed: set[asyncio.Task[Any]] = set()
        self._sweeping = False

    def begin(self, seconds: float) -> asyncio.Task[Any]:
        """Gives the running task that many seconds from now; returns the task."""
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        assert task is not None
        self._due[task] = loop.time() + seconds
        if not self._sweeping:
            self._sweeping = True
            loop.call_later(SWEEP_SECONDS, self._sweep, loop)
        return task

    def passed(self, task: asyncio.Task[Any]) -> bool:
        """Whether the task was cancelled because its time is over; it is then cancelled no more."""
        if task not in self._passed:
            return False
        task.uncancel()
        return True

    def end(self, task: asyncio.Task[Any]) -> None:
        """The task needs no deadline any more."""
        self._due.pop(task, None)
        self._passed.discard(task)

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for task in [task for task, due in self._due.items() if due <= now]:
            del self._due[task]
            self._passed.add(task)
            task.cancel()
        self._sweeping = bool(self._due)
        if self._sweeping:
            loop.call_later(SWEEP_SECONDS, self._sweep, loop)
