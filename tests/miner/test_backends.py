"""Where answers come from: stubs, and servers that speak OpenAI's chat completions."""

import asyncio
import json
import random

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from subnet.attackers.backends import Garbage, Silent
from subnet.errors import BackendBusy, BackendError, SettingsError
from subnet.miner.backends import Echo, Loading, OpenAI, answering, before_stop
from subnet.protocol import MAX_TEXT_CHARS, Completion, Hotkey, Message, Query


def a_query(text="one two three", **changes):
    """A query with one message."""
    return Query(id="query-0001", messages=(Message(role="user", content=text),), **changes)


@pytest.fixture
async def engine():
    """A model server whose reply a test sets; what it was asked is kept."""
    state = {"status": 200, "reply": None, "asked": [], "headers": []}

    async def complete(request):
        state["asked"].append(await request.json())
        state["headers"].append(dict(request.headers))
        raw = state["reply"]
        return web.Response(status=state["status"], body=raw if isinstance(raw, bytes) else json.dumps(raw))

    app = web.Application()
    app.router.add_post("/v1/chat/completions", complete)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    state["url"] = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield state
    await runner.cleanup()


async def asked(engine, query=None, **more):
    """What the backend makes of the engine's reply."""
    backend = OpenAI(engine["url"] + more.pop("path", ""), "some-model", **more)
    try:
        return await backend.complete(query or a_query())
    finally:
        await backend.close()


def a_reply(content="four", tokens=7):
    """A chat completion as engines send it, with fields nobody reads."""
    return {
        "id": "x",
        "object": "chat.completion",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
        ],
        "usage": {"prompt_tokens": 3, "completion_tokens": tokens, "total_tokens": 10},
    }


async def test_echo_repeats_the_last_message_within_the_limits():
    assert await Echo().complete(a_query()) == Completion("one two three", 3)
    assert await Echo().complete(a_query(max_tokens=2)) == Completion("one two", 2)
    assert (await Echo().complete(a_query(stop=("tw", "three")))).text == "one "


@given(st.text("ab", max_size=20), st.lists(st.text("ab", min_size=1, max_size=3), max_size=3))
def test_text_ends_before_the_first_stop_string(text, stop):
    kept = before_stop(text, tuple(stop))
    assert text.startswith(kept)
    assert not any(word in kept for word in stop)
    assert kept == text or any(text[len(kept) :].startswith(word) for word in stop)


async def test_an_answer_carries_the_querys_id_and_the_claimed_model():
    answer = await answering(Echo())(Hotkey("caller"), a_query(), None)
    assert (answer.query_id, answer.model, answer.text, answer.tokens) == (
        "query-0001",
        "echo",
        "one two three",
        3,
    )


async def test_an_answer_is_cut_to_what_the_wire_allows():
    class Endless(Echo):
        async def complete(self, query):
            return Completion("x" * (MAX_TEXT_CHARS + 1), 1)

    assert len((await answering(Endless())(Hotkey("caller"), a_query(), None)).text) == MAX_TEXT_CHARS


async def test_a_model_that_is_still_loading_is_busy():
    made = asyncio.get_running_loop().create_future()
    backend = Loading(made)
    with pytest.raises(BackendBusy, match="loading"):
        await backend.complete(a_query())
    made.set_result(Echo())
    assert (await backend.complete(a_query())).text == "one two three"
    assert backend.model == "echo"
    await backend.close()


async def test_garbage_is_seeded_and_its_callers_random_state_is_untouched():
    random.seed(1)
    expected = random.random()
    random.seed(1)
    first = await Garbage(3).complete(a_query())
    assert random.random() == expected
    assert first == await Garbage(3).complete(a_query())
    assert first != await Garbage(4).complete(a_query())
    assert len(first.text) == 4 * first.tokens


async def test_silence_lasts_until_the_deadline():
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await Silent().complete(a_query())


async def test_a_completion_comes_from_the_engine(engine):
    engine["reply"] = a_reply()
    query = a_query(max_tokens=9, temperature=0.5, seed=1 << 62, stop=("x",))
    assert await asked(engine, query, api_key="key-1") == Completion("four", 7)
    assert engine["asked"][0] == {
        "model": "some-model",
        "messages": [{"role": "user", "content": "one two three"}],
        "max_tokens": 9,
        "temperature": 0.5,
        "stream": False,
        "seed": 1 << 62,
        "stop": ["x"],
    }
    assert engine["headers"][0]["Authorization"] == "Bearer key-1"


@pytest.mark.parametrize("path", ["", "/", "/v1", "/v1/", "/v1/chat/completions"])
async def test_the_url_may_end_anywhere_before_the_request(engine, path):
    engine["reply"] = a_reply()
    assert (await asked(engine, path=path)).text == "four"
    assert "Authorization" not in engine["headers"][0]


@pytest.mark.parametrize("usage", [None, {}])
async def test_an_engine_need_not_count_tokens(engine, usage):
    engine["reply"] = {**a_reply(), "usage": usage}
    assert (await asked(engine)).tokens == 0


@pytest.mark.parametrize("status", [429, 503])
async def test_a_busy_engine_is_busy(engine, status):
    engine["status"] = status
    with pytest.raises(BackendBusy):
        await asked(engine)


@pytest.mark.parametrize(
    ("status", "word"), [(401, "ASSAY_OPENAI_API_KEY"), (404, "--model"), (302, "302"), (500, "500")]
)
async def test_an_engines_refusal_says_what_to_do(engine, status, word):
    engine["status"] = status
    with pytest.raises(BackendError, match=word):
        await asked(engine)


@pytest.mark.parametrize(
    "reply", [b"", b"<html>", {}, {"choices": []}, {"choices": [{"text": "old"}]}, b"[" * 9999]
)
async def test_what_is_no_completion_is_a_failure(engine, reply):
    engine["reply"] = reply
    with pytest.raises(BackendError, match="something else"):
        await asked(engine)


async def test_an_engine_cannot_fill_the_memory(engine):
    engine["reply"] = b" " * (4 * 1024 * 1024 + 1)
    with pytest.raises(BackendError, match="more than"):
        await asked(engine)


async def test_an_engine_that_is_not_there_is_one_line():
    with pytest.raises(BackendError, match="cannot be asked"):
        await asked({"url": "http://127.0.0.1:1"})


@pytest.mark.parametrize("url", ["", "localhost:8000", "ftp://x/", "http://", "http://[::1", "http:///v1"])
def test_a_wrong_url_is_found_at_the_start(url):
    with pytest.raises(SettingsError, match="--url"):
        OpenAI(url, "some-model")


def test_a_model_name_is_required():
    with pytest.raises(SettingsError, match="--model"):
        OpenAI("http://127.0.0.1", "")
