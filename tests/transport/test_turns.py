"""Requests that come together are taken up a few at a time, in order, and none twice."""

import asyncio

from subnet.transport.desk import Desk
from subnet.transport.listening import listen, serving
from subnet.transport.server import Server
from subnet.transport.signing import Nonces
from subnet.transport.turns import AT_ONCE, Turns


async def test_what_comes_at_once_is_done_in_order_a_few_per_turn():
    done, seen = [], []
    turns = Turns()
    for number in range(3 * AT_ONCE):
        turns.take(lambda number=number: done.append(number))
    while len(done) < 3 * AT_ONCE:
        seen.append(len(done))
        await asyncio.sleep(0)
    assert done == list(range(3 * AT_ONCE))
    assert all(after - before <= AT_ONCE for before, after in zip([0, *seen], seen, strict=False))


async def test_after_a_rest_the_first_is_done_at_once_again():
    done = []
    turns = Turns()
    for _ in range(3):
        turns.take(lambda: done.append(1))
        assert done.pop()
        await asyncio.sleep(0)
        await asyncio.sleep(0)


async def test_a_request_that_waits_for_its_turn_is_answered_once_and_in_full(wire, client):
    desk = Desk(wire.echo, nonces=Nonces(since_ns=0))
    listener = listen("127.0.0.1", 0)
    async with serving(Server(wire.MINER, desk, lambda caller: None), listener, shares=True) as address:
        peer = wire.peer(address)
        queries = [wire.query(f"text {number}") for number in range(40)]
        answers = await asyncio.gather(*(client.ask(peer, query) for query in queries))
    assert [answer.text for answer in answers] == [query.messages[-1].content for query in queries]
