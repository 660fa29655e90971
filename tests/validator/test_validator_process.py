"""The validator as a process on a real chain with real miners: it earns its exit codes, and forgets nothing.

`ASSAY_KILLS=50 python -m pytest tests/validator/test_validator_process.py` kills it fifty times instead of once.
"""

import asyncio
import json
import math
import os
import random
import re
import signal
import socket
import sqlite3
import sys
import time
import urllib.request
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from pathlib import Path

import pytest

from neurons.cli import main
from neurons.localnet.cast import Member, make_wallets
from neurons.localnet.founding import Founder, Terms
from neurons.why_command import explained
from subnet.chain import Chain
from subnet.devnet.handle import devnet
from subnet.protocol import Address, Answer, Hotkey
from subnet.transport.desk import Desk
from subnet.transport.listening import address_of, listen, serving
from subnet.transport.server import Server
from subnet.transport.signing import Nonces
from subnet.validator.context import last_context
from subnet.validator.ledger import related
from subnet.validator.memory import standings
from subnet.validator.store import Store
from tests.validator.proxy import Proxy

ROOT = Path(__file__).resolve().parents[2]
MEMBERS = [
    Member("owner", "owner"),
    Member("vera", "validator"),
    Member("able", "miner"),
    Member("idle", "miner"),
]
TEMPO = 30
KILLS = int(os.environ.get("ASSAY_KILLS", "1"))
AXON_HOST = "127.0.0.2"  # the chain refuses to publish 127.0.0.1


@asynccontextmanager
async def validator(endpoint, netuid, tmp_path, *flags):
    """The process, its standard error in a file; killed if it outlives the test."""
    words = [
        "--netuid",
        str(netuid),
        "-n",
        endpoint,
        "-w",
        "vera",
        "--wallet-path",
        str(tmp_path / "wallets"),
    ]
    words += ["--state", str(tmp_path / "state"), "--status", str(tmp_path / "status.jsonl")]
    words += ["--round-seconds", "0.4", "--query-seconds", "0.4", "--chain-seconds", "10", *flags]
    with (tmp_path / "vera.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "neurons.validator",
            *words,
            stderr=log,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            cwd=tmp_path,
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def solution(question):
    """The right answer to any question of the demo's families, as an able model would give it."""
    if word := re.search(r"nus\): (\w+)", question):
        return word[1][::-1]
    if "Least Common Multiple" in question:
        return str(math.lcm(*map(int, re.findall(r"\d+", question.split(":")[1]))))
    if "legs" in question:
        return "unknown"
    sum_ = re.search(r"-?\d+(?: [-+*] -?\d+)+", question)
    return str(eval(sum_[0])) if sum_ else ""


@asynccontextmanager
async def miner(keys, chain, answer):
    """A real server that answers by a function, its address on the chain."""

    async def reply(caller, query, heard=None):
        return Answer(query_id=query.id, text=answer(query.messages[-1].content), model="test")

    listener = listen(AXON_HOST, 0)
    desk = Desk(reply, nonces=Nonces(since_ns=0))
    server = Server(keys.wallet.hotkey, desk, lambda caller: None)
    async with serving(server, listener):
        await chain.serve(keys.wallet, address_of(listener))
        yield


def lines(path, kind):
    """The status lines of one kind so far."""
    found = path.read_text().splitlines() if path.exists() else []
    return [line for line in map(json.loads, found) if line["kind"] == kind]


async def until(condition, seconds=40):
    """Waits until a condition holds."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - another process writes the files that it looks at
            await asyncio.sleep(0.05)


async def more_rounds(status, count=2):
    """Waits until so many more rounds are over."""
    before = len(lines(status, "round"))
    await until(lambda: len(lines(status, "round")) >= before + count)


def effective(status):
    """How often weights were called effective so far."""
    return sum(line["status"] == "effective" for line in lines(status, "weights"))


def stored(path, query):
    """What a query finds in the validator's file, read beside the running process."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def free_ports(count):
    """Ports that nobody listens on at this moment."""
    with ExitStack() as stack:
        held = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [one.getsockname()[1] for one in held]


def fetched(port):
    """What Prometheus would read."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as reply:
        return reply.read().decode()


def assert_scores_are_those_of_the_facts(ledger, told):
    """What the process scored after all its restarts is the fold of what is in the ledger, difference 0."""
    with Store.reading(ledger) as store:
        context = last_context(store)
        facts = {seen for hotkey, peer in context.members.items() for seen in related(store, hotkey, peer)}
        (last,) = store.read("SELECT round_id FROM observations ORDER BY id DESC LIMIT 1")
    # The process may have been told to end between the ledger and the status file.
    untold = {seen for seen in facts if seen.round_id == last["round_id"]}
    folds = [
        standings(some, context.members, told["block"], context.rules) for some in (facts, facts - untold)
    ]
    assert told["scores"] in [{hotkey: score.value for hotkey, score in fold.items()} for fold in folds]


async def founded(founder):
    """A subnet of the members, the validator staked; returns its netuid."""
    await founder.fund(MEMBERS)
    netuid = await founder.create("owner")
    await founder.configure(netuid, Terms(tempo=TEMPO, immunity=TEMPO))
    for name in ("vera", "able", "idle"):
        await founder.register(netuid, name)
    await founder.stake(netuid, "vera", 1_000)
    return netuid


async def test_without_a_seat_it_names_the_command_that_buys_one(tmp_path):
    make_wallets(MEMBERS, tmp_path / "wallets", 1)
    async with (
        devnet(block_time=0.25, seed="seat") as chain,
        validator(chain.endpoint, 1, tmp_path) as process,
    ):
        async with asyncio.timeout(30):
            assert await process.wait() == 3
    said = (tmp_path / "vera.log").read_text()
    assert "btcli subnets register --netuid 1" in said.strip().splitlines()[-1]
    assert "Traceback" not in said


async def test_without_a_chain_it_says_so_in_one_line(tmp_path):
    make_wallets(MEMBERS, tmp_path / "wallets", 1)
    async with validator("ws://127.0.0.1:9", 1, tmp_path, "--chain-seconds", "2") as process:
        async with asyncio.timeout(30):
            assert await process.wait() != 0
    assert "no connection" in (tmp_path / "vera.log").read_text().splitlines()[-1]


@pytest.mark.timeout(180 + 20 * KILLS)
async def test_a_validator_sets_weights_survives_kill_9_and_ends_when_told_or_when_blocks_stop(tmp_path):
    keys = make_wallets(MEMBERS, tmp_path / "wallets", 1)
    status, ledger = tmp_path / "status.jsonl", tmp_path / "state" / "validator.db"
    async with AsyncExitStack() as stack:
        node = await stack.enter_async_context(devnet(block_time=0.2, seed="story"))
        founder = Founder(node.endpoint, keys)
        netuid = await founded(founder)
        chain = await stack.enter_async_context(Chain.connect(node.endpoint, netuid, 10.0))
        await stack.enter_async_context(miner(keys["able"], chain, solution))
        await stack.enter_async_context(miner(keys["idle"], chain, lambda question: "no idea"))
        await founder.set_tempo(netuid, TEMPO)

        rng = random.Random(KILLS)
        for _ in range(KILLS):
            async with validator(node.endpoint, netuid, tmp_path) as process:
                await more_rounds(status)
                await asyncio.sleep(rng.uniform(0.0, 0.8))
                process.send_signal(signal.SIGKILL)
                await process.wait()
        before = stored(ledger, "SELECT * FROM observations ORDER BY id")

        told, metrics, already = *free_ports(2), effective(status)
        loaded = ["--tasks-per-round", "16", "--explain-port", str(told), "--metrics-port", str(metrics)]
        loaded += ["--explain-host", "127.0.0.1", "--shape", "softmax:0.2"]
        async with validator(node.endpoint, netuid, tmp_path, *loaded) as process:
            await until(lambda: effective(status) > already)
            held = await chain.stored_weights(Hotkey(keys["vera"].hotkey))
            figures = await asyncio.to_thread(fetched, metrics)
            assert 'assay_weights_total{status="effective"} 1.0' in figures
            assert "assay_weights_alarm 0.0" in figures
            await asyncio.sleep(2.0)  # a server that has just started asks to sign again
            about = await explained(
                keys["able"].wallet.hotkey, Hotkey(keys["vera"].hotkey), Address("127.0.0.1", told)
            )
            assert about.checked().hotkey == keys["able"].hotkey
            assert main(["why", "--hotkey", keys["able"].hotkey, "--state", str(tmp_path / "state")]) == 0
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0
            assert time.monotonic() - began < 2.0

        assert_scores_are_those_of_the_facts(ledger, lines(status, "round")[-1])
        after = stored(ledger, "SELECT * FROM observations ORDER BY id")
        assert after[: len(before)] == before
        assert len(after) > len(before)
        asked = stored(ledger, "SELECT DISTINCT round_id, task_id FROM observations")
        assert len({task for _, task in asked}) == len(asked), "a task was asked twice"
        assert set(held.weights) == {keys["able"].hotkey}
        weights = lines(status, "weights")
        assert [line["status"] for line in weights[-4:]] == ["planned", "sent", "included", "effective"]
        assert weights[-1]["path"] == "plain"

        proxy = await stack.enter_async_context(Proxy.before(node.endpoint))
        impatient = ["--stale-seconds", "3", "--fallback", node.endpoint]
        async with validator(proxy.endpoint, netuid, tmp_path, *impatient) as process:
            await more_rounds(status)
            proxy.frozen = True
            await until(lambda: "going on over " + node.endpoint in (tmp_path / "vera.log").read_text())
            await more_rounds(status)
            node.producer.set_mode("manual")
            async with asyncio.timeout(15):
                assert await process.wait() == 3
        assert "no new block for 3 s" in (tmp_path / "vera.log").read_text().splitlines()[-1]
