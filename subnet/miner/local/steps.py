"""Generation token by token, in one thread: rows join and leave a running batch between any two steps.

A pass through the weights costs a processor little more for several rows than for one, so all that is asked
at one time shares it; prompts, which share nothing, are read between steps in groups of like length and a piece at
a time, so that those who already hear their answers wait for a bounded piece of work only.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import torch

from subnet.errors import BackendError
from subnet.miner.local.batch import Batch
from subnet.miner.local.loading import Loaded
from subnet.miner.local.rows import Row, Said, deliver, warm_up_row

log = logging.getLogger(__name__)

PROMPT_TOKENS = 512
"""About how many prompt tokens, padding included, are read between two steps."""


class Steps:
    """Generates for the rows that are submitted, on the event loop of who submits the first."""

    def __init__(self, loaded: Loaded, threads: int) -> None:
        self._loaded = loaded
        self._batch = Batch(loaded)
        self._waiting: list[Row] = []
        self._lock = threading.Lock()
        self._worker: asyncio.Task[None] | None = None
        # A thread, because a step blocks; one, because all rows share the weights and the cores. It starts
        # with the first row.
        self._executor = ThreadPoolExecutor(1, "generate", torch.set_num_threads, (threads,))

    @property
    def alive(self) -> bool:
        """Always: what fails ends its rows alone."""
        return True

    def warm_up(self) -> None:
        """Generates a few tokens, so that the first caller does not pay for what the model does once. Blocks."""
        self._batch.join([warm_up_row(self._loaded)])
        self._batch.read(PROMPT_TOKENS)
        while self._batch.rows:
            self._batch.step()

    def submit(self, row: Row) -> None:
        """Takes a row, which is delivered to its caller on this event loop."""
        with self._lock:
            self._waiting.append(row)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())

    def forget(self, row: Row) -> None:
        """Ends a row that nobody waits for: at once when it waits, at its next token when it runs."""
        with self._lock, suppress(ValueError):
            self._waiting.remove(row)

    async def close(self) -> None:
        """Waits for the running step and releases the thread. Rows have been ended before by their callers."""
        if self._worker is not None:
            await self._worker
        self._executor.shutdown()

    async def _work(self) -> None:
        """Generates until nothing waits."""
        loop = asyncio.get_running_loop()
        while self._waiting:
            try:
                await loop.run_in_executor(self._executor, self._generate, loop)
            except Exception as failure:
                # The boundary between the thread and its callers: they wait on futures, so each must learn of it.
                log.exception("generating failed")
                failed = BackendError(f"generating failed: {type(failure).__name__}")
                for row in self._batch.present:
                    row.caller.settle(failed)
                self._batch.clear()

    def _generate(self, loop: asyncio.AbstractEventLoop) -> None:
        """Steps until no row is left; runs in the executor's thread."""
        batch = self._batch
        while batch.present or self._waiting:
            if batch.open and (newcomers := self._newcomers()):
                batch.join(newcomers)
            if batch.readings:
                self._tell(loop, batch.read(PROMPT_TOKENS))
            if batch.rows:
                self._tell(loop, batch.step())

    def _tell(self, loop: asyncio.AbstractEventLoop, said: Said) -> None:
        if said:
            loop.call_soon_threadsafe(deliver, said)

    def _newcomers(self) -> list[Row]:
        """The rows that join now: the one that waits longest, and others whose prompts are of like length."""
        places = self._loaded.limits.batch - len(self._batch.present)
        chosen: list[Row] = []
        widest = 0
        with self._lock:
            for row in self._waiting[:]:
                alike = not chosen or len(row.prompt).bit_length() == len(chosen[0].prompt).bit_length()
                width = max(widest, len(row.prompt))
                fits = not chosen or width * (len(chosen) + 1) <= PROMPT_TOKENS
                if len(chosen) < places and alike and fits:
                    chosen.append(row)
                    self._waiting.remove(row)
                    widest = width
        return chosen
