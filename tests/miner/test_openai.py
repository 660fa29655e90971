"""Servers that speak OpenAI's chat completions: honest ones, strict ones, busy ones, hostile ones."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import web

from subnet.errors import BackendBusy, BackendError, SettingsError
from subnet.miner import openai, openai_wire
from subnet.miner.openai import OpenAI
from subnet.protocol import Completion, Message, Query

WORDS = ["Four", " is", " the", " ans", "wer."]
IDS = [11, 12, 13, 14, 15]


def a_query(**changes: Any) -> Query:
    """A query with one message."""
    return Query(id="query-0001", messages=(Message(role="user", content="one two"),), **changes)


class Engine:
    """A model server as vLLM behaves; what it says can be changed, and what it was asked is kept."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.fail: list[web.Response] = []
        self.unknown: tuple[str, ...] = ()
        self.old = False
        self.raw: bytes | None = None
        self.looks = 0
        self.look_status = 200
        self.cut_after: int | None = None
        self.pace = asyncio.Semaphore(1 << 20)
        self.url = ""

    async def models(self, _request: web.Request) -> web.Response:
        """The list of models."""
        self.looks += 1
        return web.json_response({"object": "list", "data": [{"id": "some-model"}]}, status=self.look_status)

    async def complete(self, request: web.Request) -> web.StreamResponse:
        """A chat completion, whole or as a stream."""
        asked = await request.json()
        self.asked.append(asked)
        self.headers.append(dict(request.headers))
        if self.fail:
            return self.fail.pop(0)
        refused = [name for name in self.unknown if name in asked]
        if refused:
            return web.json_response(
                {"error": {"message": f"Unrecognized argument: {refused[0]}"}}, status=400
            )
        if self.raw is not None and not asked["stream"]:
            return web.Response(body=self.raw)
        return await (self.stream(request, asked) if asked["stream"] else self.whole(asked))

    def extras(self, asked: dict[str, Any], at: slice) -> dict[str, Any]:
        """Token ids in the way they were asked for, as far as this server knows it."""
        if asked.get("return_token_ids") and not self.old:
            return {"token_ids": IDS[at]}
        if asked.get("logprobs") and asked.get("return_tokens_as_token_ids"):
            return {"logprobs": {"content": [{"token": f"token_id:{i}", "logprob": -0.1} for i in IDS[at]]}}
        return {}

    async def whole(self, asked: dict[str, Any]) -> web.Response:
        """A completion in one piece."""
        message = {"role": "assistant", "content": "".join(WORDS)}
        choice = {"index": 0, "message": message, "finish_reason": "stop", **self.extras(asked, slice(None))}
        return web.json_response(
            {"object": "chat.completion", "choices": [choice], "usage": {"completion_tokens": 5}}
        )

    async def stream(self, request: web.Request, asked: dict[str, Any]) -> web.StreamResponse:
        """Server-sent events: the role, the words, the usage, the end."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        if self.raw is not None:
            await response.write(self.raw)
            return response
        await say(response, {"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]})
        for number, word in enumerate(WORDS):
            await self.pace.acquire()
            if number == self.cut_after:
                request.transport.abort()  # type: ignore[union-attr]
                return response
            extras = self.extras(asked, slice(number, number + 1))
            await say(response, {"choices": [{"index": 0, "delta": {"content": word}, **extras}]})
        await say(response, {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        if asked.get("stream_options"):
            await say(response, {"choices": [], "usage": {"completion_tokens": 5}})
        await response.write(b"data: [DONE]\n\n")
        return response


async def say(response: web.StreamResponse, event: dict[str, Any]) -> None:
    """One event."""
    await response.write(f"data: {json.dumps(event)}\n\n".encode())


@pytest.fixture
async def engine(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Engine]:
    """A running model server; waits between tries are short."""
    monkeypatch.setattr(openai, "FIRST_WAIT_SECONDS", 0.005)
    engine, app = Engine(), web.Application()
    app.router.add_post("/v1/chat/completions", engine.complete)
    app.router.add_get("/v1/models", engine.models)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    engine.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield engine
    await runner.cleanup()


@pytest.fixture
async def backend(engine: Engine) -> AsyncIterator[OpenAI]:
    """A backend in front of the engine."""
    backend = OpenAI(engine.url, "some-model", "key-1")
    yield backend
    await backend.close()


async def until(holds: Callable[[], bool]) -> None:
    """Waits until something holds."""
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - what is waited for is private to who changes it
            await asyncio.sleep(0.002)


async def heard_from(backend: OpenAI, query: Query) -> tuple[list[str], Completion]:
    """The pieces of a streamed answer, and its completion."""
    pieces: list[str] = []
    return pieces, await backend.complete(query, pieces.append)


async def test_a_completion_comes_from_the_engine_with_all_that_was_asked(engine: Engine, backend: OpenAI):
    query = a_query(max_tokens=9, temperature=0.5, seed=1 << 62, top_k=40, stop=("x",))
    assert await backend.complete(query) == Completion("".join(WORDS), 5, tuple(IDS))
    assert engine.asked == [
        {
            "model": "some-model",
            "messages": [{"role": "user", "content": "one two"}],
            "max_tokens": 9,
            "temperature": 0.5,
            "stream": False,
            "stop": ["x"],
            "seed": 1 << 62,
            "top_k": 40,
            "return_token_ids": True,
        }
    ]
    assert engine.headers[0]["Authorization"] == "Bearer key-1"


async def test_a_streamed_completion_is_heard_as_it_arrives(engine: Engine, backend: OpenAI):
    engine.pace = asyncio.Semaphore(2)
    pieces: list[str] = []
    task = asyncio.create_task(backend.complete(a_query(), pieces.append))
    await until(lambda: pieces == WORDS[:2])
    assert not task.done()
    for _ in WORDS:
        engine.pace.release()
    assert await task == Completion("".join(pieces), 5, tuple(IDS))
    assert pieces == WORDS


async def test_an_engine_that_ignores_stop_strings_is_cut(engine: Engine, backend: OpenAI):
    pieces, completion = await heard_from(backend, a_query(stop=("answer",)))
    assert completion.text == "".join(pieces) == "Four is the "
    assert (await backend.complete(a_query(stop=("answer",)))).text == "Four is the "


async def test_an_older_engine_is_asked_for_ids_in_its_own_way(engine: Engine, backend: OpenAI):
    engine.old = True
    assert (await backend.complete(a_query())).token_ids == ()
    assert (await backend.complete(a_query())).token_ids == tuple(IDS)
    assert (await heard_from(backend, a_query()))[1].token_ids == tuple(IDS)


async def test_what_an_engine_refuses_is_not_asked_again(engine: Engine, backend: OpenAI):
    engine.unknown = ("top_k", "return_token_ids", "logprobs", "return_tokens_as_token_ids")
    query = a_query(seed=5, top_k=3)
    for _ in range(3):
        assert (await backend.complete(query)).text == "".join(WORDS)
    asked = len(engine.asked)
    assert (await backend.complete(query)).text == "".join(WORDS)
    assert len(engine.asked) == asked + 1
    assert set(engine.asked[-1]) == {"model", "messages", "max_tokens", "temperature", "stream", "seed"}


async def test_a_refusal_for_another_reason_teaches_nothing(engine: Engine, backend: OpenAI):
    refusal = {"error": {"message": "this prompt is too long: 'top_k and seed'"}}
    engine.fail = [web.json_response(refusal, status=400) for _ in range(8)]
    with pytest.raises(BackendError, match="refuses the request"):
        await backend.complete(a_query(seed=5, top_k=3))
    engine.fail.clear()
    await backend.complete(a_query(seed=5, top_k=3))
    assert {"seed", "top_k", "return_token_ids"} <= set(engine.asked[-1])


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_a_failure_that_passes_is_tried_again(engine: Engine, backend: OpenAI, status: int):
    engine.fail = [web.Response(status=status), web.Response(status=status)]
    assert (await heard_from(backend, a_query()))[1].text == "".join(WORDS)
    assert len(engine.asked) == 3


async def test_a_failure_that_stays_is_busy_after_three_tries(engine: Engine, backend: OpenAI):
    engine.fail = [web.Response(status=503) for _ in range(9)]
    with pytest.raises(BackendBusy, match="busy"):
        await backend.complete(a_query())
    assert len(engine.asked) == 3


async def test_an_engine_that_asks_for_more_patience_than_there_is_time_is_busy_at_once(
    engine: Engine, backend: OpenAI
):
    engine.fail = [web.Response(status=429, headers={"Retry-After": "60"})]
    with pytest.raises(BackendBusy):
        await backend.complete(a_query(seconds=10.0))
    assert len(engine.asked) == 1


async def test_nothing_is_tried_again_once_a_piece_was_heard(engine: Engine, backend: OpenAI):
    engine.cut_after = 2
    pieces: list[str] = []
    with pytest.raises(BackendError, match="middle of its reply"):
        await backend.complete(a_query(), pieces.append)
    assert pieces == WORDS[:2]
    assert len(engine.asked) == 1


async def test_a_connection_that_breaks_before_the_first_piece_is_tried_again(
    engine: Engine, backend: OpenAI
):
    engine.cut_after = 0
    task = asyncio.create_task(heard_from(backend, a_query()))
    await until(lambda: bool(engine.asked))
    engine.cut_after = None
    assert (await task)[1].text == "".join(WORDS)


async def test_an_engine_that_goes_silent_costs_the_querys_time_and_no_more(engine: Engine, backend: OpenAI):
    engine.pace = asyncio.Semaphore(1)
    with pytest.raises(BackendBusy, match="no answer within"):
        await backend.complete(a_query(seconds=0.3), lambda _: None)


async def test_an_engine_that_is_down_is_known_and_callers_are_sent_away_at_once(unused_tcp_port: int):
    backend = OpenAI(f"http://127.0.0.1:{unused_tcp_port}", "some-model")
    assert backend.ready
    watching = asyncio.create_task(backend.watch())
    await until(lambda: not backend.ready)
    with pytest.raises(BackendBusy, match="does not answer"):
        await backend.complete(a_query())
    watching.cancel()
    await backend.close()


async def test_an_engine_that_comes_back_is_asked_again(
    engine: Engine, backend: OpenAI, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(openai, "LOOK_AGAIN_SECONDS", 0.01)
    engine.look_status = 503
    watching = asyncio.create_task(backend.watch())
    await until(lambda: not backend.ready)
    engine.look_status = 401  # whatever it says, it answers
    await until(lambda: backend.ready)
    assert (await backend.complete(a_query())).text == "".join(WORDS)
    watching.cancel()


@pytest.mark.parametrize("path", ["", "/", "/v1", "/v1/", "/v1/chat/completions"])
async def test_the_url_may_end_anywhere_before_the_request(engine: Engine, path: str):
    backend = OpenAI(engine.url + path, "some-model")
    assert (await backend.complete(a_query())).tokens == 5
    assert "Authorization" not in engine.headers[0]
    await backend.close()


@pytest.mark.parametrize(
    ("status", "word"), [(401, "ASSAY_OPENAI_API_KEY"), (404, "--model"), (302, "302"), (418, "418")]
)
async def test_an_engines_refusal_says_what_to_do(engine: Engine, backend: OpenAI, status: int, word: str):
    engine.fail = [web.Response(status=status)]
    with pytest.raises(BackendError, match=word):
        await backend.complete(a_query())


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<html>",
        b"{}",
        b'{"choices": []}',
        b'{"choices": [{"text": "old"}]}',
        b"[" * 9999,
        b'{"choices": [{"message": {"content": "\\ud800"}}]}',
    ],
)
async def test_what_is_no_completion_is_a_failure(engine: Engine, backend: OpenAI, raw: bytes):
    engine.raw = raw
    with pytest.raises(BackendError, match="something else"):
        await backend.complete(a_query())


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        (b"", "broke off"),
        (b"<html>\n", "broke off"),
        (b"data: <html>\n", "something else"),
        (b"data: " + b"[" * 9999 + b"\n", "something else"),
        (b'data: {"choices": [{"delta": {"content": "x"}}]}\n', "broke off"),
        (b"x" * 5000, "more than"),
        (b'data: {"choices": []}\n' * 500, "more than"),
    ],
)
async def test_what_is_no_stream_is_a_failure(
    engine: Engine, backend: OpenAI, raw: bytes, word: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(openai_wire, "MAX_STREAM_BYTES", 8000)
    monkeypatch.setattr(openai_wire, "MAX_LINE_BYTES", 4000 if raw[:1] == b"x" else 1 << 20)
    if raw[:7] == b"data: [":
        monkeypatch.setattr(openai_wire, "MAX_STREAM_BYTES", 1 << 20)
    engine.raw = raw
    with pytest.raises(BackendError, match=word):
        await backend.complete(a_query(), lambda _: None)


async def test_ids_that_cannot_be_are_left_out(engine: Engine, backend: OpenAI):
    choice = {"message": {"content": "x"}, "token_ids": [1, -1]}
    engine.raw = json.dumps({"choices": [choice]}).encode()
    assert await backend.complete(a_query()) == Completion("x", 0)


async def test_an_engine_cannot_fill_the_memory(engine: Engine, backend: OpenAI):
    engine.raw = b" " * (4 * 1024 * 1024 + 1)
    with pytest.raises(BackendError, match="more than"):
        await backend.complete(a_query())


async def test_an_engine_that_is_not_there_is_one_line(unused_tcp_port: int):
    backend = OpenAI(f"http://127.0.0.1:{unused_tcp_port}", "some-model")
    with pytest.raises(BackendBusy, match="cannot be asked"):
        await backend.complete(a_query())
    await backend.close()


@pytest.mark.parametrize("url", ["", "localhost:8000", "ftp://x/", "http://", "http://[::1", "http:///v1"])
def test_a_wrong_url_is_found_at_the_start(url: str):
    with pytest.raises(SettingsError, match="--url"):
        OpenAI(url, "some-model")


def test_a_model_name_is_required():
    with pytest.raises(SettingsError, match="--model"):
        OpenAI("http://127.0.0.1", "")
