"""What is read of an OpenAI-compatible server's replies: bounded, and nothing but what is needed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import aiohttp
from pydantic import BaseModel, Field, ValidationError

from subnet.errors import BackendError
from subnet.miner.speech import Speech
from subnet.protocol import MAX_TEXT_CHARS, MAX_TOKENS, Completion, Heard

MAX_REPLY_BYTES = 4 * 1024 * 1024
MAX_STREAM_BYTES = 32 * 1024 * 1024
MAX_LINE_BYTES = 1024 * 1024
"""A chunk may repeat the whole prompt in token ids; everything else in it is small."""

TOKEN_PREFIX = "token_id:"
"""How vLLM writes a token among log-probabilities when it is asked for ids there."""

NO_COMPLETION = "the model server replied with something else than a completion"


class _Text(BaseModel):
    content: str | None = None


class _Token(BaseModel):
    token: str = ""


class _LogProbabilities(BaseModel):
    content: list[_Token] | None = None


class _Choice(BaseModel):
    token_ids: list[int] | None = None
    logprobs: _LogProbabilities | None = None
    finish_reason: str | None = None

    def ids(self) -> list[int]:
        """The token ids of this part of the reply, where the server told them in one of two ways."""
        if self.token_ids is not None:
            return self.token_ids
        told = (self.logprobs.content if self.logprobs else None) or []
        numbers = [token.token.removeprefix(TOKEN_PREFIX) for token in told if TOKEN_PREFIX in token.token]
        usable = len(numbers) == len(told) and all(
            n.isascii() and n.isdigit() and len(n) < 9 for n in numbers
        )
        return [int(number) for number in numbers] if usable else []


class _WholeChoice(_Choice):
    message: _Text


class _PartChoice(_Choice):
    delta: _Text = _Text()


class _Usage(BaseModel):
    completion_tokens: int = Field(default=0, ge=0, le=1 << 20)


class _Whole(BaseModel):
    choices: list[_WholeChoice] = Field(min_length=1)
    usage: _Usage | None = None


class _Part(BaseModel):
    choices: list[_PartChoice] = []
    usage: _Usage | None = None


class _Models(BaseModel):
    class Model(BaseModel):
        id: str = ""

    data: list[Model] = []


class Reading:
    """One completion as it arrives; tells `heard` its pieces."""

    def __init__(self, stop: tuple[str, ...], heard: Heard | None) -> None:
        self._speech = Speech(stop)
        self._heard = heard
        self._ids: list[int] = []
        self._tokens = 0
        self._ended = False
        self.spoke = False

    async def whole(self, response: aiohttp.ClientResponse) -> None:
        """Reads a reply that comes in one piece. Raises BackendError."""
        try:
            reply = _Whole.model_validate_json(await bounded(response))
        except ValidationError:
            raise BackendError(NO_COMPLETION) from None
        self._take(reply.choices[0].message.content, reply.choices[0], reply.usage)
        self._say(self._speech.rest())

    async def parts(self, response: aiohttp.ClientResponse) -> None:
        """Reads a stream of server-sent events until it says that it is done, or a stop string is there.

        Raises BackendError for what is no such stream, and for one that breaks off.
        """
        async for line in _lines(response):
            data = line.removeprefix(b"data:").strip()
            if not line.startswith(b"data:") or not data:
                continue
            if data == b"[DONE]":
                self._ended = True
                break
            self._part(data)
            if self._speech.stopped or len(self._speech.text) > MAX_TEXT_CHARS:
                self._ended = True
                break
        if not self._ended:
            raise BackendError("the model server's reply broke off")
        self._say(self._speech.rest())

    def completion(self) -> Completion:
        """The text, and its tokens as far as the server told them."""
        ids = tuple(self._ids) if _are_tokens(self._ids) else ()
        return Completion(self._speech.text, self._tokens or len(ids), ids)

    def _part(self, data: bytes) -> None:
        try:
            part = _Part.model_validate_json(data)
        except ValidationError:
            raise BackendError(NO_COMPLETION) from None
        choice = part.choices[0] if part.choices else None
        self._take(choice.delta.content if choice else None, choice, part.usage)
        if choice is not None and choice.finish_reason is not None:
            self._ended = True

    def _take(self, text: str | None, choice: _Choice | None, usage: _Usage | None) -> None:
        if usage is not None:
            self._tokens = usage.completion_tokens
        if choice is not None and len(self._ids) <= MAX_TOKENS:
            self._ids += choice.ids()
        self._say(self._speech.add(text or ""))

    def _say(self, piece: str) -> None:
        if piece and self._heard is not None:
            self.spoke = True
            self._heard(piece)


def _are_tokens(ids: Sequence[int]) -> bool:
    return len(ids) <= MAX_TOKENS and all(0 <= token < 1 << 24 for token in ids)


async def _lines(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    held, received = b"", 0
    async for chunk in response.content.iter_any():
        received += len(chunk)
        *lines, held = (held + chunk).split(b"\n")
        if received > MAX_STREAM_BYTES or len(held) > MAX_LINE_BYTES:
            raise BackendError(
                f"the model server sent more than {MAX_STREAM_BYTES} bytes, or lines without end"
            )
        for line in lines:
            yield line
    if held:
        yield held


async def bounded(response: aiohttp.ClientResponse) -> bytes:
    """A reply's body; raises BackendError for one of more than MAX_REPLY_BYTES."""
    received = bytearray()
    async for chunk in response.content.iter_any():
        received += chunk
        if len(received) > MAX_REPLY_BYTES:
            raise BackendError(f"the model server sent more than {MAX_REPLY_BYTES} bytes")
    return bytes(received)


def listed(raw: bytes) -> frozenset[str]:
    """The models that a server says it has; none when it says something else."""
    try:
        return frozenset(model.id for model in _Models.model_validate_json(raw).data)
    except ValidationError:
        return frozenset()
