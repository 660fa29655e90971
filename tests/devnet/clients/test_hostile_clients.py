"""Clients that send what they should not: each gets the error that a Substrate node gives, and the node goes on."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from bittensor_core import Keypair
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from subnet.devnet import Devnet
from subnet.devnet.extrinsic import Era, Signature, sign
from subnet.devnet.pallets import mev_shield
from subnet.devnet.rpc.answer import LARGEST_FRAME
from subnet.devnet.scale import CALL, Variant, encode_compact

ALICE, BOB, NOBODY = (Keypair.create_from_uri(f"//{name}") for name in ("Alice", "Bob", "Nobody"))
POOR = Keypair.create_from_uri("//Poor")
TOO_BIG = f"Exceeded max limit of {LARGEST_FRAME}"


class Client:
    """A client that says what it likes."""

    def __init__(self, wire: ClientConnection) -> None:
        self.wire = wire

    async def say(self, frame: str | bytes) -> Any:
        """What comes back for a frame."""
        await self.wire.send(frame)
        while True:
            reply = json.loads(await asyncio.wait_for(self.wire.recv(), 20))
            if isinstance(reply, list) or "id" in reply:
                return reply

    async def ask(self, method: str, *params: Any) -> Any:
        """The result of a request, or its error."""
        reply = await self.say(request(method, *params))
        return reply["result"] if "result" in reply else reply["error"]


def request(method: str, *params: Any) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)})


@pytest.fixture
async def client(chain: Devnet) -> AsyncIterator[Client]:
    async with connect(chain.endpoint, max_size=None) as wire:
        yield Client(wire)


def error(code: int, message: str, data: str | None = None) -> dict[str, Any]:
    return {"code": code, "message": message} | ({} if data is None else {"data": data})


@pytest.mark.parametrize(
    ("frame", "identity", "wanted"),
    [
        ("", None, error(-32700, "Parse error")),
        ('{"id":1,"method":"chain_getHead"', None, error(-32700, "Parse error")),
        ("[" * 100_000, None, error(-32700, "Parse error")),
        ('{"id":1,"method":' + '{"a":' * 50_000, None, error(-32700, "Parse error")),
        (b"\x00\xff\xfe", None, error(-32700, "Parse error")),
        ('{"id":NaN,"method":"chain_getHead"}', None, error(-32700, "Parse error")),
        ("[]", None, error(-32600, "a batch holds 1 to 10000 requests")),
        ("null", None, error(-32600, "Invalid request")),
        ('{"id":7}', 7, error(-32600, "Invalid request")),
        ('{"id":1e400,"method":"chain_getHead"}', None, error(-32600, "Invalid request")),
        ('{"id":{},"method":"chain_getHead"}', None, error(-32600, "Invalid request")),
        ('{"id":"x","method":["chain_getHead"]}', "x", error(-32600, "Invalid request")),
        ('{"id":1,"method":"author_insertKey","params":[]}', 1, error(-32601, "Method not found")),
        ('{"id":1,"method":"__class__","params":[]}', 1, error(-32601, "Method not found")),
    ],
)
async def test_a_frame_that_is_no_request_is_answered_by_its_code(
    client: Client, frame: str | bytes, identity: Any, wanted: dict[str, Any]
) -> None:
    assert await client.say(frame) == {"jsonrpc": "2.0", "error": wanted, "id": identity}
    assert await client.ask("chain_getHead")


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("state_getStorage", []),
        ("state_getStorage", ["0x00", None, None]),
        ("state_getStorage", [{"key": "0x00"}]),
        ("state_getStorage", ["0x0"]),
        ("state_queryStorageAt", ["0x00"]),
        ("state_queryStorageAt", [["0x00", 7]]),
        ("state_getKeysPaged", ["0x", 1001]),
        ("state_getKeysPaged", ["0x", True]),
        ("state_getKeysPaged", ["0x", 1e3]),
        ("chain_getBlockHash", [[[0]]]),
        ("chain_getBlockHash", [-1]),
        ("chain_getHeader", ["latest"]),
        ("account_nextIndex", ["0x1234"]),
        ("account_nextIndex", [None]),
        ("dev_newBlock", [{"count": 10**30}]),
        ("dev_timeTravel", [10**30]),
        ("dev_setStorage", [[["0x00"]]]),
        ("dev_revert", ["0x00"]),
    ],
)
async def test_wrong_parameters_are_named(client: Client, method: str, params: list[Any]) -> None:
    refused = await client.ask(method, *params)
    assert (refused["code"], refused["message"]) == (-32602, "Invalid params")
    assert refused["data"]
    assert await client.ask("chain_getHead")


async def test_a_message_that_is_too_big_is_answered_and_one_far_too_big_ends_its_connection_only(
    chain: Devnet, client: Client
) -> None:
    reply = await client.say("x" * (LARGEST_FRAME + 1))
    assert reply["error"] == error(-32007, "Request is too big", TOO_BIG)
    assert await client.ask("chain_getHead")
    greedy = await connect(chain.endpoint)
    with pytest.raises(ConnectionClosed):
        await greedy.send("x" * (3 * LARGEST_FRAME))
        await asyncio.wait_for(greedy.recv(), 20)
    assert await client.ask("chain_getHead")


async def test_a_reply_that_would_be_too_big_is_refused(client: Client) -> None:
    keys = ["0x" + mev_shield.NextKey.prefix.hex()] * 10_000  # of 1,184 bytes each
    assert await client.ask("state_queryStorageAt", keys) == error(-32008, "Response is too big", TOO_BIG)
    batch = f"[{','.join([request('state_getMetadata')] * 500)}]"
    assert (await client.say(batch))["error"] == error(-32011, "The batch response was too large", TOO_BIG)


async def test_a_long_batch_does_not_keep_others_waiting(chain: Devnet, client: Client) -> None:
    batch = f"[{','.join([request('state_getKeys', '0x')] * 400)}]"
    async with connect(chain.endpoint) as other:
        await client.wire.send(batch)
        waiting = asyncio.create_task(client.wire.recv())
        await asyncio.sleep(0.01)
        assert await Client(other).ask("chain_getHead")
        assert not waiting.done()
        assert len(json.loads(await waiting)) == 400


class Sender:
    """Makes extrinsics by hand, right ones and others."""

    def __init__(self, chain: Devnet) -> None:
        self.node = chain.node

    def call(self, amount: int = 10**9) -> bytes:
        address = Variant("Id", (NOBODY.public_key,))
        return CALL.encode(Variant("Balances", (Variant("transfer_keep_alive", (address, amount)),)))

    def signed(self, call: bytes, signer: Keypair = ALICE, born: int | None = None, **changes: Any) -> bytes:
        """An extrinsic that is right but for the changes; `born` is the block whose hash is signed."""
        nonce = self.node.pool.next_nonce(changes.get("account", signer.public_key))
        signature = replace(Signature(signer.public_key, "Sr25519", b"", Era(), nonce, 0, 0), **changes)
        birth = signature.era.birth(self.node.state.block + 1) if born is None else born
        hashes = self.node.blocks.genesis_hash, self.node.blocks.hash_of(birth) or bytes(32)
        return sign(call, signer, signature, *hashes)

    def long(self, body: bytes) -> bytes:
        """With the right length in front."""
        return encode_compact(len(body)) + body

    def body(self) -> bytes:
        """A right extrinsic without its length."""
        return self.signed(self.call())[2:]


UNFIT = {
    "nothing": (lambda s: b"", 1001, None),
    "cut": (lambda s: s.signed(s.call())[:-1], 1001, None),
    "bytes behind": (lambda s: s.signed(s.call()) + b"\x00", 1001, None),
    "a longer length than needed": (lambda s: b"\x02\x00\x00\x00", 1001, None),
    "an empty body": (lambda s: b"\x00", 1002, None),
    "format 5": (lambda s: s.long(b"\x85" + s.body()[1:]), 1002, None),
    "an address that is an index": (lambda s: s.long(b"\x84\x01" + s.body()[2:]), 1002, None),
    "a call cut": (lambda s: s.signed(s.call()[:-1]), 1002, None),
    "bytes behind the call": (lambda s: s.signed(s.call() + b"\x00"), 1002, None),
    "an unknown pallet": (lambda s: s.signed(b"\xfe\x00"), 1002, None),
    "an unknown call": (lambda s: s.signed(b"\x00\xfe"), 1002, None),
    "another's signature": (
        lambda s: s.signed(s.call(), BOB, account=ALICE.public_key),
        1010,
        "bad signature",
    ),
    "a changed amount": (lambda s: s.signed(s.call())[:-1] + b"\x07", 1010, "bad signature"),
    "an unsigned call": (lambda s: s.long(b"\x04" + s.call()), 1010, "not expected"),
    "a used nonce": (lambda s: s.signed(s.call(), nonce=0), 1010, "Transaction is outdated"),
    "an old era": (lambda s: s.signed(s.call(), era=Era(4, 1), born=5), 1010, "ancient birth block"),
    "an empty account": (lambda s: s.signed(s.call(), POOR), 1010, "Inability to pay some fees"),
    "a tip beyond the balance": (lambda s: s.signed(s.call(), tip=10**17), 1010, "Inability to pay"),
    "more than a block holds": (
        lambda s: s.signed(CALL.encode(Variant("System", (Variant("remark", (bytes(7_900_000),)),)))),
        1010,
        "exhaust the block limits",
    ),
}
MESSAGES = {
    1001: "Extrinsic has invalid format: ",
    1002: "Verification Error: Runtime error: ",
    1010: "Invalid Transaction",
}


@pytest.mark.parametrize("method", ["author_submitExtrinsic", "author_submitAndWatchExtrinsic"])
@pytest.mark.parametrize("what", UNFIT)
async def test_an_unfit_extrinsic_is_refused_by_its_code_and_the_next_one_goes_in(
    chain: Devnet, client: Client, what: str, method: str
) -> None:
    make, code, reason = UNFIT[what]
    sender = Sender(chain)
    await chain.advance(8)
    await sent(client, chain, sender)
    before = chain.node.state_digest()
    refused = await client.ask(method, "0x" + make(sender).hex())
    assert refused["code"] == code
    assert refused["message"].startswith(MESSAGES[code])
    assert reason is None or reason in refused["data"]
    assert chain.node.state_digest() == before
    assert len(chain.node.pool) == 0
    await sent(client, chain, sender)


async def sent(client: Client, chain: Devnet, sender: Sender) -> None:
    """Sends a right extrinsic and waits for its block."""
    block = chain.node.state.block
    await client.ask("author_submitExtrinsic", "0x" + sender.signed(sender.call()).hex())
    while len(chain.node.pool):  # noqa: ASYNC110 - nothing else tells
        await asyncio.sleep(0.001)
    assert chain.node.state.block == block + 1


async def test_an_extrinsic_with_a_later_nonce_waits_for_those_before(chain: Devnet, client: Client) -> None:
    sender = Sender(chain)
    late, early = (sender.signed(sender.call(), nonce=nonce) for nonce in (1, 0))
    watched = await client.ask("author_submitAndWatchExtrinsic", "0x" + late.hex())
    assert await client.ask("author_submitExtrinsic", "0x" + late.hex()) == error(
        1013, "Transaction Already Imported", "0x" + chain.node.decoded(late).hash.hex()
    )
    rival = sender.signed(sender.call(2 * 10**9), nonce=1)
    refused = await client.ask("author_submitExtrinsic", "0x" + rival.hex())
    assert (refused["code"], refused["message"]) == (1014, "Priority is too low: (1 vs 1)")
    assert chain.node.state.block == 0
    await client.ask("author_submitExtrinsic", "0x" + early.hex())
    statuses = []
    while len(statuses) < 2:
        update = json.loads(await asyncio.wait_for(client.wire.recv(), 5))["params"]
        assert update["subscription"] == watched
        statuses.append(next(iter(update["result"])))
    assert statuses == ["inBlock", "finalized"]
