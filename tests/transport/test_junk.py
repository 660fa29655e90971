"""What strangers can make a server do: little, and nothing that honest callers notice."""

import asyncio
import json
import resource
import time

from subnet.transport import connection, listening
from subnet.transport.doubt import FAILED_PER_SECOND, Doubt, Source
from subnet.transport.refusals import Denied
from subnet.transport.signing import SECOND, sign


def a_request(wire, spoil=False):
    """A signed query; spoilt, its body is another one than was signed."""
    body = wire.query().model_dump_json().encode()
    headers = sign(wire.VERA, body, wire.MINER.ss58_address)
    sent = body.replace(b"two plus two", b"two plus six") if spoil else body
    return wire.head({**headers, "Content-Length": str(len(body))}) + sent


async def answered(reader):
    """Status and headers of the next reply."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    return int(head.split()[1]), head.lower(), await reader.readexactly(length)


async def test_a_whole_request_that_is_refused_keeps_its_connection_until_there_were_too_many(
    wire, monkeypatch
):
    monkeypatch.setattr(connection, "MOST_REFUSED", 3)
    junk = wire.head({"Content-Length": "2"}) + b"{}"
    async with wire.server() as miner:
        reader, writer = await asyncio.open_connection("127.0.0.1", miner.address.port)
        heads = []
        for _ in range(3):
            writer.write(junk)
            status, head, _ = await answered(reader)
            assert status == 401
            heads.append(b"connection: close" in head)
        assert heads == [False, False, True]
        assert await reader.read() == b""
        writer.close()


async def test_a_refusal_before_the_body_is_read_by_a_sender_that_goes_on_sending(wire):
    head = wire.head({"Content-Length": "200000"})
    async with wire.server() as miner:
        reader, writer = await asyncio.open_connection("127.0.0.1", miner.address.port)
        writer.write(head + b"x" * 100_000)
        status, told, _ = await answered(reader)
        writer.write(b"x" * 50_000)
        await writer.drain()
        assert (status, b"connection: close" in told) == (401, True)
        assert await asyncio.wait_for(reader.read(), 3) == b""
        writer.close()


async def test_a_body_longer_than_any_query_is_cut_off_whatever_the_target(wire):
    async with wire.server() as miner:
        sent = wire.head({"Content-Length": str(10**9)}, "/health", "GET") + b"x" * 300_000
        status, body = await wire.exchange(miner.address, sent)
    assert (status, json.loads(body)["error"]) == (413, "too-large")


async def test_requests_sent_ahead_are_not_answered(wire):
    async with wire.server() as miner:
        reader, writer = await asyncio.open_connection("127.0.0.1", miner.address.port)
        writer.write(a_request(wire) + a_request(wire))
        status, head, _ = await answered(reader)
        assert (status, b"connection: close" in head) == (200, True)
        assert await reader.read() == b""
        writer.close()


async def test_who_waits_for_a_word_before_the_body_gets_it(wire):
    request = a_request(wire)
    head, body = request.split(b"\r\n\r\n", 1)
    async with wire.server() as miner:
        reader, writer = await asyncio.open_connection("127.0.0.1", miner.address.port)
        writer.write(head + b"\r\nExpect: 100-continue\r\n\r\n")
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(body)
        assert (await answered(reader))[0] == 200
        writer.close()


async def test_forgeries_are_soon_not_even_checked_and_honest_callers_go_on(wire):
    forged = [a_request(wire, spoil=True) for _ in range(round(FAILED_PER_SECOND) + 100)]
    async with wire.server() as miner:
        honest_reader, honest = await asyncio.open_connection("127.0.0.1", miner.address.port)
        honest.write(a_request(wire))
        assert (await answered(honest_reader))[0] == 200
        statuses = []
        for batch in range(0, len(forged), 90):
            reader, writer = await asyncio.open_connection("127.0.0.1", miner.address.port)
            for request in forged[batch : batch + 90]:
                writer.write(request)
                status, _, body = await answered(reader)
                statuses.append((status, json.loads(body)["error"]))
            writer.close()
        honest.write(a_request(wire))
        assert (await answered(honest_reader))[0] == 200
        honest.close()
    assert set(statuses) == {(401, "bad-signature"), (503, "busy")}


def refused(doubt, source):
    """Whether a signature from there is not checked."""
    try:
        doubt.check(source)
    except Denied:
        return True
    return False


def test_doubt_is_a_budget_that_comes_back():
    now = [0.0]
    doubt = Doubt(lambda: now[0])
    stranger, friend = Source("198.51.100.1"), Source("203.0.113.1")
    doubt.accepted(friend)
    for _ in range(round(FAILED_PER_SECOND)):
        assert not refused(doubt, stranger)
        doubt.failed(stranger)
    assert refused(doubt, stranger)
    assert refused(doubt, Source("192.0.2.1"))
    assert not refused(doubt, friend)
    assert not refused(doubt, Source(friend.host))
    now[0] = 0.1
    assert not refused(doubt, stranger)


def test_a_friend_that_forges_is_a_friend_no_more():
    doubt = Doubt(lambda: 0.0)
    friend = Source("203.0.113.1")
    doubt.accepted(friend)
    for _ in range(round(FAILED_PER_SECOND)):
        doubt.failed(friend)
    assert refused(doubt, friend)
    assert refused(doubt, Source(friend.host))


def test_known_hosts_are_bounded():
    doubt = Doubt(lambda: 0.0)
    for number in range(10_000):
        doubt.accepted(Source(f"host {number}"))
    assert len(doubt._hosts) <= 4096


async def test_strangers_who_hold_connections_keep_nobody_out(wire, monkeypatch):
    monkeypatch.setattr(listening, "most_connections", lambda: 4)
    async with wire.server() as miner:
        honest_reader, honest = await asyncio.open_connection("127.0.0.1", miner.address.port)
        honest.write(a_request(wire))
        assert (await answered(honest_reader))[0] == 200
        held = [await asyncio.open_connection("127.0.0.1", miner.address.port) for _ in range(10)]
        reader, writer = await asyncio.open_connection("127.0.0.1", miner.address.port)
        writer.write(a_request(wire))
        assert (await answered(reader))[0] == 200
        honest.write(a_request(wire))
        assert (await answered(honest_reader))[0] == 200
        for each in (writer, honest, *(other for _, other in held)):
            each.close()


def test_a_server_asks_for_the_open_files_it_needs():
    assert listening.most_connections() > 0
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert soft >= listening.most_connections() + listening.OTHER_FILES


async def test_a_stale_request_warns_of_the_clock_once_in_a_while(wire, caplog):
    async with wire.server() as miner:
        for _ in range(3):
            body = wire.query().model_dump_json().encode()
            nonce = time.time_ns() - 12 * SECOND
            headers = sign(wire.VERA, body, wire.MINER.ss58_address, nonce_ns=nonce)
            sent = wire.head({**headers, "Content-Length": str(len(body))}) + body
            status, told = await wire.exchange(miner.address, sent)
            assert (status, json.loads(told)["error"]) == (401, "stale")
            assert abs(json.loads(told)["time"] - time.time()) < 2
    assert caplog.text.count("12.0 s ago by this server's clock; set both clocks by NTP") == 1
