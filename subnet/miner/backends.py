"""Where answers come from: what a miner puts behind its server.

A backend turns one query into one completion and may be asked many times at once. It raises BackendBusy when
it has no room and BackendError when it cannot answer. The caller of `complete` owns the deadline and cancels.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import aiohttp
from pydantic import BaseModel, Field, ValidationError
from yarl import URL

from subnet.errors import BackendBusy, BackendError, SettingsError
from subnet.protocol import MAX_TEXT_CHARS, MAX_TOKENS, Answer, Completion, Heard, Hotkey, Query

API_KEY_VARIABLE = "ASSAY_OPENAI_API_KEY"
MAX_REPLY_BYTES = 4 * 1024 * 1024
CONNECT_SECONDS = 5.0


class Backend(Protocol):
    """A source of answers; `model` is the name it claims."""

    @property
    def model(self) -> str: ...

    async def complete(self, query: Query) -> Completion:
        """The completion of the query's conversation. Raises BackendBusy or another BackendError."""
        ...

    async def close(self) -> None:
        """Frees what the backend holds."""
        ...


def answering(backend: Backend) -> Callable[[Hotkey, Query, Heard | None], Awaitable[Answer]]:
    """The function that a server calls: an answer from the backend, cut to what the wire allows."""

    async def answer(_caller: Hotkey, query: Query, heard: Heard | None = None) -> Answer:
        completion = await backend.complete(query)
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

    async def complete(self, query: Query) -> Completion:
        """The last message up to a stop string, at most `max_tokens` words of it."""
        words = before_stop(query.messages[-1].content, query.stop).split(" ")[: query.max_tokens]
        return Completion(" ".join(words), len(words))

    async def close(self) -> None:
        """Nothing to free."""


class _Message(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    message: _Message


class _Usage(BaseModel):
    completion_tokens: int = Field(default=0, ge=0, le=1 << 20)


class _Reply(BaseModel):
    """What is read of a chat completion; everything else in it is ignored."""

    choices: list[_Choice] = Field(min_length=1)
    usage: _Usage | None = None


class OpenAI:
    """Asks a server that speaks OpenAI's chat completions, such as vLLM, llama.cpp or a hosted one."""

    def __init__(self, url: str, model: str, api_key: str | None = None) -> None:
        """`url` is the base address, with or without its version part. Raises SettingsError for a wrong one."""
        if not model:
            raise SettingsError("--backend openai needs --model NAME: the model's name on that server")
        self.model = model
        self._url = _completions_url(url)
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._session: aiohttp.ClientSession | None = None

    async def complete(self, query: Query) -> Completion:
        """The server's first choice. Raises BackendBusy for 429 and 503, BackendError for what is no answer."""
        try:
            async with self._connections().post(
                self._url, json=self._request(query), headers=self._headers, allow_redirects=False
            ) as response:
                _check_status(response.status, self._url)
                raw = await _bounded(response)
        except (aiohttp.ClientError, OSError) as failure:
            raise BackendError(f"{self._url.host} cannot be asked: {type(failure).__name__}") from None
        try:
            reply = _Reply.model_validate_json(raw)
        except ValidationError:
            raise BackendError(f"{self._url.host} replied with something else than a completion") from None
        tokens = reply.usage.completion_tokens if reply.usage else 0
        return Completion(reply.choices[0].message.content or "", tokens)

    async def close(self) -> None:
        """Closes the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _request(self, query: Query) -> dict[str, Any]:
        asked: dict[str, Any] = {
            "model": self.model,
            "messages": [message.model_dump() for message in query.messages],
            "max_tokens": query.max_tokens,
            "temperature": query.temperature,
            "stream": False,
        }
        if query.seed is not None:
            asked["seed"] = query.seed
        if query.stop:
            asked["stop"] = list(query.stop)
        return asked

    def _connections(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),
                timeout=aiohttp.ClientTimeout(total=None, connect=CONNECT_SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session


def _completions_url(url: str) -> URL:
    try:
        base = URL(url)
    except ValueError:
        base = URL()
    if base.scheme not in ("http", "https") or not base.host:
        raise SettingsError(f"--url {url!r} is not an http address, such as http://127.0.0.1:8000/v1")
    path = base.path.rstrip("/") or "/v1"
    return base.with_path(path if path.endswith("/chat/completions") else f"{path}/chat/completions")


def _check_status(status: int, url: URL) -> None:
    if status in (429, 503):
        raise BackendBusy(f"the model server is busy (HTTP {status})")
    if status in (401, 403):
        raise BackendError(f"{url.host} refuses the API key: set {API_KEY_VARIABLE}")
    if status == 404:
        raise BackendError(f"{url} has no such path or model: check --url and --model")
    if status != 200:
        raise BackendError(f"{url.host} replied with HTTP {status}")


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    received = bytearray()
    async for chunk in response.content.iter_any():
        received += chunk
        if len(received) > MAX_REPLY_BYTES:
            raise BackendError(f"the model server sent more than {MAX_REPLY_BYTES} bytes")
    return bytes(received)


class Loading:
    """A backend that is still being made: busy until then, that backend afterwards."""

    def __init__(self, made: asyncio.Future[Backend]) -> None:
        self._made = made

    @property
    def model(self) -> str:
        """The made backend's model."""
        return self._made.result().model

    async def complete(self, query: Query) -> Completion:
        """The made backend's completion; raises BackendBusy while there is none."""
        if not self._made.done():
            raise BackendBusy("the model is still loading")
        return await self._made.result().complete(query)

    async def close(self) -> None:
        """Closes the backend if it was made."""
        if self._made.done() and not self._made.cancelled() and self._made.exception() is None:
            await self._made.result().close()
