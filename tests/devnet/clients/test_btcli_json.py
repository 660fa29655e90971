"""btcli as scripts use it, with `--json`: what it estimates, what it is charged, how failures are named."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import bittensor as bt
import pytest

from subnet.devnet import Devnet

BTCLI = Path(sys.executable).with_name("btcli")
ALICE_SEED = "0xe5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a"
BOB = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty"

pytestmark = pytest.mark.skipif(not BTCLI.exists(), reason="btcli is not installed beside this Python")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with the wallet "alice", who is rich."""
    wallet = bt.Wallet(name="alice", hotkey="default", path=str(tmp_path))
    wallet.regenerate_coldkey(seed=ALICE_SEED, use_password=False)
    wallet.create_new_hotkey(use_password=False)
    return tmp_path


async def btcli(chain: Devnet, home: Path, *words: str) -> tuple[int | None, Any]:
    """The exit code and the document of one command line by alice."""
    process = await asyncio.create_subprocess_exec(
        *(
            str(BTCLI),
            *words,
            "-w",
            "alice",
            "--wallet-path",
            str(home),
            "--json",
            "--network",
            chain.endpoint,
        ),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=dict(os.environ, HOME=str(home)),
    )
    output, errors = await asyncio.wait_for(process.communicate(), 60)
    try:
        return process.returncode, json.loads(output)
    except ValueError:
        raise AssertionError(f"{words}: {output.decode()}{errors.decode()}") from None


async def test_a_transfer_costs_what_was_estimated(chain: Devnet, home: Path) -> None:
    transfer = ("tx", "transfer", "--dest", BOB, "--amount", "5", "-y")
    code, planned = await btcli(chain, home, *transfer, "--dry-run")
    assert (code, planned["ok"], planned["spend_tao"]) == (0, True, 5.0)
    code, paid = await btcli(chain, home, *transfer)
    assert (code, paid["success"]) == (0, True)
    assert 0 <= paid["fee_tao"] - planned["fee_tao"] < 3e-9
    assert chain.node.state.block == 1


async def test_failures_have_the_chain_s_names(chain: Devnet, home: Path) -> None:
    poor = btcli(chain, home, "tx", "transfer", "--dest", BOB, "--amount", "5000000", "-y")
    nowhere = btcli(chain, home, "stake", "add", "--netuid", "77", "--amount", "5", "-H", "default", "-y")
    for (code, document), name in zip(
        [await poor, await nowhere], ["FundsUnavailable", "SubnetNotExists"], strict=True
    ):
        assert code == 1
        assert document["success"] is False
        assert document["error"]["name"] == name
