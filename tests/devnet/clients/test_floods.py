"""Many clients at once that send what they should not, or read nothing: an honest one goes on."""

import asyncio
import json
import socket
from random import Random
from typing import Any

import bittensor as bt
import pytest
from bittensor_core import Keypair
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from subnet.devnet import Devnet, devnet, server

ALICE, NOBODY = Keypair.create_from_uri("//Alice"), Keypair.create_from_uri("//Nobody")
FLOOD = 500  # connections


def request(method: str, *params: Any) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)})


JUNK: tuple[str | bytes, ...] = (
    *(
        "{",
        "[" * 5000,
        b"\x00\xff",
        '{"id":1}',
        "null",
        '[{"id":1}]' * 50,
        request("state_getPairs", "0x26aa394e"),
    ),
    *(
        request("nonsense"),
        request("state_getKeysPaged", -1),
        request("author_submitExtrinsic", "0x" + "ff" * 999),
    ),
    *(request("chain_subscribeNewHeads"), request("state_subscribeStorage", ["0x00"] * 100)),
)


async def junk(endpoint: str, seed: int, stop: asyncio.Event) -> None:
    """Connects and says nonsense until it is told to stop, vanishing now and then in the middle of it."""
    rng = Random(seed)
    while not stop.is_set():
        async with connect(endpoint, max_size=None, open_timeout=60) as wire:
            for _ in range(rng.randint(1, 20)):
                await wire.send(rng.choice(JUNK))
                await asyncio.sleep(rng.random() / 5)
                if stop.is_set():
                    break
            wire.transport.abort()


async def idle(endpoint: str, stop: asyncio.Event) -> None:
    """Connects, follows the head, and reads nothing of it."""
    async with connect(endpoint, open_timeout=60) as wire:
        await wire.send(request("chain_subscribeNewHeads"))
        await stop.wait()
        wire.transport.abort()


async def test_an_honest_client_goes_on_through_a_flood_of_others(chain: Devnet) -> None:
    stop = asyncio.Event()
    async with bt.Client(chain.endpoint) as honest, asyncio.TaskGroup() as flood:
        for number in range(FLOOD):
            flood.create_task(
                junk(chain.endpoint, number, stop) if number % 2 else idle(chain.endpoint, stop)
            )
        while len(chain.node.head_listeners) < FLOOD // 2:  # noqa: ASYNC110 - nothing else tells
            await asyncio.sleep(0.01)
        try:
            async with asyncio.timeout(30):
                for number in range(1, 4):
                    result = await honest.execute(bt.Transfer(NOBODY.ss58_address, 1), ALICE)
                    assert result.success, result.message
                    assert await honest.balances.get(NOBODY.ss58_address) == bt.tao(number)
                async with bt.Client(chain.endpoint) as newcomer:
                    assert await newcomer.block() >= 3
        finally:
            stop.set()
    while chain.node.head_listeners:  # noqa: ASYNC110 - nothing else tells
        await asyncio.sleep(0.01)


async def test_a_client_that_reads_nothing_does_not_hold_up_a_long_jump() -> None:
    async with devnet(mode="manual") as chain:
        narrow = socket.socket()
        narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        narrow.setblocking(False)
        port = int(chain.endpoint.rsplit(":", 1)[1])
        await asyncio.get_running_loop().sock_connect(narrow, ("127.0.0.1", port))
        deaf = await connect(chain.endpoint, sock=narrow, max_queue=1)
        await deaf.send(request("chain_subscribeNewHeads"))
        while not chain.node.head_listeners:  # noqa: ASYNC110 - nothing else tells
            await asyncio.sleep(0.01)
        deaf.transport.pause_reading()
        async with asyncio.timeout(20):
            while chain.node.head_listeners:  # until it is dropped
                await chain.advance(2000)
        assert chain.node.state.block < 30_000
        deaf.transport.abort()


async def test_more_clients_than_it_has_room_for_are_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_MOST_CONNECTIONS", 3)
    async with devnet(mode="manual") as chain:
        served = [await connect(chain.endpoint) for _ in range(3)]
        with pytest.raises(InvalidStatus) as refused:
            await connect(chain.endpoint)
        assert refused.value.response.status_code == 429
        await served[0].send(request("chain_getHead"))
        assert "result" in json.loads(await served[0].recv())
        await served[1].close()
        async with connect(chain.endpoint) as another:
            await another.send(request("chain_getHead"))
            assert "result" in json.loads(await another.recv())
