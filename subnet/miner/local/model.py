"""The backend that runs a transformers model in this process, and which engine generates for it."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, Protocol

import torch

from subnet.errors import BackendBusy, BackendError, ModelError
from subnet.miner.checkpoints import located
from subnet.miner.local.loading import Limits, Loaded, loaded, one_line
from subnet.miner.local.rows import Caller, Row, row_of
from subnet.miner.local.steps import Steps
from subnet.protocol import Completion, Heard, Query

DEFAULT_LIMITS = Limits()
LOOK_SECONDS = 5.0
"""How often the engine is looked at."""

EngineName = Literal["auto", "paged", "steps"]
CANNOT_RUN = (RuntimeError, TypeError, ValueError, AttributeError, IndexError, KeyError, NotImplementedError)
"""What a model raises that loads and yet cannot generate."""

log = logging.getLogger(__name__)


class Engine(Protocol):
    """What generates for rows."""

    @property
    def alive(self) -> bool:
        """Whether rows that are submitted can be answered."""

    def warm_up(self) -> None:
        """Generates a few tokens, so that the first caller does not pay for what happens once. Blocks."""

    def submit(self, row: Row) -> None:
        """Takes a row, which is delivered to its caller on this event loop."""

    def forget(self, row: Row) -> None:
        """Ends a row that nobody waits for."""

    async def close(self) -> None:
        """Ends what runs and frees what the engine holds."""


class LocalModel:
    """A backend that runs a transformers model; build it with `LocalModel.load`.

    It belongs to the event loop that first calls `complete`.
    """

    def __init__(self, model: str, loaded: Loaded, engine: Engine) -> None:
        self.model = model
        self._loaded = loaded
        self._engine = engine
        self._callers: set[Caller] = set()
        self._closed = False
        # A thread, because encoding a long prompt blocks for tens of milliseconds; it starts with the first.
        self._encoder = ThreadPoolExecutor(1, "encode")

    @classmethod
    def load(
        cls,
        path: str,
        *,
        name: str | None = None,
        threads: int = 1,
        limits: Limits = DEFAULT_LIMITS,
        engine: EngineName = "auto",
    ) -> LocalModel:
        """A model from a folder or a hub id that has generated a first few tokens.

        `name` is reported in answers; without it, the hub id or the folder's last name. `threads` are the
        CPU threads of tensor operations in the whole process; `engine` "auto" is paged on a GPU and steps on
        a CPU. Blocks for seconds, or as long as a download takes. Raises ModelError.
        """
        torch.set_num_threads(threads)
        source = located(path)
        model = loaded(source, limits)
        try:
            started = _started(model, threads, engine)
        except CANNOT_RUN as failure:
            raise ModelError(f"cannot run model {source.place}: {one_line(failure)}") from failure
        return cls(name or source.name, model, started)

    @property
    def ready(self) -> bool:
        """Whether a query would be answered."""
        return self._engine.alive and not self._closed

    async def watch(self) -> None:
        """Waits for as long as the engine lives; raises BackendError when it has failed for good."""
        while True:
            if not self._engine.alive:
                raise BackendError("generating has failed for good; start the miner again")
            await asyncio.sleep(LOOK_SECONDS)

    async def complete(self, query: Query, heard: Heard | None = None) -> Completion:
        """The model's answer to a query, each new piece of it told to `heard` as soon as it is certain.

        Raises BackendBusy when too many requests wait already, BackendError when the model cannot take the
        prompt or generating failed. A cancelled caller's row ends at its next token.
        """
        if self._closed:
            raise BackendError("the model is closed: this miner is shutting down")
        limits, present = self._loaded.limits, len(self._callers)
        if present >= limits.batch + limits.waiting:
            raise BackendBusy(f"{present} requests run or wait for the model: ask again later")
        loop = asyncio.get_running_loop()
        caller = Caller(loop.create_future(), heard)
        self._callers.add(caller)
        try:
            return await self._answered(query, caller)
        finally:
            caller.gone = True
            self._callers.discard(caller)

    async def _answered(self, query: Query, caller: Caller) -> Completion:
        assert caller.waiter is not None
        loop = asyncio.get_running_loop()
        row = await loop.run_in_executor(self._encoder, row_of, query, caller, self._loaded)
        if self._closed:
            return await caller.waiter
        self._engine.submit(row)
        try:
            return await caller.waiter
        finally:
            self._engine.forget(row)

    async def close(self) -> None:
        """Refuse what waits, end what runs at its next token and release the threads."""
        self._closed = True
        for caller in self._callers:
            caller.gone = True
            caller.settle(BackendError("the model was closed before it answered"))
        await self._engine.close()
        self._encoder.shutdown(wait=False, cancel_futures=True)


def _started(model: Loaded, threads: int, engine: EngineName) -> Engine:
    """A warm engine. Raises what a model raises that cannot generate."""
    if engine == "paged" or (engine == "auto" and torch.cuda.is_available()):
        try:
            # Here, because it uses parts of transformers that move from release to release.
            from subnet.miner.local.paged import Paged

            return _warm(Paged(model))
        except (ImportError, *CANNOT_RUN) as failure:
            if engine == "paged":
                raise
            log.warning("continuous batching does not run (%s): generating step by step", one_line(failure))
    return _warm(Steps(model, threads))


def _warm(engine: Engine) -> Engine:
    engine.warm_up()
    return engine
