"""The whole network as a newcomer starts it: one command, real processes, and the rules held to the rao.

One run of five epochs serves all tests of this file. While it runs, a witness that is no part of it reads the
state before each epoch through the SDK, runs the consensus library itself, and keeps what it expects.
"""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bittensor as bt
import psutil
import pytest
from websockets.exceptions import ConnectionClosed

from neurons.localnet.rpc import rpc
from subnet import yuma
from subnet.errors import ConditionError

ALICE = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"
NETUID = 2
EPOCHS = 5
WITNESSED = 4  # the command may end before anybody has looked at the last one
RUN_SECONDS = 150.0
MEMORY_LIMIT = 4 << 30
TOOLS_AFTER = 3  # epochs, those of the founding included
TOOLS = {
    "subnets": ["subnets", "list"],
    "metagraph": ["query", "metagraph", "--netuid", str(NETUID), "--json"],
    "balance": ["wallet", "balance", ALICE, "--json"],
}
# Names and symbols of other chains must not leak in from the user's own files, nor ours out to them.
BTCLI_FILES = {
    "BTCLI_TOKEN_SYMBOLS_CACHE": "symbols.json",
    "BTCLI_SUBNET_NAMES_CACHE": "names.json",
}


@dataclass
class Run:
    """What one run printed, reported, and what the witness and the tools saw meanwhile."""

    report: dict[str, Any] = field(default_factory=dict)
    code: int | None = None
    said: str = ""
    expected: dict[int, dict[int, int]] = field(default_factory=dict)
    books: list[str] = field(default_factory=list)
    audits: int = 0
    tools: dict[str, subprocess.CompletedProcess[str]] = field(default_factory=dict)
    peak_memory: int = 0
    processes: set[int] = field(default_factory=set)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """One run of the local network, witnessed."""
    folder = tmp_path_factory.mktemp("localnet")
    port = free_port()
    run, report = Run(), folder / "report.json"
    options = ["--epochs", str(EPOCHS), "--seed", "7", "--port", str(port), "--report", str(report)]
    with (folder / "said").open("w") as said:
        command = subprocess.Popen(
            [sys.executable, "-m", "neurons.cli", "localnet", *options],
            stderr=said,
            env={**os.environ, "BITTENSOR_RUNTIME_CACHE_DIR": str(folder / "cache")},
        )
        try:
            asyncio.run(witness(run, f"ws://127.0.0.1:{port}", command, folder))
            run.code = command.wait(RUN_SECONDS)
        finally:
            command.kill()
            command.wait()
    run.said = (folder / "said").read_text()
    run.report = json.loads(report.read_text()) if report.exists() else {}
    yield run


async def witness(run: Run, endpoint: str, command: subprocess.Popen[bytes], folder: Path) -> None:
    """Watches from outside until the command ends."""
    deadline = time.monotonic() + RUN_SECONDS
    using: asyncio.Task[None] | None = None
    async with await first_client(endpoint, deadline) as client:
        while command.poll() is None and time.monotonic() < deadline:
            measure(run, command.pid)
            try:
                await look(run, client, endpoint)
            except (OSError, ConditionError, ConnectionClosed, bt.BittensorError):
                # A command that is ending closes the chain a moment before itself.
                await asyncio.to_thread(command.wait, 5)
            if using is None and len(run.expected) >= TOOLS_AFTER:
                using = asyncio.create_task(use_tools(run, endpoint, folder))
            await asyncio.sleep(0.3)
    assert using is not None, "too few epochs were seen"
    await using


async def first_client(endpoint: str, deadline: float) -> bt.Client:
    """A client of the chain, as soon as there is one."""
    while True:
        try:
            await rpc(endpoint, "chain_getHead")
            return bt.Client(endpoint)
        except OSError:
            assert time.monotonic() < deadline, "no chain"
            await asyncio.sleep(0.1)


async def look(run: Run, client: bt.Client, endpoint: str) -> None:
    """Notes what each new epoch must have paid, and whether the books balance."""
    for epoch in await rpc(endpoint, "dev_epochs", NETUID):
        block = epoch["block"]
        if block not in run.expected:
            drained = epoch["server"] + epoch["validator"] + epoch["root"]
            run.expected[block] = await recomputed(client, block, drained)
    run.books += await rpc(endpoint, "dev_audit")
    run.audits += 1


async def recomputed(client: bt.Client, block: int, emission: int) -> dict[int, int]:
    """Rao by uid that the epoch at `block` owes, computed from the state that the SDK reads before it."""
    before = await client.at(block - 1)

    async def read(item: str, *keys: object) -> Any:
        return await before.query(("SubtensorModule", item), [NETUID, *keys])

    graph = await before.subnets.metagraph(NETUID, commitments=False)
    count = len(graph.neurons)
    rows = {
        item: await before.query_map(("SubtensorModule", item), [NETUID]) for item in ("Weights", "Bonds")
    }
    weights, bonds = (
        yuma.Matrix.of({int(uid): [(int(j), int(v)) for j, v in row] for uid, row in rows[item]}, count)
        for item in ("Weights", "Bonds")
    )
    neurons = yuma.Neurons(
        stake=yuma.in_rao([neuron.total_stake.rao for neuron in graph.neurons]),
        last_update=[neuron.last_update for neuron in graph.neurons],
        registered_at=[neuron.block_at_registration for neuron in graph.neurons],
        permit=[neuron.validator_permit for neuron in graph.neurons],
        owner=0,
    )
    rules = yuma.Rules(
        kappa=int(await read("Kappa")),
        tempo=int(await read("Tempo")),
        activity_cutoff_factor_milli=int(await read("ActivityCutoffFactorMilli")),
        max_allowed_validators=int(await read("MaxAllowedValidators")),
        bonds_moving_average=int(await read("BondsMovingAverage")),
        bonds_penalty=int(await read("BondsPenalty")),
        yuma3=bool(await read("Yuma3On")),
    )
    outcome = yuma.epoch(weights, bonds, neurons, rules, yuma.Moment(block, emission, graph.last_step))
    return dict(enumerate(outcome.emission.tolist()))


async def use_tools(run: Run, endpoint: str, folder: Path) -> None:
    """What a curious newcomer types while the network runs."""
    alice = Path(sys.executable).with_name("btcli")
    environment = {**os.environ, "BITTENSOR_RUNTIME_CACHE_DIR": str(folder / "cache"), "COLUMNS": "200"}
    environment |= {name: str(folder / file) for name, file in BTCLI_FILES.items()}

    async def use(name: str, words: Sequence[str]) -> None:
        run.tools[name] = await asyncio.to_thread(
            subprocess.run,
            [str(alice), *words, "--network", endpoint],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )

    # At once: on a busy machine each needs seconds to start, and the network ends after its epochs.
    await asyncio.gather(*(use(name, words) for name, words in TOOLS.items()))


def measure(run: Run, pid: int) -> None:
    """The proportional memory of the command and everything it started, at its highest."""
    try:
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        run.processes |= {process.pid for process in family}
        run.peak_memory = max(run.peak_memory, sum(process.memory_full_info().pss for process in family))
    except psutil.NoSuchProcess:
        return  # somebody ended between two looks; the next look counts again


def last_epoch(run: Run) -> dict[str, dict[str, Any]]:
    """The rows of the last epoch by name."""
    return {row["name"]: row for row in run.report["epochs"][-1]["neurons"]}


def test_one_command_plays_the_epochs_asked_for_and_ends_well(run: Run) -> None:
    assert run.code == 0, run.said
    assert "Traceback" not in run.said
    assert run.report["netuid"] == NETUID
    assert [epoch["epoch"] for epoch in run.report["epochs"]][:EPOCHS] == list(range(1, EPOCHS + 1))
    assert len(run.report["epochs"]) <= EPOCHS + 1


def test_better_models_earn_more(run: Run) -> None:
    rows = last_epoch(run)
    assert rows["strong"]["emission"] > rows["medium"]["emission"] > rows["weak"]["emission"] > 0
    assert rows["strong"]["score"] > rows["medium"]["score"] > rows["weak"]["score"] > 0


def test_silence_and_garbage_earn_nothing_and_one_of_them_loses_its_seat_to_the_newcomer(run: Run) -> None:
    rows = last_epoch(run)
    (lost,) = run.report["deregistered"]
    assert lost["name"] in {"silent", "garbage"}
    assert lost["replaced_by"] == "newcomer"
    assert lost["name"] not in rows
    (left,) = {"silent", "garbage"} - {lost["name"]}
    assert rows[left]["incentive"] == 0
    assert rows["newcomer"]["uid"] == lost["uid"]
    assert rows["newcomer"]["incentive"] > 0


def test_validators_weights_were_read_back_and_pay_dividends(run: Run) -> None:
    weights = {(line["validator"], line["epoch"]): line["status"] for line in run.report["weights"]}
    assert {weights[name, epoch] for name in ("vera", "viktor") for epoch in range(2, EPOCHS + 1)} == {
        "effective"
    }
    assert all(last_epoch(run)[name]["dividends"] > 0 for name in ("vera", "viktor"))


def test_every_neurons_emission_is_what_consensus_gives_from_the_drained_amounts(run: Run) -> None:
    for epoch in run.report["epochs"][:WITNESSED]:
        paid = {row["uid"]: row["emission"] for row in epoch["neurons"]}
        assert paid == run.expected[epoch["block"]]
        drained = epoch["drained"]
        whole = drained["server"] + drained["validator"] + drained["root"]
        # A share is a number of 32 binary places, cut: each neuron may lose that, and less than one rao more.
        assert 0 <= whole - sum(paid.values()) <= len(paid) * ((whole >> 32) + 2)


def test_issuance_is_conserved_to_the_rao_all_along(run: Run) -> None:
    assert run.audits > 10
    assert run.books == []


def test_the_real_btcli_answers_from_the_running_chain(run: Run) -> None:
    failed = {name: done.stderr for name, done in run.tools.items() if done.returncode}
    assert not failed
    graph = json.loads(run.tools["metagraph"].stdout)
    hotkeys = {row["hotkey"] for epoch in run.report["epochs"] for row in epoch["neurons"]}
    assert set(graph["hotkeys"]) <= hotkeys
    assert graph["num_uids"] == len(graph["hotkeys"]) == 8
    assert "2" in run.tools["subnets"].stdout


def test_it_is_quick_and_small(run: Run) -> None:
    assert run.peak_memory < MEMORY_LIMIT
    seconds = run.report["seconds"]
    assert seconds["to_first_block"] < seconds["to_first_weights"] < seconds["to_first_emission"]
    assert seconds["to_first_emission"] < seconds["total"]


def test_no_process_is_left_behind(run: Run) -> None:
    alive = [pid for pid in run.processes if psutil.pid_exists(pid)]
    assert not [pid for pid in alive if "neurons" in " ".join(psutil.Process(pid).cmdline())]


def test_an_interrupt_ends_everything_within_seconds_and_says_how_far_it_came(tmp_path: Path) -> None:
    command = subprocess.Popen(
        [sys.executable, "-m", "neurons.cli", "localnet", "--epochs", "4", "--port", str(free_port())],
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(6.0)
    family = psutil.Process(command.pid).children(recursive=True)
    assert family
    command.send_signal(signal.SIGINT)
    _, said = command.communicate(timeout=10)
    assert command.returncode == 3
    assert said.splitlines()[-1] == "assay localnet: stopped after 0 of 4 epochs"
    assert "Traceback" not in said
    gone, alive = psutil.wait_procs(family, timeout=3)
    assert gone and not alive


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
