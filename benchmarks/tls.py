"""What TLS costs a miner and who asks it, beside plain HTTP in one run: `python benchmarks/tls.py [--json]`.

A miner's server in a process of its own listens at two ports, one plain, one over TLS with a pinned key, with every
check and receipts on. Windows take turns. Exit code 3 when a target is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import psutil
from bittensor.sp_core import Keypair
from report import document, printed

from subnet.protocol import Address, Answer, Coldkey, Heard, Hotkey, Message, Peer, Query
from subnet.transport.client import Client
from subnet.transport.desk import Desk, Limits
from subnet.transport.listening import listen, serving
from subnet.transport.server import Server
from subnet.transport.signing import Nonces
from subnet.transport.tls import own_key, serving_context

VERA, MINER = Keypair.create_from_uri("//Vera"), Keypair.create_from_uri("//Miner")
TARGETS = {
    "tls / plain, requests per second on kept connections": {"min": 0.6},
    "tls / plain, server time per request on kept connections": {"max": 1.5},
}
WAYS = ("plain", "tls")
AT_ONCE = 16
HELD = 200
ANSWER = "An answer of some length, as a small model might give it. " * 8


def main(arguments: list[str]) -> int:
    """Measures and prints; returns 3 when a target is missed."""
    parser = argparse.ArgumentParser(description="TLS beside plain HTTP.")
    parser.add_argument("--json", action="store_true", help="one document on standard output")
    parser.add_argument("--windows", type=int, default=5, help="interleaved windows (default: 5)")
    parser.add_argument("--seconds", type=float, default=1.5, help="length of a window (default: 1.5)")
    parser.add_argument("--serve", metavar="KEYFILE", help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.serve:
        asyncio.run(serve(Path(chosen.serve)))
        return 0
    with server() as (process, peers):
        figures = asyncio.run(measured(process, peers, chosen.windows, chosen.seconds))
    found = document("tls", figures, TARGETS)
    return printed(found, chosen.json)


async def answer(caller: Hotkey, query: Query, heard: Heard | None = None) -> Answer:
    """Answers at once: what is measured is the way there and back."""
    return Answer(query_id=query.id, text=ANSWER, model="echo", tokens=100)


async def serve(keyfile: Path) -> None:
    """Serves both ways until it is killed; prints the ports and the key."""
    desk = Desk(answer, Limits(1024, 1024, 1024), Nonces(1 << 20, since_ns=0))
    handler = Server(MINER, desk, lambda caller: None)
    async with AsyncExitStack() as stack:
        plain = await stack.enter_async_context(serving(handler, listen("127.0.0.1", 0)))
        over = await stack.enter_async_context(
            serving(handler, listen("127.0.0.1", 0), serving_context(keyfile))
        )
        print(json.dumps({"plain": plain.port, "tls": over.port}), flush=True)
        await asyncio.Event().wait()


@contextmanager
def server() -> Iterator[tuple[psutil.Process, dict[str, Peer]]]:
    """The server's process, and the miner as each of its ports shows it."""
    with tempfile.TemporaryDirectory() as folder:
        keyfile = Path(folder) / "miner.pem"
        keys = {"plain": "", "tls": own_key(keyfile)}
        command = [sys.executable, __file__, "--serve", str(keyfile)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        try:
            ports = json.loads(process.stdout.readline())
            yield (
                psutil.Process(process.pid),
                {way: peer(Address("127.0.0.1", ports[way], keys[way])) for way in WAYS},
            )
        finally:
            process.kill()
            process.wait()


def peer(address: Address) -> Peer:
    """The miner at an address."""
    return Peer(Hotkey(MINER.ss58_address), Coldkey("cold"), 0, address, 0, False, 0.0, 0.0, 0, 0, 0)


def query() -> Query:
    """A query of about 300 bytes."""
    text = "Which of these numbers is prime, and why are the others not? 91, 97, 119"
    return Query(id="benchmark-0", messages=(Message(role="user", content=text),))


async def measured(
    process: psutil.Process, peers: dict[str, Peer], windows: int, seconds: float
) -> dict[str, float]:
    """Figures of both ways, and tls against plain as medians over pairs of windows."""
    seen: dict[str, dict[str, list[float]]] = {way: {} for way in WAYS}
    for _ in range(windows):
        for way in WAYS:
            for name, value in (await window(process, peers[way], seconds)).items():
                seen[way].setdefault(name, []).append(value)
    figures: dict[str, float] = {}
    for name in seen["plain"]:
        for way in WAYS:
            figures[f"{way}, {name}"] = median(seen[way][name])
        pairs = zip(seen["tls"][name], seen["plain"][name], strict=True)
        figures[f"tls / plain, {name}"] = median(over / plain for over, plain in pairs)
    return figures | {f"{way}, KiB per held connection": await held(process, peers[way]) for way in WAYS}


async def window(process: psutil.Process, miner: Peer, seconds: float) -> dict[str, float]:
    """One window on kept connections, and one with a new connection for each request."""
    async with Client(VERA, allow_private=True) as client:

        async def kept() -> None:
            await client.ask(miner, query())

        await asyncio.gather(*(kept() for _ in range(AT_ONCE)))
        rate, server_us, own_us, _ = await repeated(process, kept, seconds, AT_ONCE)

    async def anew() -> None:
        async with Client(VERA, allow_private=True) as client:
            await client.ask(miner, query())

    new_rate, new_us, new_own_us, took = await repeated(process, anew, seconds, 1)
    return {
        "requests per second on kept connections": rate,
        "server time per request on kept connections": server_us,
        "client time per request on kept connections": own_us,
        "requests per second, one after the other on new connections": new_rate,
        "server time per request on new connections": new_us,
        "client time per request on new connections": new_own_us,
        "ms per request on new connections": took,
    }


async def repeated(
    process: psutil.Process, act: Callable[[], Awaitable[None]], seconds: float, at_once: int
) -> tuple[float, float, float, float]:
    """Rate, CPU microseconds of server and client per act, and the median milliseconds of one."""
    until, took = time.perf_counter() + seconds, []

    async def again() -> None:
        while (began := time.perf_counter()) < until:
            await act()
            took.append(time.perf_counter() - began)

    server, own, began = cpu(process), time.process_time(), time.perf_counter()
    await asyncio.gather(*(again() for _ in range(at_once)))
    ended = time.perf_counter() - began
    each = 1e6 / len(took)
    return (
        len(took) / ended,
        (cpu(process) - server) * each,
        (time.process_time() - own) * each,
        median(took) * 1e3,
    )


async def held(process: psutil.Process, miner: Peer) -> float:
    """By how much the server grows for each connection that is held open after a request."""
    before = process.memory_info().rss
    async with Client(VERA, allow_private=True) as client:
        await asyncio.gather(*(client.ask(miner, query()) for _ in range(HELD)))
        grown: Any = process.memory_info().rss - before
    return float(grown) / HELD / 1024


def cpu(process: psutil.Process) -> float:
    """Seconds of CPU time that the process has used."""
    times = process.cpu_times()
    return float(times.user + times.system)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
