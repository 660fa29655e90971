"""A real model behind a real server: heard piece by piece, and left alone when its caller leaves."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path

from bittensor.sp_core import Keypair

from subnet.miner.backends import answering
from subnet.miner.local import Limits, LocalModel
from subnet.protocol import Coldkey, Hotkey, Message, Peer, Query
from subnet.transport.client import Client, Proven
from subnet.transport.desk import Desk
from subnet.transport.listening import listen, serving
from subnet.transport.server import Server
from subnet.transport.signing import Nonces

STRONG = Path(__file__).resolve().parents[2] / "models" / "strong"
MINER, VERA = Keypair.create_from_uri("//Miner"), Keypair.create_from_uri("//Vera")
STONE = "Spell this word backward (example: sun -> nus): stone"


def a_query(number: int, prompt: str = STONE) -> Query:
    """A query with an id of its own."""
    message = Message(role="user", content=prompt)
    return Query(id=f"query-{number:06d}", messages=(message,), max_tokens=16, seed=7, seconds=30.0)


async def test_a_model_is_heard_through_the_wire_and_lets_go_of_callers_who_leave() -> None:
    model = LocalModel.load(str(STRONG), limits=Limits(batch=4, waiting=16))
    server = Server(MINER, Desk(answering(model), nonces=Nonces(since_ns=0)), lambda caller: None)
    async with serving(server, listen("127.0.0.1", 0)) as where, Client(VERA, allow_private=True) as client:
        peer = Peer(Hotkey(MINER.ss58_address), Coldkey("cold"), 0, where, 0, False, 0.0, 0.0, 0, 0, 0)
        said = [each async for each in client.stream(peer, a_query(1))]
        for number in range(2, 12):
            async with aclosing(client.stream(peer, a_query(number))) as pieces:
                await anext(pieces)
        whole = await client.ask(peer, a_query(20))
    assert [each.text for each in said[:-1]] == list("enots")
    assert isinstance(said[-1], Proven)
    assert said[-1].answer.token_ids == whole.token_ids
    assert (whole.text, whole.tokens, whole.model) == ("enots", 6, "strong")
    async with asyncio.timeout(10):
        while model._callers:  # noqa: ASYNC110 - nobody is told when a caller is forgotten
            await asyncio.sleep(0.01)
    await model.close()
