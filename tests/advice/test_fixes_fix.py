"""What the doctor recommends is accepted by the tools that it names, and puts things right."""

import asyncio
import json
import os
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main
from bittensor.cli.main import app

from neurons.cli import COMMANDS
from subnet.advice import commands
from subnet.advice.facts import Keys
from subnet.protocol import Hotkey
from subnet.settings import MinerSettings, ValidatorSettings

pytestmark = pytest.mark.asyncio(loop_scope="module")
ROOT = Path(__file__).resolve().parents[2]
BTCLI = Path(sys.executable).with_name("btcli")
KEYS = Keys(
    "ws://127.0.0.1:9944",
    2,
    "a wallet",
    "miner",
    "/keys",
    Hotkey("5F"),
    hotkey_file="/keys/a wallet/hotkeys/miner",
)
BTCLI_WORDS: Any = typer.main.get_command(app)
ALL = [
    commands.register(KEYS),
    commands.stake(KEYS, 12.5),
    commands.new_hotkey(KEYS),
    commands.reset_axon(KEYS),
    commands.start_subnet(KEYS),
    commands.set_parameter(KEYS, "min_allowed_weights", 3),
    commands.list_subnets(KEYS),
    commands.run("miner", KEYS, "--port 8091", "--external-ip YOUR_PUBLIC_IP"),
    commands.run("validator", KEYS, "--version-key 7"),
    "btcli wallet list   # then name the owner's with -w",
]


def accepted(command: str) -> bool:
    """Whether btcli or an Assay process knows these words and takes these options."""
    program, *words = shlex.split(command, comments=True)
    if program == "assay":
        settings = {"miner": MinerSettings, "validator": ValidatorSettings}[words[0]]
        assert words[0] in COMMANDS
        settings.read(words[1:], program="x", about="")
        return True
    assert program == "btcli"
    group: Any = BTCLI_WORDS
    while hasattr(group, "commands"):
        group = group.commands[words.pop(0)]
    group.make_context(program, words)
    return True


@pytest.mark.parametrize("command", ALL)
async def test_the_tools_take_the_recommended_words(command: str) -> None:
    assert accepted(command)


async def run(world: Any, fix: str) -> None:
    """Runs a recommended command as a user would, prompts answered with yes."""
    words = shlex.split(fix, comments=True)
    home = {"HOME": str(world.wallets), "BT_WALLET_PATH": str(world.wallets)}
    process = await asyncio.create_subprocess_exec(
        str(BTCLI),
        *words[1:],
        "-y",
        env={**os.environ, **home},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, said.decode()


async def test_registering_staking_and_setting_put_things_right(world: Any) -> None:
    world.wallet = "stranger"
    await run(world, (await world.lines("validator"))["registered"].fix)
    assert (await world.lines("validator"))["registered"].status == "ok"

    await world.root("sudo_set_max_allowed_validators", netuid=world.netuid, max_allowed_validators=5)
    await world.root("sudo_set_stake_threshold", min_stake=5 * 10**9)
    lines = await world.lines("validator")
    assert lines["permit"].status == lines["stake"].status == "failed"
    await run(world, lines["permit"].fix)
    assert (await world.lines("validator"))["stake"].status == "ok"
    await world.chain.epochs(world.netuid)
    assert (await world.lines("validator"))["permit"].status == "ok"


async def test_the_owners_commands_put_things_right(world: Any) -> None:
    world.fresh()
    await world.root("sudo_set_immunity_period", netuid=world.netuid, immunity_period=10)
    await run(world, (await world.lines("owner"))["immunity"].fix)
    assert (await world.lines("owner"))["immunity"].status == "ok"


async def test_the_command_answers_with_one_document_and_exit_code_3(world: Any) -> None:
    world.wallet = "stranger"
    argv = [*world.argv("miner"), "--json"]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "neurons.cli",
        "doctor",
        "miner",
        *argv,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await asyncio.wait_for(process.communicate(), 60)
    document = json.loads(told)
    assert process.returncode == 3
    assert document["role"] == "miner" and document["healthy"] is False
    failed = {row["check"]: row["fix"] for row in document["checks"] if row["status"] == "failed"}
    assert set(failed) == {"registered"}
    assert failed["registered"].startswith("btcli subnets register --netuid")
