"""An answer piece by piece: heard as it is made, unproven until its receipt came, bounded in all it can do."""

import asyncio
import json
import socket
from contextlib import aclosing, asynccontextmanager

import pytest

from subnet.errors import BackendBusy, BackendError
from subnet.protocol import MAX_TEXT_CHARS, MAX_TOKENS, Answer
from subnet.transport import connection
from subnet.transport.client import Proven, Unanswered, Unproven
from subnet.transport.desk import Desk, Limits
from subnet.transport.listening import listen, serving
from subnet.transport.receipts import Kept
from subnet.transport.server import Server
from subnet.transport.signing import Nonces, sign
from tests.transport.test_workers import fronts

WORDS = ["Two ", "plus two", " is", " four\n\n", "– è vero: 四."]


def answer_of(query, text):
    return Answer(query_id=query.id, text=text, model="speaker", tokens=len(WORDS))


async def speaker(caller, query, heard=None):
    """Says its words one by one, when somebody listens."""
    for word in WORDS:
        if heard is not None:
            heard(word)
        await asyncio.sleep(0.002)
    return answer_of(query, "".join(WORDS))


async def heard_of(client, peer, query, **bounds):
    """All pieces of a streamed answer, and its proof."""
    said = [each async for each in client.stream(peer, query, **bounds)]
    assert all(isinstance(each, Unproven) for each in said[:-1])
    return [each.text for each in said[:-1]], said[-1]


def streamed(wire, **changes):
    """The bytes of a signed query that asks for pieces."""
    body = wire.query().model_copy(update={"stream": True, **changes}).model_dump_json().encode()
    headers = sign(wire.VERA, body, wire.MINER.ss58_address)
    return wire.head({**headers, "Content-Length": str(len(body))}) + body


async def test_pieces_are_heard_one_by_one_and_the_receipt_proves_the_whole(wire, client):
    async with wire.server(speaker) as miner:
        pieces, proven = await heard_of(client, miner, wire.query())
    assert pieces == WORDS
    assert isinstance(proven, Proven)
    assert proven.answer.text == "".join(WORDS)
    Kept.read(proven.kept.model_dump_json().encode()).check()


async def test_a_piece_is_there_before_the_next_is_made(wire, client):
    heard_first = asyncio.Event()

    async def waits(caller, query, heard):
        heard("first")
        await heard_first.wait()
        return answer_of(query, "first, second")

    async with wire.server(waits) as miner:
        pieces = []
        async for each in client.stream(miner, wire.query()):
            pieces.append(each)
            heard_first.set()
    assert [each.text for each in pieces[:-1]] == ["first", ", second"]


async def test_streamed_and_unstreamed_answers_are_the_same_bytes(wire, client):
    async with wire.server(speaker) as miner:
        query = wire.query()
        _, plain = await client.ask_kept(miner, query)
        _, proven = await heard_of(client, miner, query)
    assert proven.kept.answer == plain.answer


async def test_a_round_may_ask_for_pieces_too(wire, client):
    async with wire.server(speaker) as miner:
        query = wire.query().model_copy(update={"stream": True})
        reply = (await client.ask_all([miner], query, 5))[miner.hotkey]
    assert reply.text == "".join(WORDS)


@pytest.mark.parametrize("text", ["all at once", ""])
async def test_what_does_not_stream_comes_as_one_piece(wire, client, text):
    async def silent(caller, query, heard):
        return answer_of(query, text)

    async with wire.server(silent) as miner:
        pieces, proven = await heard_of(client, miner, wire.query())
    assert pieces == ([text] if text else [])
    assert proven.answer.text == text


async def test_nobody_is_told_pieces_who_did_not_ask_for_them(wire, client):
    listeners = []

    async def listening(caller, query, heard):
        listeners.append(heard)
        return answer_of(query, "x")

    async with wire.server(listening) as miner:
        await client.ask(miner, wire.query())
    assert listeners == [None]


async def test_many_streams_and_plain_queries_share_a_server_and_its_connections(wire, client):
    async with wire.server(speaker) as miner:
        for _ in range(3):
            streams = [heard_of(client, miner, wire.query()) for _ in range(8)]
            plain = [client.ask(miner, wire.query()) for _ in range(8)]
            told = await asyncio.gather(*streams, *plain)
            assert [pieces for pieces, _ in told[:8]] == [WORDS] * 8


async def test_fronts_hand_on_the_pieces(wire, client):
    async with fronts(wire, Desk(speaker, nonces=Nonces(since_ns=0))) as addresses:
        for address in addresses:
            pieces, proven = await heard_of(client, wire.peer(address), wire.query())
            assert (pieces, proven.answer.text) == (WORDS, "".join(WORDS))


@pytest.mark.parametrize("workers", [1, 2])
async def test_work_ends_when_the_listener_goes(wire, client, workers):
    ended = asyncio.Event()

    async def endless(caller, query, heard):
        try:
            while True:
                heard("more ")
                await asyncio.sleep(0.01)
        finally:
            ended.set()

    async def leaves(peer):
        async with aclosing(client.stream(peer, wire.query())) as said:
            async for _ in said:
                break
        await asyncio.wait_for(ended.wait(), 3)

    if workers == 1:
        async with wire.server(endless) as miner:
            await leaves(miner)
    else:
        async with fronts(wire, Desk(endless, nonces=Nonces(since_ns=0))) as (first, _):
            await leaves(wire.peer(first))


@asynccontextmanager
async def a_narrow_line(wire, answer):
    """A server whose system holds little of what was not read, and a reader that has asked and reads nothing yet."""
    listener = listen("127.0.0.1", 0)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    server = Server(wire.MINER, Desk(answer, nonces=Nonces(since_ns=0)), lambda caller: None)
    async with serving(server, listener) as address:
        line = socket.socket()
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.setblocking(False)
        await asyncio.get_running_loop().sock_connect(line, (address.host, address.port))
        reader, writer = await asyncio.open_connection(sock=line, limit=4096)
        writer.transport.pause_reading()
        writer.write(streamed(wire, seconds=60.0))
        yield reader
        writer.close()


async def test_who_does_not_read_is_waited_for_and_then_given_up(wire, monkeypatch):
    monkeypatch.setattr(connection, "WRITE_SECONDS", 0.3)
    ended = asyncio.Event()

    async def pours(caller, query, heard):
        try:
            while True:
                heard("x" * 2000)
                await asyncio.sleep(0)
        finally:
            ended.set()

    async with a_narrow_line(wire, pours):
        await asyncio.wait_for(ended.wait(), 20)


async def test_what_a_slow_reader_was_not_sent_comes_in_one_piece_when_it_goes_on(wire):
    long, spoken = [str(number) + "-" * 1000 for number in range(250)], asyncio.Event()

    async def pours(caller, query, heard):
        for piece in long:
            heard(piece)
        spoken.set()
        await asyncio.sleep(0.1)
        return answer_of(query, "".join(long))

    async with a_narrow_line(wire, pours) as reader:
        await asyncio.wait_for(spoken.wait(), 10)
        got = b""
        reader._transport.resume_reading()
        while not got.endswith(b"0\r\n\r\n"):
            got += await asyncio.wait_for(reader.read(65536), 20)
    assert got.count(b"-" * 1000) == 2 * len(long)
    assert 1 < got.count(b"event: piece\n") < len(long)
    assert got.count(b"event: answer\n") == got.count(b"event: receipt\n") == 1


async def test_a_backend_says_no_more_than_an_answer_may_hold_and_nothing_afterwards(wire, client):
    kept = []

    async def babbling(caller, query, heard):
        kept.append(heard)
        for _ in range(3):
            heard("x" * (MAX_TEXT_CHARS // 2))
        return answer_of(query, "x" * MAX_TEXT_CHARS)

    async with wire.server(babbling) as miner:
        pieces, proven = await heard_of(client, miner, wire.query())
        assert "".join(pieces) == proven.answer.text
        kept[0]("a piece of an answer that is over")
        pieces, _ = await heard_of(client, miner, wire.query())
        assert "".join(pieces) == proven.answer.text


async def test_more_pieces_than_tokens_come_as_fewer(wire, client):
    text = "ab" * 20_000

    async def letters(caller, query, heard):
        for letter in text:
            heard(letter)
        return answer_of(query, text)

    async with wire.server(letters) as miner:
        pieces, proven = await heard_of(client, miner, wire.query())
    assert len(pieces) == MAX_TOKENS
    assert "".join(pieces) == proven.answer.text == text


async def test_a_refusal_before_the_first_piece_is_an_ordinary_one(wire, client):
    async def busy(caller, query, heard):
        raise BackendBusy("the model is loading")

    async with wire.server(busy) as miner:
        status, body = await wire.exchange(miner.address, streamed(wire))
        assert (status, json.loads(body)["error"]) == (429, "busy")
        with pytest.raises(Unanswered) as silence:
            await heard_of(client, miner, wire.query())
    assert (silence.value.failure, str(silence.value)) == ("busy", "HTTP 429 busy")


@pytest.mark.parametrize("late", ["raises", "other text", "half a character"])
async def test_what_goes_wrong_after_a_piece_is_told_as_an_event(wire, client, late):
    async def fails(caller, query, heard):
        heard("so far ")
        if late == "raises":
            raise BackendError("10.1.2.3 is gone")
        if late == "half a character":
            heard("\ud83d")
        return answer_of(query, "something else")

    async with wire.server(fails) as miner:
        said = []
        with pytest.raises(Unanswered) as silence:
            async for each in client.stream(miner, wire.query()):
                said.append(each)
        assert (silence.value.failure, str(silence.value)) == ("error", "HTTP 500 backend-failed")
        assert said == [Unproven("so far ")]


async def test_the_querys_deadline_holds_while_pieces_come(wire, client):
    async def endless(caller, query, heard):
        while True:
            heard("more ")
            await asyncio.sleep(0.01)

    async with wire.server(endless, Limits(answer_seconds=0.3)) as miner:
        with pytest.raises(Unanswered, match="HTTP 503 too-slow"):
            await heard_of(client, miner, wire.query(seconds=5))
    async with wire.server(endless) as miner:
        with pytest.raises(Unanswered, match=r"no whole answer in time|too-slow"):
            await heard_of(client, miner, wire.query(seconds=0.3))


async def test_an_answer_that_stands_still_is_given_up(wire, client):
    async def stalls(caller, query, heard):
        heard("wait for it ")
        await asyncio.sleep(60)

    async with wire.server(stalls) as miner:
        with pytest.raises(Unanswered, match=r"no more of the answer for 0\.2 s") as silence:
            await heard_of(client, miner, wire.query(seconds=30), pause_seconds=0.2)
    assert silence.value.failure == "timeout"


async def test_a_server_that_ends_says_so_in_the_stream(wire, client):
    began = asyncio.Event()

    async def endless(caller, query, heard):
        heard("more ")
        began.set()
        await asyncio.sleep(60)

    async with wire.server(endless) as miner:
        asking = asyncio.create_task(heard_of(client, miner, wire.query(seconds=30)))
        await began.wait()
        await asyncio.sleep(0.05)
    with pytest.raises(Unanswered, match="HTTP 503 stopping"):
        await asking
