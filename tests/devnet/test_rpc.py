"""JSON-RPC over the websocket: the methods of the contract, bad requests, subscriptions, dev methods."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from bittensor_core import Keypair
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from subnet.devnet import Devnet, devnet
from subnet.devnet.pallets import balances, system
from subnet.errors import ConditionError

ALICE = Keypair.create_from_uri("//Alice")
CONTRACT = (
    *("chain_getHead", "chain_getFinalizedHead", "chain_getBlockHash", "chain_getHeader", "chain_getBlock"),
    *(
        "state_getRuntimeVersion",
        "state_call",
        "state_getMetadata",
        "state_getStorageAt",
        "state_queryStorageAt",
    ),
    *("state_getKeysPaged", "account_nextIndex", "author_submitExtrinsic", "author_submitAndWatchExtrinsic"),
    *("author_unwatchExtrinsic", "chain_subscribeNewHeads", "chain_unsubscribeNewHeads"),
    *("chain_subscribeFinalizedHeads", "chain_unsubscribeFinalizedHeads"),
)


class Wire:
    """A bare client."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def ask(self, method: str, *params: Any) -> Any:
        reply = await self.raw(
            json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)})
        )
        return reply["result"] if "result" in reply else reply["error"]

    async def raw(self, frame: str | bytes) -> Any:
        await self.socket.send(frame)
        while True:
            reply = json.loads(await asyncio.wait_for(self.socket.recv(), 5))
            if isinstance(reply, list) or "id" in reply:
                return reply


@pytest.fixture
async def wire(chain: Devnet) -> AsyncIterator[Wire]:
    async with connect(chain.endpoint) as socket:
        yield Wire(socket)


async def test_all_methods_of_the_contract_are_there(wire: Wire) -> None:
    methods = (await wire.ask("rpc_methods"))["methods"]
    assert set(CONTRACT) <= set(methods)


async def test_an_unknown_method_is_refused_by_its_code(wire: Wire) -> None:
    assert (await wire.ask("author_rotateKeys"))["code"] == -32601


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("{", -32700),
        ("[" * 100_000, -32700),
        (b"\xff\xfe", -32700),
        ("3", -32600),
        ("[]", -32600),
        ('{"id": 1}', -32600),
        ('{"id": 1, "method": "state_getStorageAt"}', -32602),
        ('{"id": 1, "method": "state_getStorageAt", "params": {"key": 1}}', -32602),
        ('{"id": 1, "method": "state_getStorageAt", "params": [7]}', -32602),
        ('{"id": 1, "method": "state_getStorageAt", "params": ["0xzz"]}', -32602),
        ('{"id": 1, "method": "state_getKeysPaged", "params": ["0x", -1]}', -32602),
        ('{"id": 1, "method": "chain_getBlockHash", "params": [{}]}', -32602),
        ('{"id": 1, "method": "account_nextIndex", "params": ["abc"]}', -32602),
        ('{"id": 1, "method": "author_submitExtrinsic", "params": ["0x00"]}', 1002),
        ('{"id": 1, "method": "author_submitExtrinsic", "params": ["0x04"]}', 1001),
        ('{"id": 1, "method": "state_call", "params": ["Core_nothing", "0x"]}', 4003),
        ('{"id": 1, "method": "state_call", "params": ["AccountNonceApi_account_nonce", "0x01"]}', 4003),
        ('{"id": 1, "method": "state_getStorageAt", "params": ["0x00", "0x00"]}', 4003),
    ],
)
async def test_bad_requests_are_answered_by_a_code(wire: Wire, frame: str | bytes, code: int) -> None:
    reply = await wire.raw(frame)
    assert reply["error"]["code"] == code
    assert await wire.ask("chain_getHead")


async def test_a_batch_is_answered_by_one_array(wire: Wire) -> None:
    batch = [{"jsonrpc": "2.0", "id": n, "method": "chain_getBlockHash", "params": [n]} for n in range(3)]
    replies = await wire.raw(json.dumps(batch))
    assert [reply["id"] for reply in replies] == [0, 1, 2]
    assert [reply["result"] is None for reply in replies] == [False, True, True]


async def test_headers_form_a_chain_of_hashes(wire: Wire, chain: Devnet) -> None:
    await chain.advance(3)
    header = await wire.ask("chain_getHeader", None)
    assert header["number"] == "0x3"
    assert header["parentHash"] == await wire.ask("chain_getBlockHash", 2)
    genesis = await wire.ask("chain_getHeader", await wire.ask("chain_getBlockHash", 0))
    assert genesis["parentHash"] == "0x" + "00" * 32
    assert await wire.ask("chain_getHeader", "0x" + "12" * 32) is None
    block = await wire.ask("chain_getBlock", await wire.ask("chain_getHead"))
    assert len(block["block"]["extrinsics"]) == 1


async def test_storage_is_read_by_raw_key_at_any_block(wire: Wire, chain: Devnet) -> None:
    key = "0x" + system.Number.prefix.hex()
    await chain.advance(2)
    first = await wire.ask("chain_getBlockHash", 1)
    assert await wire.ask("state_getStorageAt", key, first) == "0x01000000"
    assert await wire.ask("state_getStorage", key) == "0x02000000"
    upper = "0x" + system.Number.prefix.hex().upper()
    changes = await wire.ask("state_queryStorageAt", [upper, "0x1234"], first)
    assert changes == [{"block": first, "changes": [[upper, "0x01000000"], ["0x1234", None]]}]


async def test_keys_are_paged_in_byte_order(wire: Wire) -> None:
    prefix = "0x" + system.Account.prefix.hex()
    found: list[str] = []
    start = prefix
    while page := await wire.ask("state_getKeysPaged", prefix, 4, start):
        found += page
        start = page[-1]
    assert len(found) >= 11
    assert found == sorted(set(found))
    assert found == await wire.ask("state_getKeys", prefix)


async def test_heads_are_sent_at_once_and_with_each_block(wire: Wire, chain: Devnet) -> None:
    name = await wire.ask("chain_subscribeNewHeads")
    await chain.advance(2)
    numbers = []
    while len(numbers) < 2:
        update = json.loads(await asyncio.wait_for(wire.socket.recv(), 5))
        assert update["params"]["subscription"] == name
        assert "id" not in update
        numbers.append(int(update["params"]["result"]["number"], 16))
    assert numbers[-1] == 2 or numbers == [0, 1]
    assert await wire.ask("chain_unsubscribeNewHeads", name) is True
    assert chain.node.head_listeners == set()


async def test_a_storage_subscription_tells_changes(wire: Wire, chain: Devnet) -> None:
    key = "0x" + system.Number.prefix.hex()
    await wire.ask("state_subscribeStorage", [key])
    await chain.advance()
    values = []
    while "0x01000000" not in values:
        update = json.loads(await asyncio.wait_for(wire.socket.recv(), 5))
        values += [value for _, value in update["params"]["result"]["changes"]]


async def test_time_and_state_are_tools(wire: Wire, chain: Devnet) -> None:
    assert await wire.ask("dev_newBlock", {"count": 150}) == await wire.ask("chain_getHead")
    await wire.ask("dev_newBlock", {"to": 200})
    assert chain.node.state.block == 200
    snapshot = await wire.ask("dev_snapshot")
    key = "0x" + balances.TotalIssuance.prefix.hex()
    await wire.ask("dev_setStorage", [[key, "0x0500000000000000"]])
    assert balances.TotalIssuance[chain.node.state] == 5
    assert (await wire.ask("dev_setStorage", [[key, "0x05"]]))["code"] == -32602
    await wire.ask("dev_newBlock")
    assert await wire.ask("dev_revert", snapshot) is True
    assert chain.node.state.block == 200
    assert await wire.ask("dev_setBlockBuildMode", "Manual") == "manual"
    later = 1_900_000_000_000
    assert await wire.ask("dev_timeTravel", later) == later
    await wire.ask("dev_newBlock")
    now = await wire.ask("state_getStorage", "0x" + _timestamp_key())
    assert int.from_bytes(bytes.fromhex(now[2:]), "little") == later


def _timestamp_key() -> str:
    from subnet.devnet.pallets import timestamp

    return timestamp.Now.prefix.hex()


async def test_discarded_state_is_named(chain: Devnet) -> None:
    async with devnet(mode="manual", retained_blocks=4) as short, connect(short.endpoint) as socket:
        await short.advance(10)
        wire = Wire(socket)
        old = await wire.ask("chain_getBlockHash", 2)
        assert (
            "State already discarded for 0x" in (await wire.ask("state_getStorageAt", "0x00", old))["message"]
        )


async def test_a_client_that_vanishes_leaves_nothing_behind(chain: Devnet) -> None:
    async with connect(chain.endpoint) as socket:
        await Wire(socket).ask("chain_subscribeNewHeads")
        assert chain.node.head_listeners
        socket.transport.abort()
        while chain.node.head_listeners:  # noqa: ASYNC110 - nothing else tells
            await asyncio.sleep(0.01)
    await chain.advance()


async def test_the_second_chain_on_a_port_says_what_to_do(chain: Devnet) -> None:
    port = int(chain.endpoint.rsplit(":", 1)[1])
    with pytest.raises(ConditionError, match=f"port {port} on 127.0.0.1 is taken.*--port"):
        async with devnet(port=port):
            pass


async def test_a_chain_ends_without_a_goodbye() -> None:
    async with devnet(mode="manual") as chain:
        socket = await connect(chain.endpoint)
        wire = Wire(socket)
        await wire.ask("chain_subscribeNewHeads")
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            await asyncio.wait_for(socket.recv(), 5)
    assert closed.value.rcvd is None


async def test_a_client_that_follows_the_head_sees_every_block_of_a_long_jump(
    wire: Wire, chain: Devnet
) -> None:
    await wire.ask("chain_subscribeNewHeads")
    jump = asyncio.create_task(chain.advance(15_000))
    numbers = []
    while not numbers or numbers[-1] < 15_000:
        update = json.loads(await asyncio.wait_for(wire.socket.recv(), 5))
        numbers.append(int(update["params"]["result"]["number"], 16))
    await jump
    assert numbers[-15_000:] == list(range(1, 15_001))
