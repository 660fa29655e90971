"""What a miner tells of its backend to anybody who asks: `/health` always, `/ready` with a status to act upon."""

from __future__ import annotations

import asyncio
import json
import socket
from types import SimpleNamespace
from typing import Any

import aiohttp
from bittensor.sp_core import Keypair

from neurons.front import Door
from neurons.fronts import keep_told
from subnet.miner.backends import Echo, Loading, answering
from subnet.miner.policy import Callers
from subnet.protocol import Address
from subnet.transport.desk import Desk
from subnet.transport.listening import address_of, listen, serving
from subnet.transport.server import Server
from subnet.transport.workers import Hub, front

MINER = Keypair.create_from_uri("//Miner")


async def told(where: Address, path: str) -> tuple[int, dict[str, Any]]:
    """Status and body of a GET."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://{where.host}:{where.port}{path}") as reply,
    ):
        return reply.status, json.loads(await reply.read())


class Upstream(Echo):
    """Echo in front of something that may be down."""

    def __init__(self) -> None:
        self.ready = True

    async def watch(self) -> None:
        """Nothing changes by itself."""
        await asyncio.Event().wait()


async def test_a_miner_is_ready_when_its_backend_is() -> None:
    made: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    backend, upstream = Loading(made), Upstream()
    server = Server(MINER, Desk(answering(backend)), lambda caller: None, backend.health)
    async with serving(server, listen("127.0.0.1", 0)) as where:
        status, body = await told(where, "/health")
        assert (status, body["ready"], body["model"]) == (200, False, None)
        assert (await told(where, "/ready"))[0] == 503
        made.set_result(upstream)
        status, body = await told(where, "/ready")
        assert (status, body["ready"], body["model"]) == (200, True, "echo")
        upstream.ready = False
        assert (await told(where, "/ready"))[0] == 503
        assert (await told(where, "/health"))[0] == 200


async def test_a_server_that_knows_of_no_backend_is_ready() -> None:
    async with serving(
        Server(MINER, Desk(answering(Echo())), lambda caller: None), listen("127.0.0.1", 0)
    ) as where:
        assert (await told(where, "/ready"))[0] == 200


async def test_a_front_says_what_the_miner_last_said() -> None:
    made: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    backend = Loading(made)
    hub, door = Hub(Desk(answering(backend))), Door()
    seat: Any = SimpleNamespace(tell=lambda told: told(Callers()))
    telling = asyncio.create_task(keep_told(hub, seat, backend.health))
    ours, theirs = socket.socketpair()
    await hub.connect(ours)
    listener = listen("127.0.0.1", 0)
    where = address_of(listener)
    serving_front = asyncio.create_task(
        front(MINER, listener, theirs, door.admit, door.tell, health=door.health)
    )
    async with asyncio.timeout(10):
        assert (await told(where, "/ready"))[0] == 503
        made.set_result(Echo())
        while (await told(where, "/ready"))[0] != 200:  # noqa: ASYNC110 - what another process would see
            await asyncio.sleep(0.05)
    assert (await told(where, "/health"))[1]["model"] == "echo"
    telling.cancel()
    hub.close()
    await serving_front
