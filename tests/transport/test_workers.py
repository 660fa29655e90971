"""Several fronts, one desk: what is one for a miner stays one."""

import asyncio
import json
import socket
import time
from contextlib import asynccontextmanager

from subnet.errors import BackendBusy
from subnet.protocol import Answer, Hotkey
from subnet.transport.desk import Desk, Limits
from subnet.transport.listening import address_of, listen
from subnet.transport.signing import SECOND, Nonces, TooManyRequests, sign
from subnet.transport.workers import Hub, front

CAPTURED = 1000


@asynccontextmanager
async def fronts(wire, desk, count=2, admit=None):
    """Fronts at ports of their own, so that a test can choose one; their addresses."""
    hub = Hub(desk)
    listeners = [listen("127.0.0.1", 0) for _ in range(count)]
    tasks = []
    for listener in listeners:
        ours, theirs = socket.socketpair()
        work = front(wire.MINER, listener, theirs, admit or (lambda caller: None), lambda callers: None)
        tasks.append(asyncio.create_task(work))
        await hub.connect(ours)
    addresses = [address_of(listener) for listener in listeners]
    hub.tell({})
    await asyncio.sleep(0.05)
    try:
        yield addresses
    finally:
        hub.close()
        await asyncio.wait_for(asyncio.gather(*tasks), 3)


def captured(wire, count, nonce_ns=None):
    """Whole signed requests, as somebody on the way sees them."""
    for number in range(count):
        body = wire.query().model_dump_json().encode()
        nonce = None if nonce_ns is None else nonce_ns + number
        headers = sign(wire.VERA, body, Hotkey(wire.MINER.ss58_address), nonce_ns=nonce)
        yield wire.head({**headers, "Content-Length": str(len(body))}) + body


async def played(address, requests):
    """The statuses that a server gives to these requests, over a few connections."""
    statuses = []
    waiting = iter(requests)

    async def one():
        reader, writer = await asyncio.open_connection(address.host, address.port)
        for request in waiting:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            statuses.append(int(head.split()[1]))
            if b"connection: close" in head.lower():
                writer.close()
                reader, writer = await asyncio.open_connection(address.host, address.port)
        writer.close()

    await asyncio.gather(*(one() for _ in range(8)))
    return statuses


async def test_a_thousand_captured_requests_are_worthless_at_another_worker_and_after_a_restart(wire):
    requests = list(captured(wire, CAPTURED))
    async with fronts(wire, Desk(wire.echo, nonces=Nonces(since_ns=0))) as (first, second):
        assert await played(first, requests) == [200] * CAPTURED
        for again in (second, first):
            assert set(await played(again, requests)) <= {401, 503}
    async with fronts(wire, Desk(wire.echo)) as (first, second):
        for again in (first, second):
            assert 200 not in await played(again, requests)


async def test_a_request_from_a_clock_that_runs_ahead_is_worthless_after_a_restart_too(wire):
    requests = list(captured(wire, 50, time.time_ns() + round(1.5 * SECOND)))
    async with wire.server() as miner:
        assert await played(miner.address, requests) == [200] * 50
    async with wire.server(nonces=Nonces()) as miner:
        assert await played(miner.address, requests) == [503] * 50


async def test_both_fronts_answer_with_receipts(wire, client):
    async with fronts(wire, Desk(wire.echo, nonces=Nonces(since_ns=0), block=lambda: 9)) as addresses:
        for address in addresses:
            _, kept = await client.ask_kept(wire.peer(address), wire.query())
            assert kept.receipt.block == 9


async def test_places_are_one_for_all_fronts(wire, client):
    release = asyncio.Event()

    async def held(caller, query, heard=None):
        await release.wait()
        return await wire.echo(caller, query)

    desk = Desk(held, Limits(2, 2, waiting=0), Nonces(since_ns=0))
    async with fronts(wire, desk) as addresses:
        peers = [wire.peer(address, f"{index}" * 48) for index, address in enumerate(addresses)]
        peers = [wire.replace(peer, hotkey=wire.MINER.ss58_address) for peer in peers]
        asked = [asyncio.create_task(client.ask_all([peer], wire.query(), 5)) for peer in peers * 2]
        await asyncio.sleep(0.2)
        release.set()
        failures = [next(iter(replies.values())).failure for replies in await asyncio.gather(*asked)]
    assert sorted(failures, key=str) == [None, None, "busy", "busy"]


async def test_work_ends_when_the_caller_of_a_front_hangs_up(wire):
    started, ended = asyncio.Event(), asyncio.Event()

    async def slow(caller, query, heard=None):
        started.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    async with fronts(wire, Desk(slow, nonces=Nonces(since_ns=0))) as (first, _):
        _, writer = await asyncio.open_connection(first.host, first.port)
        writer.write(next(captured(wire, 1)))
        await asyncio.wait_for(started.wait(), 2)
        writer.close()
        await asyncio.wait_for(ended.wait(), 2)


async def test_a_refusal_of_the_desk_is_told_by_the_front(wire):
    async def busy(caller, query, heard=None):
        raise BackendBusy("the model is loading")

    async with fronts(wire, Desk(busy, nonces=Nonces(since_ns=0))) as (first, _):
        status, body = await wire.exchange(first, next(captured(wire, 1)))
    assert (status, json.loads(body)) == (429, {"error": "busy", "detail": "the model is loading"})


async def test_large_replies_come_through_whole(wire, client):
    text = "x" * 200_000

    async def long(caller, query, heard=None):
        return Answer(query_id=query.id, text=text, model="long")

    async with fronts(wire, Desk(long, nonces=Nonces(since_ns=0))) as (first, _):
        peer = wire.peer(first)
        answers = await asyncio.gather(*(client.ask(peer, wire.query()) for _ in range(20)))
    assert {answer.text for answer in answers} == {text}


async def test_a_front_serves_nobody_before_it_knows_who_may_come(wire):
    listener = listen("127.0.0.1", 0)
    ours, theirs = socket.socketpair()
    task = asyncio.create_task(front(wire.MINER, listener, theirs, lambda caller: None, lambda told: None))
    hub = Hub(Desk(wire.echo, nonces=Nonces(since_ns=0)))
    await hub.connect(ours)
    address = address_of(listener)
    asking = asyncio.create_task(wire.exchange(address, next(captured(wire, 1))))
    await asyncio.sleep(0.2)
    assert not asking.done()
    hub.tell({})
    assert (await asking)[0] == 200
    hub.close()
    await asyncio.wait_for(task, 3)


async def test_a_front_ends_with_its_desk(wire):
    listener = listen("127.0.0.1", 0)
    ours, theirs = socket.socketpair()
    task = asyncio.create_task(front(wire.MINER, listener, theirs, lambda caller: None, lambda told: None))
    await asyncio.sleep(0.05)
    ours.close()
    await asyncio.wait_for(task, 3)
    listener.close()


def test_a_million_junk_nonces_cost_no_memory_and_nobody_elses_share():
    nonces = Nonces(per_hotkey=1000, since_ns=0)
    refused = 0
    for number in range(1_000_000):
        try:
            nonces.check_and_store("greedy", number)
        except TooManyRequests:
            refused += 1
    assert (refused, len(nonces)) == (999_000, 1000)
    assert nonces.check_and_store("modest", 1)
