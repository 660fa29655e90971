"""What strangers who send junk do to a miner's honest callers: `python benchmarks/flood.py [--json]`.

Windows without and with 5,000 junk requests per second take turns; the model takes 20 ms. Junk comes unsigned on
kept connections, unsigned on a new connection each, and forged in the name of a validator that is served, which
costs the miner a signature check each. Exit code 3 when a target is missed.
"""

from __future__ import annotations

import argparse
import json
import select
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

from report import document, printed
from transport import CLIENT_CORE, HERE, pair, process
from transport_load import signed_requests

RATE = 5000
CONNECTIONS = 64
TARGETS = {
    "p95 under unsigned junk on kept connections / p95 without": {"max": 1.5},
    "p95 under unsigned junk on new connections / p95 without": {"max": 1.5},
}
UNSIGNED = b"POST /assay/1/query HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"
KINDS = {
    "unsigned junk on kept connections": "kept",
    "unsigned junk on new connections": "new",
    "forged junk on kept connections": "forged",
}


def main(arguments: list[str]) -> int:
    """Measures and prints; returns 3 when a target is missed."""
    parser = argparse.ArgumentParser(description="Honest callers beside junk.")
    parser.add_argument("--json", action="store_true", help="one document on standard output")
    parser.add_argument(
        "--windows", type=int, default=5, help="interleaved windows of each kind (default: 5)"
    )
    chosen = parser.parse_args(arguments)
    found = document("flood", measured(chosen.windows), TARGETS, digits=3)
    return printed(found, chosen.json)


def measured(windows: int) -> dict[str, float]:
    """Latencies of honest callers in each kind of window, medians."""
    command = [sys.executable, str(HERE / "transport_stacks.py")]
    stack = pair(command, "assay", 1, 20)
    seen: dict[str, list[dict[str, Any]]] = {name: [] for name in ("no junk", *KINDS)}
    try:
        for _ in range(windows):
            for name, told in seen.items():
                with junk(stack.port, KINDS.get(name)) as sent:
                    window = stack.measured(concurrency=8, seconds=1.5)
                told.append({**window, **sent})
    finally:
        stack.end()
    return figures(seen)


def figures(seen: dict[str, list[dict[str, Any]]]) -> dict[str, float]:
    """Medians over the windows, and p95 against that of the window before without junk."""
    told: dict[str, float] = {}
    for name, each in seen.items():
        told[f"p50 ms, {name}"] = median(window["p50"] for window in each)
        told[f"p95 ms, {name}"] = median(window["p95"] for window in each)
        told[f"rejected, {name}"] = sum(window["rejected"] for window in each)
        if name in KINDS:
            told[f"junk per second, {name}"] = median(window["junk"] for window in each)
            pairs = zip(each, seen["no junk"], strict=True)
            told[f"p95 under {name} / p95 without"] = median(a["p95"] / b["p95"] for a, b in pairs)
    return told


@contextmanager
def junk(port: int, kind: str | None) -> Iterator[dict[str, float]]:
    """Sends junk while the block runs; the yielded mapping says afterwards how much arrived per second."""
    sent: dict[str, float] = {}
    if kind is None:
        yield sent
        return
    source = process([sys.executable, __file__, "source", str(port), kind], {CLIENT_CORE})
    time.sleep(1.0)
    try:
        yield sent
    finally:
        told, _ = source.communicate("stop\n", timeout=10)
        sent["junk"] = json.loads(told)["rate"]


def source(port: int, kind: str) -> None:
    """Sends RATE requests per second until a line comes in; prints the rate that was answered."""
    requests = forged(port) if kind == "forged" else iter(lambda: UNSIGNED, None)
    answered, began = 0, time.perf_counter()
    idle = [] if kind == "new" else [connected(port) for _ in range(CONNECTIONS)]
    busy: dict[int, socket.socket] = {}
    poll = select.epoll()
    due = 0.0
    while not select.select([sys.stdin], [], [], 0)[0]:
        due = min(due + 50, RATE * (time.perf_counter() - began) - answered - len(busy))
        while due >= 1 and (idle or (kind == "new" and len(busy) < CONNECTIONS)):
            connection = idle.pop() if idle else connected(port)
            connection.send(next(requests))
            busy[connection.fileno()] = connection
            poll.register(connection, select.EPOLLIN)
            due -= 1
        for number, _ in poll.poll(0.001):
            connection = busy.pop(number)
            poll.unregister(connection)
            reply = connection.recv(4096)
            answered += 1
            if kind == "new" or not reply or b"connection: close" in reply:
                connection.close()
                idle += [] if kind == "new" else [connected(port)]
            else:
                idle.append(connection)
    print(json.dumps({"rate": answered / (time.perf_counter() - began)}), flush=True)


def forged(port: int) -> Iterator[bytes]:
    """Fresh requests of a served caller whose signatures are another request's."""
    while True:
        for request in signed_requests(port, 50):
            forgery = request.replace(b"xxxx", b"yyyy", 1)
            yield from [forgery] * 100


def connected(port: int) -> socket.socket:
    """A connection."""
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


if __name__ == "__main__":
    if sys.argv[1:2] == ["source"]:
        source(int(sys.argv[2]), sys.argv[3])
    else:
        sys.exit(main(sys.argv[1:]))
