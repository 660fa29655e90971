"""What a caller with little stake does to others by asking without end: `python benchmarks/fairness.py [--json]`.

Four validators share a miner of eight places, 20 ms a query. The three larger ones ask at a quarter of what it
can do; in every other window the smallest, with a twentieth of the stake, sends four times as much as they do
together. The same once more to a miner that gives all callers the same, to show what the rule is good for.
Exit code 3 when a target is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from bittensor.sp_core import Keypair
from report import document, printed
from transport import CLIENT_CORE, SERVER_CORE, process, said
from transport_stacks import QUERY, answer, say, spread

from subnet.protocol import Address, Answer, Coldkey, Hotkey, Peer, Query
from subnet.transport.client import Client, Unanswered
from subnet.transport.desk import Desk, Limits
from subnet.transport.listening import listen, serving
from subnet.transport.server import Server
from subnet.transport.signing import Nonces

MINER = Keypair.create_from_uri("//Miner")
STAKES = {"Vera": 0.5, "Viktor": 0.3, "Viola": 0.15, "Vic": 0.05}
CALLERS = {name: Keypair.create_from_uri(f"//{name}") for name in STAKES}
SHARES = {Hotkey(CALLERS[name].ss58_address): share for name, share in STAKES.items()}
GREEDY = "Vic"
PLACES = 8
MODEL_SECONDS = 0.02
HONEST_PER_SECOND = 0.25 * PLACES / MODEL_SECONDS
RULES: dict[str, Callable[[Hotkey], float]] = {
    "by stake": lambda caller: SHARES[caller],
    "all alike": lambda caller: 1.0,
}
TARGETS = {"honest p95 beside the greedy one / without, by stake": {"max": 1.2}}


def main(arguments: list[str]) -> int:
    """Measures and prints; returns 3 when a target is missed."""
    parser = argparse.ArgumentParser(description="Honest callers beside a greedy one.")
    parser.add_argument("--json", action="store_true", help="one document on standard output")
    parser.add_argument("--windows", type=int, default=5, help="interleaved windows (default: 5)")
    chosen = parser.parse_args(arguments)
    figures = {name: value for rule in RULES for name, value in measured(rule, chosen.windows).items()}
    found = document("fairness", figures, TARGETS, digits=3)
    return printed(found, chosen.json)


def measured(rule: str, windows: int) -> dict[str, float]:
    """Latencies of the honest callers without and beside the greedy one under one rule, medians."""
    server = process([sys.executable, __file__, "server", rule], {SERVER_CORE})
    assert server.stdout is not None
    port = server.stdout.readline()
    crowd = process([sys.executable, __file__, "crowd", port.strip()], {CLIENT_CORE})
    try:
        pairs = [(said(crowd, {"greedy": 0}), said(crowd, {"greedy": 4})) for _ in range(windows)]
    finally:
        for child in (crowd, server):
            child.kill()
            child.wait()
    return {
        f"honest p95 ms without the greedy one, {rule}": median(calm["p95"] for calm, _ in pairs),
        f"honest p95 ms beside the greedy one, {rule}": median(busy["p95"] for _, busy in pairs),
        f"honest p95 beside the greedy one / without, {rule}": median(b["p95"] / a["p95"] for a, b in pairs),
        f"honest queries refused, {rule}": sum(calm["refused"] + busy["refused"] for calm, busy in pairs),
        f"greedy one's part of the load, {rule}": median(busy["part"] for _, busy in pairs),
        f"greedy one's answers per second, {rule}": median(busy["greedy"] for _, busy in pairs),
    }


async def serve(rule: str) -> None:
    """A miner whose model takes MODEL_SECONDS for each of PLACES queries at once."""

    async def slow(caller: Hotkey, query: Query, *more: Any) -> Answer:
        await asyncio.sleep(MODEL_SECONDS)
        return await answer(caller, query, *more)

    limits = Limits(concurrency=PLACES, per_caller=PLACES, waiting=8 * PLACES)
    desk = Desk(slow, limits, Nonces(since_ns=0), share=RULES[rule])
    async with serving(Server(MINER, desk, lambda caller: None), listen("127.0.0.1", 0)) as address:
        say({"port": address.port})
        await asyncio.Event().wait()


async def crowd(port: int) -> None:
    """Measures a window for each line of input: `greedy` is the greedy caller's load as a multiple of the others'."""
    peer = Peer(
        Hotkey(MINER.ss58_address), Coldkey(""), 0, Address("127.0.0.1", port), 0, False, 0, 0, 0, 0, 0
    )
    clients = {name: Client(CALLERS[name], allow_private=True) for name in STAKES}
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        say(await window(clients, peer, json.loads(line)["greedy"]))


async def window(
    clients: dict[str, Client], peer: Peer, greedy: float, seconds: float = 2.0
) -> dict[str, Any]:
    """Every caller asks at its own even pace, whatever the answers do."""
    seen: dict[str, list[float]] = {name: [] for name in clients}
    refused = dict.fromkeys(clients, 0)

    async def ask(name: str) -> None:
        began = time.perf_counter()
        try:
            await clients[name].ask(peer, QUERY)
        except Unanswered:
            refused[name] += 1
        else:
            seen[name].append(time.perf_counter() - began)

    async def pace(name: str, per_second: float) -> None:
        async with asyncio.TaskGroup() as asked:
            began = time.perf_counter()
            for number in range(round(seconds * per_second)):
                await asyncio.sleep(max(0.0, began + number / per_second - time.perf_counter()))
                asked.create_task(ask(name))

    honest = [name for name in clients if name != GREEDY]
    rates = dict.fromkeys(honest, HONEST_PER_SECOND / len(honest)) | {GREEDY: greedy * HONEST_PER_SECOND}
    await asyncio.gather(*(pace(name, rate) for name, rate in rates.items() if rate))
    return {
        **spread([took for name in honest for took in seen[name]]),
        "refused": sum(refused[name] for name in honest),
        "greedy": len(seen[GREEDY]) / seconds,
        "part": rates[GREEDY] / sum(rates.values()),
    }


if __name__ == "__main__":
    if sys.argv[1:2] == ["server"]:
        asyncio.run(serve(sys.argv[2]))
    elif sys.argv[1:2] == ["crowd"]:
        asyncio.run(crowd(json.loads(sys.argv[2])["port"]))
    else:
        sys.exit(main(sys.argv[1:]))
