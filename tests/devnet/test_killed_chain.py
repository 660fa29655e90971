"""kill -9 while blocks are made: nothing that a client was told is lost, and the books balance.

Eight kills belong to the suite; `pytest -m slow tests/devnet/test_killed_chain.py` makes fifty.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from bittensor_core import Keypair
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from subnet.devnet.calls import call_of
from subnet.devnet.config import ChainConfig
from subnet.devnet.extrinsic import Era, Signature, sign
from subnet.devnet.pallets import balances, system
from subnet.devnet.runtime import Runtime
from subnet.devnet.scale import CALL, decode_all

ROOT = Path(__file__).parents[2]
ALICE = Keypair.create_from_uri("//Alice")
TRANSFERS_AHEAD = 40
RUNTIME = Runtime(ChainConfig().settled())


@asynccontextmanager
async def chain(file: Path, *options: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, "Client"]]:
    """A chain process that keeps its blocks in a file, and a client of it."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "neurons.chain_command", "--port", "0", "--state", str(file), *options),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env=dict(os.environ, PYTHONPATH=str(ROOT)),
    )
    assert process.stdout is not None and process.stderr is not None
    try:
        ready = (await asyncio.wait_for(process.stdout.readline(), 30)).decode()
        assert ready.startswith("chain ready"), (await process.stderr.read()).decode()
        async with connect(next(word for word in ready.split() if word.startswith("ws://"))) as socket:
            yield process, Client(socket)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


class Client:
    """Asks one thing after the other; updates that come in between are dropped."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def ask(self, method: str, *params: Any) -> Any:
        await self.socket.send(json.dumps({"id": 1, "method": method, "params": params}))
        while "id" not in (reply := json.loads(await asyncio.wait_for(self.socket.recv(), 10))):
            pass
        assert "result" in reply, reply
        return reply["result"]

    async def number(self) -> int:
        return int((await self.ask("chain_getHeader"))["number"], 16)

    async def state(self) -> dict[bytes, Any]:
        """The accounts by their keys."""
        pairs = await self.ask("state_getPairs", "0x" + system.Account.prefix.hex())
        kind = system.Account.value
        return {bytes.fromhex(key[2:]): decode_all(kind, bytes.fromhex(value[2:])) for key, value in pairs}

    async def issuance(self) -> int:
        found = await self.ask("state_getStorage", "0x" + balances.TotalIssuance.prefix.hex())
        return int.from_bytes(bytes.fromhex(found[2:]), "little")

    async def transfers(self, count: int) -> None:
        """Sends so many transfers of Alice's, to as many new accounts."""
        genesis = bytes.fromhex((await self.ask("chain_getBlockHash", 0))[2:])
        nonce = await self.ask("account_nextIndex", ALICE.ss58_address)
        for number in range(nonce, nonce + count):
            arguments = {"dest": number.to_bytes(32, "big"), "value": 10**6 + number}
            call = CALL.encode(call_of(RUNTIME, "Balances.transfer_keep_alive", arguments))
            signature = Signature(ALICE.public_key, "Sr25519", b"", Era(), number, 0, 0)
            raw = sign(call, ALICE, signature, genesis, genesis)
            await self.ask("author_submitExtrinsic", f"0x{raw.hex()}")


async def follow_until_killed(
    process: asyncio.subprocess.Process, client: Client, seconds: float
) -> dict[int, str]:
    """Kills the process after a while of block making; returns the numbers and parents of the heads it announced."""
    await client.socket.send(json.dumps({"id": 2, "method": "chain_subscribeNewHeads"}))
    await client.socket.send(json.dumps({"id": 3, "method": "dev_newBlock", "params": [{"count": 100_000}]}))
    asyncio.get_running_loop().call_later(seconds, process.send_signal, signal.SIGKILL)
    heads: dict[int, str] = {}
    try:
        while True:
            update = json.loads(await asyncio.wait_for(client.socket.recv(), 10))
            if "params" in update:
                header = update["params"]["result"]
                heads[int(header["number"], 16)] = header["parentHash"]
    except ConnectionClosed:
        assert await process.wait() == -signal.SIGKILL
        return heads


async def survive(file: Path, kills: int, seed: int) -> list[int]:
    """Lets a chain be killed so many times; returns the numbers of the last blocks that clients had been told of."""
    rng, told, heads = Random(seed), [0], {}
    genesis = None
    for _ in range(kills):
        async with chain(file, "--mode", rng.choice(["manual", "instant", "interval"])) as (process, client):
            genesis = genesis or await client.ask("chain_getBlockHash", 0)
            assert await client.ask("chain_getBlockHash", 0) == genesis
            await check(client, told[-1], heads)
            await client.transfers(TRANSFERS_AHEAD)
            heads = await follow_until_killed(process, client, rng.uniform(0.005, 0.4))
        told.append(max(heads, default=told[-1]))
    async with chain(file, "--mode", "manual") as (_, client):
        await check(client, told[-1], heads)
    return told


async def check(client: Client, told: int, heads: dict[int, str]) -> None:
    """What was announced is there under the same hashes, the books balance, and another block can be made."""
    head = await client.number()
    assert head >= told
    for number, parent in list(heads.items())[-50:]:
        assert await client.ask("chain_getBlockHash", number - 1) == parent
    accounts = await client.state()
    assert sum(info.data.free + info.data.reserved for info in accounts.values()) == await client.issuance()
    assert await client.ask("dev_audit") == []
    alice = accounts[system.Account.raw_key((ALICE.public_key,))]
    paid = [info for key, info in accounts.items() if int.from_bytes(key[-32:], "big") < 10**6]
    assert len(paid) == alice.nonce  # each transfer that was included arrived, and no other
    await client.ask("dev_newBlock")
    assert await client.number() > head


async def test_a_chain_that_is_killed_goes_on(tmp_path: Path) -> None:
    told = await survive(tmp_path / "chain", kills=8, seed=1)
    assert told == sorted(told)
    assert told[-1] > 8


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_a_chain_that_is_killed_fifty_times_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = await survive(tmp_path / "chain", kills=50, seed=2)
    with capsys.disabled():
        sys.stdout.write(f"\n50 kills, each survived; last blocks that clients knew: {told[1:]}\n")
    assert told == sorted(told)
