"""The unmodified btcli against the embedded chain."""

import asyncio
import os
import sys
from pathlib import Path

import bittensor as bt
import pytest

from subnet.devnet import Devnet

BTCLI = Path(sys.executable).with_name("btcli")
ALICE_SEED = "0xe5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a"
BOB = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty"


async def btcli(chain: Devnet, home: Path, *words: str) -> tuple[int | None, str]:
    """The exit code and the output of one command line."""
    environment = dict(os.environ, HOME=str(home), COLUMNS="200")
    process = await asyncio.create_subprocess_exec(
        *(str(BTCLI), *words, "--network", chain.endpoint),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=environment,
    )
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, output.decode()


@pytest.mark.skipif(not BTCLI.exists(), reason="btcli is not installed beside this Python")
async def test_btcli_lists_subnets_pays_and_shows_balances(chain: Devnet, tmp_path: Path) -> None:
    wallet = bt.Wallet(name="alice", hotkey="default", path=str(tmp_path))
    wallet.regenerate_coldkey(seed=ALICE_SEED, use_password=False)
    alice = ("-w", "alice", "--wallet-path", str(tmp_path))
    listed, transferred, planned = await asyncio.gather(
        btcli(chain, tmp_path, "subnets", "list"),
        btcli(chain, tmp_path, "tx", "transfer", "--dest", BOB, "--amount", "3", *alice, "-y"),
        btcli(chain, tmp_path, "tx", "transfer", "--dest", BOB, "--amount", "5", *alice, "-y", "--dry-run"),
    )
    assert listed[0] == 0, listed[1]
    assert "2 subnets" in listed[1]
    assert transferred[0] == 0, transferred[1]
    assert planned[0] == 0, planned[1]
    code, shown = await btcli(chain, tmp_path, "wallet", "balance", *alice)
    assert code == 0, shown
    assert "999,997.000" in shown
