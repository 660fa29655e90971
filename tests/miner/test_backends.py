"""Where answers come from: stubs, and servers that speak OpenAI's chat completions."""

import asyncio
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subnet.attackers.backends import Garbage, Silent
from subnet.errors import BackendBusy
from subnet.miner.backends import Echo, Loading, answering, before_stop
from subnet.protocol import MAX_TEXT_CHARS, Completion, Hotkey, Message, Query


def a_query(text="one two three", **changes):
    """A query with one message."""
    return Query(id="query-0001", messages=(Message(role="user", content=text),), **changes)


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
        async def complete(self, query, heard=None):
            return Completion("x" * (MAX_TEXT_CHARS + 1), 1)

    assert len((await answering(Endless())(Hotkey("caller"), a_query(), None)).text) == MAX_TEXT_CHARS


async def test_echo_is_heard_word_by_word():
    pieces = []
    answer = await answering(Echo())(Hotkey("caller"), a_query(stream=True), pieces.append)
    assert pieces == ["one", " two", " three"]
    assert "".join(pieces) == answer.text


async def test_a_model_that_is_still_loading_is_busy_and_not_ready():
    made = asyncio.get_running_loop().create_future()
    backend = Loading(made)
    assert backend.health() == {"ready": False, "model": None}
    with pytest.raises(BackendBusy, match="loading"):
        await backend.complete(a_query())
    made.set_result(Echo())
    assert (await backend.complete(a_query())).text == "one two three"
    assert backend.model == "echo"
    assert backend.health() == {"ready": True, "model": "echo"}
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
