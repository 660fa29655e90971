"""The development loop of the SDK's guide for local chains, command by command, with the btcli that users have."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from subnet.devnet import Devnet, devnet
from subnet.devnet.pallets.subtensor.audit import audit

NURSERY = Path(__file__).with_name("btcli_nursery.py")
BTCLI = Path(sys.executable).with_name("btcli")
ALICE_SEED = "0xe5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a"
TAO = 10**9
_SECONDS = 60.0


@pytest.fixture
async def chain(request: pytest.FixtureRequest) -> AsyncIterator[Devnet]:
    """A chain with the fast blocks of the official local network."""
    async with devnet(mode="instant", block_time=0.25, seed=request.node.nodeid, checked=True) as running:
        yield running
    assert running.node.failures == []


pytestmark = pytest.mark.skipif(not BTCLI.exists(), reason="btcli is not installed beside this Python")


@dataclass
class Terminal:
    """Somebody's terminal: a home of its own, and `--network local` means the chain under test."""

    home: Path
    endpoint: str
    nursery: asyncio.subprocess.Process
    waiting: dict[int, asyncio.Future[int]] = field(default_factory=dict)

    async def run(self, line: str) -> str:
        """What a btcli command line prints; it must succeed."""
        code, printed = await self.tried(line)
        assert code == 0, f"btcli {line}\n{printed}"
        return printed

    async def tried(self, line: str) -> tuple[int, str]:
        """Exit code and output of a btcli command line."""
        number, ended = len(self.waiting), asyncio.get_running_loop().create_future()
        self.waiting[number] = ended
        output = self.home / f"{number}.out"
        request = {"id": number, "arguments": line.split(), "output": str(output)}
        assert self.nursery.stdin is not None
        self.nursery.stdin.write(json.dumps(request).encode() + b"\n")
        code = await asyncio.wait_for(ended, _SECONDS)
        return code, output.read_text()

    async def all(self, *lines: str) -> list[str]:
        """Several command lines at once."""
        return await asyncio.gather(*(self.run(line) for line in lines))

    async def read(self, line: str) -> Any:
        """The JSON that a btcli command line prints."""
        return json.loads(await self.run(f"{line} --network local --json"))

    async def listen(self) -> None:
        """Hears from the nursery which commands have ended."""
        assert self.nursery.stdout is not None
        async for line in self.nursery.stdout:
            told = json.loads(line)
            self.waiting[told["id"]].set_result(told["code"])


@pytest.fixture
async def terminal(chain: Devnet, tmp_path: Path) -> AsyncIterator[Terminal]:
    """A terminal whose commands start without delay."""
    environment = {
        "HOME": str(tmp_path),
        "COLUMNS": "200",
        "BT_CHAIN_ENDPOINT": chain.endpoint,
        "BT_WALLET_PATH": str(tmp_path / "wallets"),
    }
    nursery = await asyncio.create_subprocess_exec(
        *(sys.executable, str(NURSERY)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | environment,
    )
    opened = Terminal(tmp_path, chain.endpoint, nursery)
    hearing = asyncio.create_task(opened.listen())
    try:
        yield opened
    finally:
        nursery.kill()
        await nursery.wait()
        await hearing


async def test_the_guides_loop_works_command_by_command(terminal: Terminal, chain: Devnet) -> None:
    fast, *_ = await terminal.all(
        "query is-fast-blocks --network local --json",
        f"wallet regen-coldkey -w alice --no-password --seed {ALICE_SEED}",
        *(f"wallet create -w {role} -H default --no-password" for role in ("owner", "validator", "miner")),
    )
    assert json.loads(fast) is True
    for role, tao in (("owner", 2000), ("validator", 100), ("miner", 100)):
        await terminal.run(f"tx transfer --dest {role} --amount-tao {tao} -w alice --network local -y")
    await terminal.run("tx register-subnet -w owner --network local -y")
    await terminal.run("tx burned-register --netuid 2 -w validator --network local -y")
    await terminal.all(
        "tx start-call --netuid 2 -w owner --network local -y",
        "tx burned-register --netuid 2 -w miner --network local -y",
    )
    graph = await terminal.read("query metagraph --netuid 2")
    assert len(graph["hotkeys"]) == 3
    await terminal.run("tx add-stake --netuid 2 --amount-tao 20 -w validator --network local -y")
    await chain.advance(10)
    await terminal.run("weights set --netuid 2 --uids 2 --weights 1 -w validator --network local -y")
    await chain.advance(10)
    graph = await terminal.read("query metagraph --netuid 2")
    assert (graph["incentives"], graph["dividends"]) == ([0, 0, 65535], [0, 65535, 0])
    assert graph["validator_permit"][1] is True
    await terminal.all(
        "stake remove --netuid 2 --amount 5 -w validator --network local -y",
        "tx set-hyperparameter --netuid 2 --name immunity_period --value 43 -w owner --network local -y",
        "wallet set-identity --name Minerva -w miner --network local -y",
    )
    await terminal.run("tx set-subnet-identity --netuid 2 --subnet-name Assayers -w owner --network local -y")
    shown, settings, identity, balance = await terminal.all(
        "subnets show 2 --network local",
        "subnets hyperparameters 2 --network local --json",
        "wallet get-identity -w miner --network local",
        "wallet balance -w validator --network local --json",
    )
    assert "Assayers" in shown
    assert "43" in settings
    assert "Minerva" in identity
    assert 80 < json.loads(balance)["free_tao"] < 90  # 100, less the stake and the seat, and 5 alpha sold
    assert audit(chain.node.state) == []


async def test_btcli_says_why_the_chain_refuses(terminal: Terminal) -> None:
    await terminal.run(f"wallet regen-coldkey -w alice --no-password --seed {ALICE_SEED}")
    tries = ("tx start-call --netuid 9 -w alice", "tx start-call --netuid 1 -w alice")
    refused = await asyncio.gather(*(terminal.tried(f"{line} --network local -y") for line in tries))
    assert all(code != 0 for code, _ in refused)
    assert "SubnetNotExists" in refused[0][1]
    assert "BadOrigin" in refused[1][1]


async def test_the_installed_btcli_is_that_program(chain: Devnet, tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(str(BTCLI), "query", "is-fast-blocks", "--network", chain.endpoint, "--json"),
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"HOME": str(tmp_path)},
    )
    out, _ = await asyncio.wait_for(process.communicate(), _SECONDS)
    assert (process.returncode, json.loads(out)) == (0, True)
