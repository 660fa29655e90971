"""What a backend can do to a server, and how much of it one caller gets."""

import asyncio
import json
import logging

import aiohttp

from subnet.errors import BackendBusy, BackendError
from subnet.transport.desk import Limits
from subnet.transport.signing import sign
from tests.transport.asking import a_body, signed


async def test_a_bug_in_the_backend_is_a_plain_500_and_logs_no_prompt(wire, caplog):
    async def broken(caller, query, heard=None):
        raise RuntimeError(query.messages[-1].content)

    caplog.set_level(logging.DEBUG)
    async with wire.server(broken) as miner:
        body = a_body(wire, messages=[{"role": "user", "content": "the-secret-prompt"}])
        status, reply = await wire.exchange(miner.address, signed(wire, body))
    assert (status, json.loads(reply)["error"]) == (500, "backend-failed")
    assert b"Traceback" not in reply
    assert "RuntimeError" in caplog.text
    assert "the-secret-prompt" not in caplog.text + repr(reply)


async def test_a_busy_backend_is_429_with_retry_after(wire, client):
    async def busy(caller, query, heard=None):
        raise BackendBusy("the model is loading")

    async with wire.server(busy) as miner, aiohttp.ClientSession() as session:
        body = a_body(wire)
        headers = sign(wire.VERA, body, wire.MINER.ss58_address)
        url = f"http://127.0.0.1:{miner.address.port}/assay/1/query"
        async with session.post(url, data=body, headers=headers) as response:
            assert (response.status, response.headers["Retry-After"]) == (429, "1")


async def test_a_failed_backend_is_500_without_its_details(wire):
    async def failed(caller, query, heard=None):
        raise BackendError("10.1.2.3 refuses the API key")

    async with wire.server(failed) as miner:
        status, body = await wire.exchange(miner.address, signed(wire, a_body(wire)))
    assert status == 500
    assert b"10.1.2.3" not in body


async def test_the_backend_has_until_the_querys_deadline(wire):
    cancelled = asyncio.Event()

    async def slow(caller, query, heard=None):
        try:
            await asyncio.sleep(60)
        finally:
            cancelled.set()

    async with wire.server(slow) as miner:
        status, body = await wire.exchange(miner.address, signed(wire, a_body(wire, seconds=0.2)))
        await asyncio.wait_for(cancelled.wait(), 1)
    assert (status, json.loads(body)["error"]) == (503, "too-slow")


async def test_work_ends_when_the_caller_hangs_up(wire):
    started, ended = asyncio.Event(), asyncio.Event()

    async def slow(caller, query, heard=None):
        started.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    async with wire.server(slow) as miner:
        _, writer = await asyncio.open_connection("127.0.0.1", miner.address.port)
        writer.write(signed(wire, a_body(wire)))
        await asyncio.wait_for(started.wait(), 2)
        writer.close()
        await asyncio.wait_for(ended.wait(), 2)


async def test_places_are_bounded_and_given_back(wire):
    release = asyncio.Event()

    async def held(caller, query, heard=None):
        await release.wait()
        return await wire.echo(caller, query)

    async with wire.server(held, Limits(concurrency=4, per_caller=2, waiting=0)) as miner:
        asked = [
            asyncio.create_task(wire.exchange(miner.address, signed(wire, a_body(wire)))) for _ in range(5)
        ]
        await asyncio.sleep(0.3)
        release.set()
        statuses = sorted(status for status, _ in await asyncio.gather(*asked))
        assert statuses == [200, 200, 429, 429, 429]
        assert (await wire.exchange(miner.address, signed(wire, a_body(wire))))[0] == 200
