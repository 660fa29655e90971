"""The sockets under a server: who holds connections, what is no HTTP, and how it ends."""

import asyncio
import contextlib
import json
import time

import pytest

from subnet.errors import ConditionError, SettingsError
from subnet.transport import connection, listening
from tests.transport.asking import a_body, signed


async def test_headers_without_end_lose_the_connection(wire):
    async with wire.server() as miner:
        sent = b"GET /health HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(20_000))
        assert (await wire.exchange(miner.address, sent))[0] == 0


async def test_a_connection_that_says_nothing_is_closed(wire, monkeypatch):
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.2)
    async with wire.server() as miner:
        reader, writer = await asyncio.open_connection("127.0.0.1", miner.address.port)
        began = time.monotonic()
        with contextlib.suppress(ConnectionResetError):
            assert await asyncio.wait_for(reader.read(), 3) == b""
        assert time.monotonic() - began < 2
        writer.close()


async def test_one_host_cannot_take_all_connections(wire, monkeypatch):
    monkeypatch.setattr(listening, "MAX_CONNECTIONS_PER_HOST", 3)
    async with wire.server() as miner:
        held = [await asyncio.open_connection("127.0.0.1", miner.address.port) for _ in range(6)]
        await asyncio.sleep(0.1)
        closed = [reader.at_eof() or reader.exception() is not None for reader, _ in held]
        assert closed == [False] * 3 + [True] * 3
        for _, writer in held:
            writer.close()


async def test_a_server_ends_within_two_seconds_whatever_runs(wire):
    async def never(caller, query, heard=None):
        await asyncio.Event().wait()

    async with wire.server(never) as miner:
        asked = asyncio.create_task(wire.exchange(miner.address, signed(wire, a_body(wire))))
        await asyncio.sleep(0.2)
        began = time.monotonic()
    assert time.monotonic() - began < 2
    status, body = await asked
    assert (status, json.loads(body)["error"]) == (503, "stopping")


@pytest.mark.parametrize(
    "sent", [b"\x00\x01\r\n\r\n", b"GET /\x00 HTTP/1.1\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]
)
async def test_what_is_not_http_is_told_so_in_json(wire, sent):
    async with wire.server() as miner:
        status, body = await wire.exchange(miner.address, sent)
    assert (status, json.loads(body)["error"]) == (400, "malformed")


def test_a_taken_port_is_one_clear_line():
    with listening.listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            ConditionError, match=f"cannot listen on 127.0.0.1:{port}: address already in use"
        ):
            listening.listen("127.0.0.1", port)


@pytest.mark.parametrize("host", ["nowhere.invalid", "1.2.3.4.5", ""])
def test_a_bad_host_is_one_clear_line(host):
    with pytest.raises(SettingsError):
        listening.listen(host, 0)
