"""What peers can do to a validator that asks them: nothing beyond their own silence."""

import asyncio
import gzip
import json
import time

import pytest

from subnet.protocol import MAX_ANSWER_BYTES, Address
from subnet.transport.client import Client, Unanswered
from subnet.transport.desk import Desk
from subnet.transport.listening import Connections
from subnet.transport.server import Server
from subnet.transport.signing import Nonces

BLOCKED = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "10.0.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::ffff:127.0.0.1",
    "localhost",
    "metadata.google.internal",
    "2130706433",
    "user@127.0.0.1",
    "1.1.1.1/x",
]


def http(status, body=b"", *headers):
    """A reply's bytes."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def replies(*parts, pause=0.0):
    """A hostile peer that reads a little and sends these parts whatever it was asked."""

    async def handle(reader, writer):
        await reader.read(65536)
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)
        await reader.read(65536)

    return handle


def an_answer(query_id, **changes):
    """An answer's JSON bytes."""
    return json.dumps(
        {"version": "assay/1", "query_id": query_id, "text": "4", "model": "m", "tokens": 1, **changes}
    ).encode()


def vouched(wire, request):
    """A right answer to a request, with its receipt."""
    body = an_answer(json.loads(request.split(b"\r\n\r\n", 1)[1])["id"])
    return http(200, body, wire.receipt(request, body))


async def never(reader, writer):
    """Accepts, reads, and says nothing."""
    while await reader.read(65536):
        pass


async def drip(reader, writer):
    """Sends a byte now and then, for ever."""
    await reader.read(65536)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.02)


async def flood(reader, writer):
    """Sends bytes without end."""
    await reader.read(65536)
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
        await writer.drain()


async def endless_headers(reader, writer):
    """Sends headers without end."""
    await reader.read(65536)
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-Y: z\r\n" * 1000)
        await writer.drain()


async def endless_interim(reader, writer):
    """Sends interim replies without end."""
    await reader.read(65536)
    while True:
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n" * 10)
        await writer.drain()
        await asyncio.sleep(0.001)


async def hang_up(reader, writer):
    """Closes after reading."""
    await reader.read(65536)


GOOD_ID = "query-aaaaaa"
HOSTILE = {
    "never": (never, "timeout"),
    "drip": (drip, "timeout"),
    "interim": (endless_interim, "malformed"),
    "flood": (flood, "oversized"),
    "declared huge": (
        replies(f"HTTP/1.1 200 OK\r\nContent-Length: {MAX_ANSWER_BYTES + 1}\r\n\r\n".encode()),
        "oversized",
    ),
    "headers": (endless_headers, "malformed"),
    "hang up": (hang_up, "unreachable"),
    "not http": (replies(b"SSH-2.0-OpenSSH_9.6\r\n"), "malformed"),
    "wrong id": (replies(http(200, an_answer("query-other"))), "malformed"),
    "unknown field": (replies(http(200, an_answer(GOOD_ID, bonus=1))), "malformed"),
    "text too long": (replies(http(200, an_answer(GOOD_ID, text="x" * 300_000))), "malformed"),
    "tokens below zero": (replies(http(200, an_answer(GOOD_ID, tokens=-1))), "malformed"),
    "no json": (replies(http(200, b"<html>")), "malformed"),
    "deep json": (replies(http(200, b"[" * 500_000)), "malformed"),
    "deep refusal": (replies(http(403, b"[" * 2000)), "refused"),
    "short body": (replies(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{}", b""), "timeout"),
    "gzip": (
        replies(http(200, gzip.compress(an_answer(GOOD_ID)), "Content-Encoding: gzip")),
        "malformed",
    ),
    "refuses": (replies(http(403, b'{"error": "not-served"}')), "refused"),
    "busy": (replies(http(429, b"{}")), "busy"),
    "broken": (replies(http(500)), "error"),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_peer_harms_nobody_but_itself(wire, client, name):
    handle, failure = HOSTILE[name]
    query = wire.query().model_copy(update={"id": GOOD_ID})
    async with wire.server() as honest, wire.hostile(handle) as hostile:
        began = time.monotonic()
        replies_ = await client.ask_all([hostile, honest], query, seconds=1.0)
        assert time.monotonic() - began < 2.0
    assert replies_[honest.hotkey].text == "What is two plus two?"
    assert replies_[honest.hotkey].seconds < 0.4
    assert (replies_[hostile.hotkey].answer, replies_[hostile.hotkey].failure) == (None, failure)


async def test_a_redirect_is_not_followed(wire, client):
    canary = asyncio.Event()

    async def trap(reader, writer):
        canary.set()

    async with wire.hostile(trap, 2) as inner:
        target = f"Location: http://127.0.0.1:{inner.address.port}/"
        for status in (301, 302, 307, 308):
            async with wire.hostile(replies(http(status, b"", target))) as hostile:
                reply = (await client.ask_all([hostile], wire.query(), 0.5))[hostile.hotkey]
                assert reply.failure == "error"
    assert not canary.is_set()


async def test_cookies_are_not_kept(wire, client):
    seen = []

    async def baker(reader, writer):
        for _ in range(2):
            seen.append(await reader.read(65536))
            writer.write(http(403, b"", "Set-Cookie: id=1; Path=/"))

    async with wire.hostile(baker) as hostile:
        for _ in range(2):
            await client.ask_all([hostile], wire.query(), 0.5)
    assert not any(b"cookie" in request.lower() for request in seen)
    assert len(seen) == 2


async def test_an_environment_proxy_is_not_used(wire, client, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    async with wire.server() as honest:
        assert (await client.ask(honest, wire.query())).model == "echo"


@pytest.mark.parametrize("host", BLOCKED)
async def test_inner_addresses_are_never_asked(wire, host):
    async with Client(wire.VERA) as client:
        peer = wire.peer(Address(host, 80))
        reply = (await client.ask_all([peer], wire.query(), 0.3))[peer.hotkey]
    assert reply.failure == "unreachable"
    assert "address not asked" in reply.detail


async def test_peers_without_address_or_listener_are_silent_at_once(wire, client):
    closed = await asyncio.start_server(never, "127.0.0.1", 0)
    port = closed.sockets[0].getsockname()[1]
    closed.close()
    unpublished = wire.peer(None, "a" * 48)
    refusing = wire.peer(Address("127.0.0.1", port), "b" * 48)
    began = time.monotonic()
    silent = await client.ask_all([unpublished, refusing], wire.query(), 5)
    assert time.monotonic() - began < 1
    assert {reply.failure for reply in silent.values()} == {"unreachable"}


async def test_one_deadline_holds_for_all(wire, client):
    hostile = [wire.hostile(never, uid) for uid in range(20)]
    peers = [await each.__aenter__() for each in hostile]
    async with wire.server() as honest:
        began = time.monotonic()
        got = await client.ask_all([*peers, honest], wire.query(), 0.5)
        assert 0.45 < time.monotonic() - began < 1.0
    assert [reply.failure for reply in got.values()] == ["timeout"] * 20 + [None]
    for each in hostile:
        await each.__aexit__(None, None, None)


async def test_each_peer_may_get_a_query_of_its_own(wire, client):
    async with wire.server() as first:
        other = wire.replace(first, hotkey=first.hotkey, uid=7)
        answers = await client.ask_each({first: wire.query("one")}, 2)
        assert answers[first.hotkey].text == "one"
        answers = await client.ask_each({other: wire.query("two")}, 2)
        assert answers[first.hotkey].text == "two"


async def test_nobody_to_ask_gives_no_replies(wire, client):
    assert await client.ask_all([], wire.query(), 1) == {}


async def test_connections_are_kept_and_reused(wire, client):
    accepted = []

    async def counting(reader, writer):
        accepted.append(writer)
        while request := await reader.read(65536):
            writer.write(vouched(wire, request))

    async with wire.hostile(counting) as peer:
        for _ in range(10):
            await client.ask(peer, wire.query())
    assert len(accepted) == 1


async def test_a_miners_server_keeps_connections_open(wire, client):
    accepted = []
    desk = Desk(wire.echo, nonces=Nonces(since_ns=0))
    server = Server(wire.MINER, desk, lambda caller: None)

    class Counting(Connections):
        def connect(self):
            accepted.append(super().connect())
            return accepted[-1]

    connections = Counting(server)
    listener = await asyncio.get_running_loop().create_server(connections.connect, "127.0.0.1", 0)
    peer = wire.peer(Address("127.0.0.1", listener.sockets[0].getsockname()[1]))
    for _ in range(5):
        await client.ask(peer, wire.query())
    assert len(accepted) == 1
    listener.close()
    await connections.close()


async def test_a_kept_connection_that_was_closed_is_no_silence(wire, client):
    async def one_each(reader, writer):
        request = await reader.read(65536)
        writer.write(vouched(wire, request))
        await reader.read(65536)

    async with wire.hostile(one_each) as peer:
        for _ in range(3):
            assert (await client.ask(peer, wire.query())).text == "4"


async def test_many_queries_to_one_server_at_once(wire, client):
    async with wire.server() as honest:
        texts = await asyncio.gather(
            *(client.ask(honest, wire.query(f"text {number}")) for number in range(32))
        )
    assert [answer.text for answer in texts] == [f"text {number}" for number in range(32)]


async def test_asking_one_peer_ends_at_the_querys_deadline(wire, client):
    async with wire.hostile(never) as hostile:
        with pytest.raises(Unanswered) as silence:
            await client.ask(hostile, wire.query(seconds=0.2))
    assert silence.value.failure == "timeout"


async def test_a_refusals_reason_is_told_only_when_it_is_a_word(wire, client):
    for error, told in (
        ("stale", "HTTP 401 stale"),
        ("a\nb", "HTTP 401"),
        ("x" * 40, "HTTP 401"),
        (1, "HTTP 401"),
    ):
        async with wire.hostile(replies(http(401, json.dumps({"error": error}).encode()))) as hostile:
            reply = (await client.ask_all([hostile], wire.query(), 0.5))[hostile.hotkey]
            assert reply.detail == told
