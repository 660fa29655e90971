"""dev_*: what they do, that wrong parameters change nothing, and that a snapshot covers all that can be written."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from websockets.asyncio.client import connect

from subnet.devnet import Devnet, devnet
from subnet.devnet.pallets import assay, balances, system, timestamp
from subnet.devnet.pallets.subtensor.storage import Tempo

Ask = Callable[..., Awaitable[Any]]
NUMBER = "0x" + system.Number.prefix.hex()
ISSUANCE = "0x" + balances.TotalIssuance.prefix.hex()


@pytest.fixture
async def chain() -> AsyncIterator[Devnet]:
    async with devnet(mode="manual", seed="dev", checked=True) as running:
        yield running
    assert running.node.failures == []


@pytest.fixture
async def ask(chain: Devnet) -> AsyncIterator[Ask]:
    async with connect(chain.address) as socket:

        async def asked(method: str, *params: Any) -> Any:
            await socket.send(json.dumps({"id": 1, "method": method, "params": params}))
            reply = json.loads(await asyncio.wait_for(socket.recv(), 5))
            return reply.get("result", reply.get("error"))

        yield asked


@pytest.mark.parametrize(("params", "blocks"), [((), 1), ((None,), 1), ((3,), 3), (({"count": 4},), 4)])
async def test_new_block_makes_as_many_as_asked(ask: Ask, chain: Devnet, params: Any, blocks: int) -> None:
    assert await ask("dev_newBlock", *params) == await ask("chain_getHead")
    assert chain.node.state.block == blocks


async def test_new_block_goes_to_a_block(ask: Ask, chain: Devnet) -> None:
    await ask("dev_newBlock", {"to": 7})
    assert await ask("dev_newBlock", {"to": 7}) == await ask("chain_getHead")
    assert chain.node.state.block == 7


WRONG = [
    ("dev_newBlock", {"count": -1}),
    ("dev_newBlock", {"count": 1.5}),
    ("dev_newBlock", {"count": True}),
    ("dev_newBlock", {"count": "3"}),
    ("dev_newBlock", {"count": 10**8}),
    ("dev_newBlock", {"count": None}),
    ("dev_newBlock", {"cuont": 3}),
    ("dev_newBlock", {"count": 1, "to": 9}),
    ("dev_newBlock", {"to": 1}),
    ("dev_newBlock", {"to": 2**40}),
    ("dev_newBlock", [1]),
    ("dev_newBlock", 1, 2),
    ("dev_timeTravel",),
    ("dev_timeTravel", 0),
    ("dev_timeTravel", "tomorrow"),
    ("dev_timeTravel", 2**60),
    ("dev_timeTravel", -5),
    ("dev_setStorage", {}),
    ("dev_setStorage", [["0x00"]]),
    ("dev_setStorage", [["0x0", "0x00"]]),
    ("dev_setStorage", [[7, "0x00"]]),
    ("dev_setStorage", [["0x1234", "0x00"], [NUMBER, "0x0500000001"]]),  # the second one is too long
    ("dev_setStorage", [[NUMBER, "0x05000000"]], "0x" + "12" * 32),
    ("dev_setBlockBuildMode",),
    ("dev_setBlockBuildMode", "sometimes"),
    ("dev_setBlockBuildMode", None),
    ("dev_setBlockBuildMode", ["manual"]),
    ("dev_snapshot", 1),
    ("dev_revert",),
    ("dev_revert", "0x"),
    ("dev_revert", "yesterday"),
    ("dev_revert", 3),
    ("dev_revert", "0x" + "12" * 32),
    ("dev_revert", "0x" + "12" * 500),
]


@pytest.mark.parametrize("request_", WRONG, ids=str)
async def test_wrong_parameters_change_nothing(ask: Ask, chain: Devnet, request_: tuple[Any, ...]) -> None:
    await ask("dev_newBlock", 2)
    before = (chain.node.state_digest(), chain.node.blocks.number, chain.node.mode)
    assert (await ask(*request_))["code"] == -32602
    assert (chain.node.state_digest(), chain.node.blocks.number, chain.node.mode) == before


async def test_storage_is_written_as_part_of_the_last_block(ask: Ask, chain: Devnet) -> None:
    await ask("dev_newBlock", 2)
    key = "0x" + Tempo.raw_key((1,)).hex()
    head = await ask("dev_setStorage", [[key, "0x0700"], ["0xabcd", "0x01"]])
    assert head == await ask("chain_getHead")
    assert Tempo[chain.node.state, 1] == 7
    assert await ask("state_getStorageAt", "0xabcd", head) == "0x01"
    assert await ask("state_getStorageAt", "0xabcd", await ask("chain_getBlockHash", 1)) is None
    await ask("dev_setStorage", [["0xabcd", None]], head)
    assert await ask("state_getStorage", "0xabcd") is None


async def test_a_snapshot_covers_writes_of_its_own_block_and_the_clock(ask: Ask, chain: Devnet) -> None:
    await ask("dev_newBlock", 3)
    digests, names = [], []
    for step in (
        ("dev_setStorage", [["0xabcd", "0x01"]]),
        ("dev_timeTravel", 1_900_000_000_000),
        ("dev_newBlock", 5),
    ):
        digests.append(chain.node.state_digest())
        names.append(await ask("dev_snapshot"))
        await ask(*step)
    assert len(set(names)) == 3
    for name, digest in list(zip(names, digests, strict=True))[::-1]:
        for _ in range(2):  # a name is good more than once
            await ask("dev_newBlock", 2)
            assert await ask("dev_revert", name) is True
            assert chain.node.state_digest() == digest
    assert assay.TimeOffset[chain.node.state] == 0
    assert (await ask("dev_revert", names[2]))["code"] == -32602  # it went with the first one
    await ask("dev_newBlock")
    genesis = chain.node.config.genesis_time or 0
    assert timestamp.Now[chain.node.state] == genesis + 4 * chain.node.config.slot_duration


async def test_any_block_that_is_kept_can_be_gone_back_to(ask: Ask, chain: Devnet) -> None:
    await ask("dev_newBlock", 9)
    block = await ask("chain_getBlockHash", 4)
    assert await ask("dev_revert", block) is True
    assert await ask("chain_getHead") == block
    assert await ask("chain_getBlockHash", 5) is None


async def test_time_goes_on_at_the_same_pace_after_a_journey(ask: Ask, chain: Devnet) -> None:
    later = 1_900_000_000_000
    assert await ask("dev_timeTravel", later) == later
    for expected in (later, later + 1000):
        await ask("dev_newBlock")
        assert timestamp.Now[chain.node.state] == expected
    assert (await ask("dev_timeTravel", later))["code"] == -32602


async def test_the_mode_changes_while_the_chain_runs(ask: Ask, chain: Devnet) -> None:
    assert await ask("dev_setBlockBuildMode", "Interval") == "interval"
    assert chain.node.mode == "interval"
    assert await ask("dev_setBlockBuildMode", "manual") == "manual"
    before = chain.node.state.block
    await asyncio.sleep(0.05)
    assert chain.node.state.block == before


async def test_the_end_of_a_chain_ends_a_long_jump() -> None:
    async with devnet(mode="manual") as chain, connect(chain.address) as socket:
        await socket.send(json.dumps({"id": 1, "method": "dev_newBlock", "params": [10_000_000]}))
        while not chain.node.state.block:  # noqa: ASYNC110 - nothing else tells
            await asyncio.sleep(0.01)
    assert 0 < chain.node.state.block < 10_000_000
