"""@polkadot/api, what applications in JavaScript are built on, against the embedded chain."""

import asyncio
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from subnet.devnet import Devnet

SCRIPT = Path(__file__).with_name("polkadot_api.mjs")
PACKAGES = ("@polkadot/api@16.5.6",)  # newer ones named dependencies that the registry did not have
INSTALL_SECONDS, RUN_SECONDS = 90, 60
NPM = (
    *("npm", "install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"),
    "--fetch-retries=0",
)


@pytest.fixture(scope="session")
def node_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in which Node finds @polkadot/api and the script; skips where it cannot be made."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    folder = tmp_path_factory.mktemp("node")
    try:
        command = [*NPM, *PACKAGES]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=INSTALL_SECONDS)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"npm cannot install {', '.join(PACKAGES)}: {(error.stderr or b'')[-300:].decode()!r}")
    shutil.copy(SCRIPT, folder)
    yield folder
    shutil.rmtree(folder)  # 150 MB


async def run(folder: Path, endpoint: str) -> Any:
    """What the script saw of the chain."""
    process = await asyncio.create_subprocess_exec(
        *("node", SCRIPT.name, endpoint),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        output, errors = await asyncio.wait_for(process.communicate(), RUN_SECONDS)
    except TimeoutError:
        process.kill()
        raise
    assert process.returncode == 0, errors.decode()
    return json.loads(output)


@pytest.mark.timeout(INSTALL_SECONDS + RUN_SECONDS + 30)
async def test_polkadot_api_reads_pays_the_estimate_and_names_failures(
    chain: Devnet, node_folder: Path
) -> None:
    seen = await run(node_folder, chain.endpoint)
    assert (seen["chain"], seen["token"], seen["deposit"]) == ("Bittensor", ["TAO", 9], 500)
    assert seen["accounts"] > 11
    assert seen["tempos"] == [0, 1]
    assert seen["metagraph"] == 1
    assert seen["failure"] is None
    assert {"balances.Transfer", "transactionPayment.TransactionFeePaid"} <= set(seen["events"])
    assert seen["events"][-1] == "system.ExtrinsicSuccess"
    assert (seen["received"], seen["past"]) == (str(3 * 10**9), "0")
    assert 0 <= seen["feeError"] <= 2  # a mortal era is a byte longer than the estimate's
    missing = {"section": "proxy", "name": "NotFound", "docs": "There is no such proxy."}
    assert seen["module"] == seen["batch"] == missing
    assert seen["token_error"] == {"Token": "FundsUnavailable"}
    assert seen["stale"] == {"code": 1010, "data": "Transaction is outdated"}
    assert seen["poor"]["data"].startswith("Inability to pay some fees")
    assert seen["block"] == ["timestamp.set", "balances.transferKeepAlive"]
    assert seen["head"] == chain.node.state.block == 4
