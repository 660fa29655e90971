"""Where answers come from: what a miner puts behind its server.

A backend turns one query into one completion and may be asked many times at once. It raises BackendBusy when
it has no room and BackendError when it cannot answer. The caller of `complete` owns the deadline and cancels.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol, runtime_checkable

from subnet.errors import BackendBusy
from subnet.protocol import MAX_TEXT_CHARS, MAX_TOKENS, Answer, Completion, Heard, Hotkey, Query


class Backend(Protocol):
    """A source of answers; `model` is the name it claims."""

    @property
    def model(self) -> str: ...

    async def complete(self, query: Query, heard: Heard | None = None) -> Completion:
        """The completion of the query's conversation. Raises BackendBusy or another BackendError.

        `heard`, when given, may be told the pieces of the completion's text as they are made, in the event
        loop's thread; what it was not told when the completion comes follows then.
        """
        ...

    async def close(self) -> None:
        """Frees what the backend holds."""
        ...


@runtime_checkable
class Watched(Protocol):
    """What a backend adds that depends on something which may fail while it runs."""

    @property
    def ready(self) -> bool:
        """Whether it would answer now, as far as is known."""
        ...

    async def watch(self) -> None:
        """Keeps `ready` up to date for ever."""
        ...


def answering(backend: Backend) -> Callable[[Hotkey, Query, Heard | None], Awaitable[Answer]]:
    """The function that a server calls: an answer from the backend, cut to what the wire allows."""

    async def answer(_caller: Hotkey, query: Query, heard: Heard | None = None) -> Answer:
        completion = await backend.complete(query, heard)
        return Answer(
            query_id=query.id,
            text=completion.text[:MAX_TEXT_CHARS],
            model=backend.model[:256],
            tokens=completion.tokens,
            token_ids=completion.token_ids[:MAX_TOKENS],
        )

    return answer


def before_stop(text: str, stop: tuple[str, ...]) -> str:
    """The text up to the first of the stop strings."""
    return text[: min((at for at in map(text.find, stop) if at >= 0), default=len(text))]


class Echo:
    """Repeats the last message, for trying a network without a model; a token is a word."""

    model = "echo"

    async def complete(self, query: Query, heard: Heard | None = None) -> Completion:
        """The last message up to a stop string, at most `max_tokens` words of it."""
        words = before_stop(query.messages[-1].content, query.stop).split(" ")[: query.max_tokens]
        if heard is not None:
            for number, word in enumerate(words):
                heard(f" {word}" if number else word)
        return Completion(" ".join(words), len(words))

    async def close(self) -> None:
        """Nothing to free."""


class Loading:
    """A backend that is still being made: busy until then, that backend afterwards."""

    def __init__(self, made: asyncio.Future[Backend]) -> None:
        self._made = made

    @property
    def model(self) -> str:
        """The made backend's model."""
        return self._made.result().model

    @property
    def ready(self) -> bool:
        """Whether the backend is made and, where that can change, in order."""
        if not self._made.done() or self._made.cancelled() or self._made.exception() is not None:
            return False
        backend = self._made.result()
        return backend.ready if isinstance(backend, Watched) else True

    def health(self) -> dict[str, object]:
        """What `/health` tells of it."""
        return {"ready": self.ready, "model": self.model if self.ready else None}

    async def complete(self, query: Query, heard: Heard | None = None) -> Completion:
        """The made backend's completion; raises BackendBusy while there is none."""
        if not self._made.done():
            raise BackendBusy("the model is still loading")
        return await self._made.result().complete(query, heard)

    async def watch(self) -> None:
        """Waits for the backend and keeps its readiness up to date for ever; raises what ends it."""
        backend = await self._made
        if isinstance(backend, Watched):
            await backend.watch()
        await asyncio.get_running_loop().create_future()

    async def close(self) -> None:
        """Closes the backend if it was made."""
        if self._made.done() and not self._made.cancelled() and self._made.exception() is None:
            await self._made.result().close()
