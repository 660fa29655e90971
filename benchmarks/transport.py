"""Signed requests per second and latencies: Assay's transport beside Axon/Dendrite and beside bare stacks.

    python benchmarks/transport.py [--json] [--rounds 3] [--only stacks] [--axon-venv DIR]

All stacks answer the same empty work, take turns within one run, and have one core for the server and one for
the client. Ratios are medians of the ratios within one round, so that a busy machine harms them little. In the
many-worker part each worker has a core, and requests signed beforehand come from whatever core has time.
Axon/Dendrite needs bittensor 10.5, which is installed into a venv of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bittensor.sp_core import verify
from report import printed
from transport_report import CONCURRENCY, document, fan_out_figures, rate_figures, worker_figures
from transport_stacks import BODY, CALLER, MINER

from subnet.protocol import Hotkey
from subnet.transport.receipts import issue, received
from subnet.transport.signing import claimed, signed, verified

HERE = Path(__file__).resolve().parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "assay-benchmarks"
AXON_RELEASE = "bittensor==10.5.0"
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, CLIENT_CORE = CORES[0], CORES[-1]
FAN_OUTS = {"assay": (32, 256), "bare": (32, 256), "axon": (32,)}
WORKERS = {"1 worker": ("server", 1), "2 workers": ("workers", 2)}


@dataclass(slots=True)
class Stack:
    """A stack's two processes, and the port of the first server."""

    server: subprocess.Popen[str]
    client: subprocess.Popen[str]
    port: int

    def measured(self, **order: Any) -> dict[str, Any]:
        """What the client measured, and the server's CPU time per request in microseconds."""
        began = cpu_seconds(self.server.pid)
        told = said(self.client, order)
        if "rps" in told:
            spent = cpu_seconds(self.server.pid) - began
            told["server_us"] = 1e6 * spent / max(1.0, told["rps"] * order["seconds"])
        return told

    def end(self) -> None:
        """Ends both processes."""
        for process in (self.client, self.server):
            process.kill()
            process.wait()


def main() -> int:
    """Measures and prints; returns 3 when a target is missed."""
    chosen = arguments()
    figures: dict[str, float] = {}
    for part in chosen.only or PARTS:
        figures |= PARTS[part](chosen)
    found = document(figures)
    return printed(found, chosen.json)


def limit_figures(chosen: argparse.Namespace) -> dict[str, float]:
    """What signatures alone allow."""
    return limits()


def side_by_side_figures(chosen: argparse.Namespace) -> dict[str, float]:
    """All stacks in turns: closed loops, then fan-outs."""
    stacks = started(chosen.axon_venv, chosen.no_axon)
    try:
        rates = [rates_of(stacks, chosen.seconds) for _ in range(chosen.rounds)]
        return {**rate_figures(rates), **fan_out_figures(fan_outs_of(stacks, chosen.rounds))}
    finally:
        for stack in stacks.values():
            stack.end()


def many_worker_figures(chosen: argparse.Namespace) -> dict[str, float]:
    """Our server alone and with a second worker."""
    return worker_figures(workers(chosen.rounds, chosen.seconds))


PARTS: dict[str, Callable[[argparse.Namespace], dict[str, float]]] = {
    "limits": limit_figures,
    "stacks": side_by_side_figures,
    "workers": many_worker_figures,
}


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--rounds", type=int, default=3, help="interleaved rounds (default: 3)")
    parser.add_argument("--seconds", type=float, default=1.2, help="length of one window (default: 1.2)")
    parser.add_argument(
        "--axon-venv", type=Path, default=CACHE / "bittensor-10.5", help="venv of bittensor 10.5"
    )
    parser.add_argument(
        "--only", action="append", choices=PARTS, help="measure this part alone; may be given again"
    )
    parser.add_argument("--no-axon", action="store_true", help="leave Axon/Dendrite out")
    return parser.parse_args()


def started(axon_venv: Path, no_axon: bool) -> dict[str, Stack]:
    """All stacks, running and idle."""
    ours = [sys.executable, str(HERE / "transport_stacks.py")]
    stacks = {name: pair(ours, name, 256) for name in ("assay", "bare", "bare+receipts")}
    if not no_axon:
        stacks["axon"] = pair([str(axon_python(axon_venv)), str(HERE / "transport_axon.py")], "axon", 32)
    return stacks


def axon_python(venv: Path) -> Path:
    """The Python of a venv with bittensor 10.5, which is made when it is not there."""
    python = venv / "bin" / "python"
    if not python.exists():
        print(f"installing {AXON_RELEASE} into {venv}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        subprocess.run(
            [str(python), "-m", "pip", "install", "-q", AXON_RELEASE], check=True, stdout=sys.stderr
        )
    return python


def pair(command: list[str], name: str, *numbers: int) -> Stack:
    """A stack's server and client, each on its core."""
    server = process([*command, "server", name, *map(str, numbers)], {SERVER_CORE})
    client = process([*command, "client", name], {CLIENT_CORE})
    assert server.stdout is not None and client.stdin is not None
    ports = server.stdout.readline()
    client.stdin.write(ports)
    client.stdin.flush()
    return Stack(server, client, json.loads(ports)["ports"][0])


def process(command: list[str], cores: set[int]) -> subprocess.Popen[str]:
    """A child on these cores."""
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent)}
    pipe = subprocess.PIPE
    child = subprocess.Popen(
        command, stdin=pipe, stdout=pipe, text=True, env=environment, start_new_session=True
    )
    os.sched_setaffinity(child.pid, cores)
    come_first(child.pid)
    return child


def come_first(pid: int) -> None:
    """Lets a session's processes run before others on this machine, where we may; else they share it as usual."""
    try:
        # Linux weighs whole sessions against each other: a process's own nice value says nothing beyond its own.
        Path(f"/proc/{pid}/autogroup").write_text("-20")
    except OSError:
        return


def said(child: subprocess.Popen[str], order: dict[str, Any]) -> dict[str, Any]:
    """A child's answer to one line."""
    assert child.stdin is not None and child.stdout is not None
    child.stdin.write(json.dumps(order) + "\n")
    child.stdin.flush()
    for line in child.stdout:
        # Whatever else is printed there is a library's own.
        if line.startswith("{"):
            told: dict[str, Any] = json.loads(line)
            return told
    raise SystemExit(f"{child.args!r} ended with {child.wait()}")


def rates_of(stacks: dict[str, Stack], seconds: float) -> dict[str, dict[str, Any]]:
    """One round: every stack at every concurrency, in turns."""
    told: dict[str, dict[str, Any]] = {name: {} for name in stacks}
    for concurrency in CONCURRENCY:
        for name, stack in stacks.items():
            told[name][str(concurrency)] = stack.measured(concurrency=concurrency, seconds=seconds)
    return told


def fan_outs_of(stacks: dict[str, Stack], rounds: int) -> dict[str, dict[str, Any]]:
    """One caller asks many miners at once, over kept connections; the first round connects and is not counted."""
    told: dict[str, dict[str, Any]] = {}
    for name, sizes in FAN_OUTS.items():
        for size in sizes if name in stacks else ():
            stacks[name].measured(fan_out=size, rounds=1)
            repeats = 3 if name == "axon" else 20
            windows = [stacks[name].measured(fan_out=size, rounds=repeats) for _ in range(rounds)]
            told.setdefault(name, {})[str(size)] = {
                "p50": median(window["p50"] for window in windows),
                "p99": median(window["p99"] for window in windows),
                "rejected": sum(window["rejected"] for window in windows),
            }
    return told


def workers(rounds: int, seconds: float) -> dict[str, list[dict[str, Any]]]:
    """Our server alone and with two fronts under requests signed beforehand, in turns, on all cores."""
    command = [sys.executable, str(HERE / "transport_stacks.py")]
    servers = {
        name: process([*command, role, "assay", str(count)], set(CORES))
        for name, (role, count) in WORKERS.items()
    }
    ports = {
        name: json.loads(server.stdout.readline())["ports"][0]
        for name, server in servers.items()
        if server.stdout
    }
    time.sleep(3.0)  # the fronts import what they need
    told: dict[str, list[dict[str, Any]]] = {name: [] for name in servers}
    try:
        for _ in range(rounds):
            for name, port in ports.items():
                told[name].append(loaded(port, 64, seconds))
    finally:
        for server in servers.values():
            os.killpg(server.pid, 9)
            server.wait()
    return told


def loaded(port: int, concurrency: int, seconds: float) -> dict[str, Any]:
    """What the load generator saw, in a process of its own."""
    words = [sys.executable, str(HERE / "transport_load.py"), str(port), str(concurrency), str(seconds)]
    source = process(words, set(CORES))
    seen: dict[str, Any] = json.loads(source.communicate(timeout=60)[0])
    return seen


def limits() -> dict[str, float]:
    """What signatures alone allow, per second on one core: of one side each, and of a whole exchange."""
    receiver = Hotkey(MINER.ss58_address)

    def exchange() -> None:
        headers, payload = signed(CALLER, BODY, receiver, time.time_ns())
        claim = claimed({name.lower(): value for name, value in headers.items()}, receiver)
        verified(claim, BODY)
        _, value = issue(MINER, payload, BODY, "echo", 1)
        received(value.encode(), payload, BODY, "echo", receiver)

    signature = CALLER.sign(BODY)
    return {
        "signatures per second": per_second(lambda: CALLER.sign(BODY)),
        "verifications per second": per_second(lambda: verify(BODY, signature, CALLER.ss58_address, 1)),
        "request and receipt, signed and verified, per second": per_second(exchange),
    }


def per_second(work: Any, count: int = 1000) -> float:
    """The best of five rates."""
    best = 0.0
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(count):
            work()
        best = max(best, count / (time.perf_counter() - began))
    return best


def cpu_seconds(pid: int) -> float:
    """CPU time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(main())
