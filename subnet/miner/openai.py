"""Answers from a server that speaks OpenAI's chat completions, such as vLLM, SGLang, llama.cpp or a hosted one.

What a server understands beyond the standard (`top_k`, the ids of the tokens it generated) is learnt from its
replies: what it refuses is not asked of it again. A server that is down is found by looking at it once in a
while, so that callers are sent away at once instead of after a wait.
"""

from __future__ import annotations

import asyncio
import logging
import random
from typing import Any

import aiohttp
from yarl import URL

from subnet.errors import BackendBusy, BackendError, SettingsError
from subnet.miner.openai_wire import Reading, bounded, listed
from subnet.protocol import Completion, Heard, Query

API_KEY_VARIABLE = "ASSAY_OPENAI_API_KEY"

CONNECT_SECONDS = 5.0
PAUSE_SECONDS = 60.0
"""The longest pause between two packets of a reply."""

TRIES = 3
FIRST_WAIT_SECONDS = 0.25
LEAST_SECONDS = 0.5
"""A query with less time left than this is not asked again."""

LOOK_SECONDS = 15.0
LOOK_AGAIN_SECONDS = 2.0
"""How often a server is looked at, and how often one that is down."""

REFUSALS = (400, 422)
PASSING = (429, 500, 502, 503, 504)
"""Statuses after which the same query may succeed."""

WAYS_TO_IDS: tuple[dict[str, Any], ...] = (
    {"return_token_ids": True},
    {"logprobs": True, "return_tokens_as_token_ids": True},
    {},
)
"""How a server is asked for the ids of the tokens it generates: vLLM from 0.10.2, vLLM before that, not at all."""

EXTRAS = frozenset({"seed", "top_k", "stream_options"}.union(*WAYS_TO_IDS))
"""What not every server knows."""

log = logging.getLogger(__name__)


class _Passing(Exception):
    """A failure after which the same query may succeed; `wait` is what the server asks for, in seconds."""

    def __init__(self, said: str, wait: float | None = None) -> None:
        super().__init__(said)
        self.wait = wait


class _Unknown(Exception):
    """The server refused a request; its words may name what it does not know."""


class OpenAI:
    """A backend that asks such a server."""

    def __init__(self, url: str, model: str, api_key: str | None = None) -> None:
        """`url` is the base address, with or without its version part. Raises SettingsError for a wrong one."""
        if not model:
            raise SettingsError("--backend openai needs --model NAME: the model's name on that server")
        self.model = model
        self._url = _completions_url(url)
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._session: aiohttp.ClientSession | None = None
        self._way = 0
        self._refused: set[str] = set()
        self._down = ""
        self._look = asyncio.Event()

    @property
    def ready(self) -> bool:
        """Whether the server answered when it was last looked at or asked."""
        return not self._down

    async def complete(self, query: Query, heard: Heard | None = None) -> Completion:
        """The server's first choice, told to `heard` as it arrives.

        Failures that may pass (no connection, 429, 5xx) are tried again while the query's time allows, unless
        something was heard already. Raises BackendBusy for those that stay and for a server that is down,
        BackendError for what is no answer.
        """
        if self._down:
            raise BackendBusy(self._down)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + query.seconds
        try:
            async with asyncio.timeout_at(deadline):
                return await self._tried(query, heard, deadline)
        except TimeoutError:
            raise BackendBusy(f"the model server gave no answer within {query.seconds:g} s") from None

    async def _tried(self, query: Query, heard: Heard | None, deadline: float) -> Completion:
        tries, left_out = 1, frozenset[str]()
        while True:
            reading = Reading(query.stop, heard)
            try:
                completion = await self._asked(self._request(query, heard is not None, left_out), reading)
            except _Unknown as refusal:
                left_out = self._without(left_out, str(refusal))
            except _Passing as failure:
                if reading.spoke:
                    raise BackendError(f"{failure}, in the middle of its reply") from None
                await _pause(tries, failure, deadline)
                tries += 1
            else:
                self._learn(left_out)
                return completion

    async def _asked(self, request: dict[str, Any], reading: Reading) -> Completion:
        """One request and its reply."""
        try:
            async with self._connections().post(
                self._url, json=request, headers=self._headers, allow_redirects=False
            ) as response:
                await self._check(response)
                await (reading.parts(response) if request["stream"] else reading.whole(response))
        except (aiohttp.ClientError, OSError) as failure:
            self._look.set()
            raise _Passing(f"{self._url.host} cannot be asked: {type(failure).__name__}") from None
        completion = reading.completion()
        if completion.text and not completion.token_ids and self._way < len(WAYS_TO_IDS) - 1:
            self._way += 1
        return completion

    def _request(self, query: Query, streaming: bool, left_out: frozenset[str]) -> dict[str, Any]:
        asked: dict[str, Any] = {
            "model": self.model,
            "messages": [message.model_dump() for message in query.messages],
            "max_tokens": query.max_tokens,
            "temperature": query.temperature,
            "stream": streaming,
        }
        if query.stop:
            asked["stop"] = list(query.stop)
        extras = {"seed": query.seed, "top_k": query.top_k, **WAYS_TO_IDS[self._way]}
        if streaming:
            extras["stream_options"] = {"include_usage": True}
        known = {name: value for name, value in extras.items() if name not in self._refused | left_out}
        return asked | {name: value for name, value in known.items() if value is not None}

    def _without(self, left_out: frozenset[str], words: str) -> frozenset[str]:
        """What to leave out of a request that was refused: the extras it names, or else all of them.

        Raises BackendError when none is left: then the fault lies elsewhere.
        """
        rest = EXTRAS - self._refused - left_out
        if not rest:
            raise BackendError(f"{self._url.host} refuses the request (HTTP 400)")
        return left_out | (frozenset(name for name in rest if name in words) or rest)

    def _learn(self, left_out: frozenset[str]) -> None:
        """Notes what the server has answered without. Not before: a refusal's words may quote the prompt."""
        self._refused |= left_out
        lost = sorted(left_out & {"seed", "top_k"})
        if lost:
            log.warning("%s refuses %s: it samples in its own way", self._url.host, " and ".join(lost))

    async def _check(self, response: aiohttp.ClientResponse) -> None:
        """Raises _Passing, _Unknown or BackendError for a reply that holds no completion."""
        status, host = response.status, self._url.host
        if status in PASSING:
            busy = "is busy" if status in (429, 503) else "failed"
            raise _Passing(f"the model server {busy} (HTTP {status})", _retry_after(response))
        if status in REFUSALS:
            raise _Unknown((await bounded(response)).decode(errors="replace"))
        if status in (401, 403):
            raise BackendError(f"{host} refuses the API key: set {API_KEY_VARIABLE}")
        if status == 404:
            raise BackendError(f"{self._url} has no such path or model: check --url and --model")
        if status != 200:
            raise BackendError(f"{host} replied with HTTP {status}")

    async def watch(self) -> None:
        """Looks at the server for ever: now, once in a while, and when a request found it out of reach."""
        while True:
            down = await self._fault()
            if down != self._down:
                log.log(logging.WARNING if down else logging.INFO, "%s", down or "the model server answers")
            self._down = down
            self._look.clear()
            try:
                async with asyncio.timeout(LOOK_AGAIN_SECONDS if down else LOOK_SECONDS):
                    await self._look.wait()
            except TimeoutError:
                continue

    async def _fault(self) -> str:
        """What is wrong with the server, in one line; nothing when it answers, with whatever it has to say."""
        url = self._url.parent.parent / "models"
        try:
            async with (
                asyncio.timeout(CONNECT_SECONDS),
                self._connections().get(url, headers=self._headers, allow_redirects=False) as response,
            ):
                if response.status >= 500:
                    return f"the model server at {url.host} fails (HTTP {response.status})"
                known = listed(await bounded(response)) if response.status == 200 else frozenset()
        except (aiohttp.ClientError, OSError, BackendError) as failure:
            return f"the model server at {url.host} does not answer: {type(failure).__name__}"
        if known and self.model not in known:
            log.warning("%s does not list the model %s", url.host, self.model)
        return ""

    async def close(self) -> None:
        """Closes the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _connections(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),
                timeout=aiohttp.ClientTimeout(total=None, connect=CONNECT_SECONDS, sock_read=PAUSE_SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session


async def _pause(tries: int, failure: _Passing, deadline: float) -> None:
    """Waits before the next try; raises BackendBusy when there is none, or no time for it."""
    backoff = FIRST_WAIT_SECONDS * 2 ** (tries - 1) * random.uniform(0.5, 1.5)
    wait = backoff if failure.wait is None else failure.wait
    late = asyncio.get_running_loop().time() + wait + LEAST_SECONDS > deadline
    if tries == TRIES or late:
        raise BackendBusy(str(failure))
    await asyncio.sleep(wait)


def _retry_after(response: aiohttp.ClientResponse) -> float | None:
    """The wait in seconds that a server asks for; None when it asks for none, or by a date."""
    told = response.headers.get("Retry-After", "")
    return float(told) if told.isascii() and told.isdigit() and len(told) < 6 else None


def _completions_url(url: str) -> URL:
    try:
        base = URL(url)
    except ValueError:
        base = URL()
    if base.scheme not in ("http", "https") or not base.host:
        raise SettingsError(f"--url {url!r} is not an http address, such as http://127.0.0.1:8000/v1")
    path = base.path.rstrip("/") or "/v1"
    return base.with_path(path if path.endswith("/chat/completions") else f"{path}/chat/completions")
