"""A subnet under faults for half an hour: `python benchmarks/soak.py [--minutes M] [--json]`.

A chain in a file, an owner, two validators and four miners run as real processes, while endpoints refuse, fall silent
or stand still, a disk fills up, clocks jump, a miner crashes again and again, the chain's process is killed, and a
validator is killed every minute. Then it says what was lost (nothing may be), which weights came late outside of the
faults, and whether memory grows. Exit code 3 when a target is missed, or when Ctrl-C ended it early.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import random
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import report  # noqa: E402
import soak_verdict as verdict  # noqa: E402 - finds the neurons beside it
from soak_disk import own_mounts  # noqa: E402
from soak_faults import Window, kill_every, play, schedule  # noqa: E402
from soak_watch import STEADY, Watch  # noqa: E402
from soak_world import World, world  # noqa: E402

from subnet.errors import ConditionError  # noqa: E402

WARM_UP_MINUTES = 10.0
SLOPE_MIB_PER_HOUR = 1.0
LOST = (
    "lost: facts that changed or are gone",
    "lost: replies that were told and are not in the ledger",
    "lost: scores that are not the fold of the ledger",
    "lost: tasks asked twice",
    "lost: weights called effective that the chain did not hold",
    "lost: books of the chain that do not balance",
    "lost: blocks",
    "late weights outside fault windows",
    "ends and tracebacks that no document allows",
)
TARGETS: dict[str, dict[str, float]] = {
    **{name: {"max": 0.0} for name in LOST},
    **{f"memory slope of the {kind}, MiB/h": {"max": SLOPE_MIB_PER_HOUR} for kind in STEADY},
}


@dataclass
class Run:
    """What one run has seen."""

    began: float = 0.0
    windows: list[Window] = field(default_factory=list)
    last: dict[str, int | None] = field(default_factory=dict)


def main(arguments: list[str]) -> int:
    """Runs the soak and prints; returns the exit code."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.CRITICAL)  # what the soak's own view of a dead chain says is no news
    mounts = own_mounts()
    with ExitStack() as stack:
        folder = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="assay-soak-")))
        folder.mkdir(parents=True, exist_ok=True)
        found = asyncio.run(_interruptible(soak(options, folder.resolve(), mounts)))
    if isinstance(found, ConditionError):
        print(f"soak: {found}", file=sys.stderr)
        return 3
    if found is None:
        print("soak: stopped before its time", file=sys.stderr)
        return 3
    return report.printed(found, options.json)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Wears on a local network and says what was lost.")
    parser.add_argument("--minutes", type=float, default=30.0, help="how long the faults last (default: 30)")
    parser.add_argument("--kill-seconds", type=float, default=60.0, help="a validator is killed so often")
    parser.add_argument("--seed", type=int, default=1, help="of the faults' order and the times of kills")
    parser.add_argument("--keep", type=Path, help="keep logs, ledgers and the chain in this folder")
    parser.add_argument("--json", action="store_true", help="one document on standard output")
    return parser


async def _interruptible(work: Any) -> Any:
    """The work's result, None when a signal ended it, or what keeps it from starting."""
    working = asyncio.ensure_future(work)
    # The SDK leaves a task that failed behind when the chain is killed, which is what happens here.
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, working.cancel)
    try:
        return await working
    except asyncio.CancelledError:
        return None
    except ConditionError as problem:
        return problem


async def soak(options: argparse.Namespace, folder: Path, mounts: bool) -> dict[str, Any]:
    """The document of one run."""
    say("founding the network")
    async with world(folder, options.seed, mounts) as made:
        say(f"subnet {made.netuid} at {made.endpoint}; the full disk is {made.disk.kind}; files in {folder}")
        run, watch = Run(time.monotonic()), Watch(made)
        await _under_faults(made, watch, run, options)
        for name in made.members:
            if name != "chain":
                run.last[name] = await made.members[name].end()
        blocks = await watch.blocks_gone()
        run.last["chain"] = await made.members["chain"].end()
        say("everything has ended; looking what is left")
        return document(made, watch, run, blocks, options)


async def _under_faults(made: World, watch: Watch, run: Run, options: argparse.Namespace) -> None:
    rng = random.Random(options.seed)

    def note(window: Window) -> None:
        run.windows.append(window)
        say(f"{(time.monotonic() - run.began) / 60:5.1f} min: {window.fault} is over")

    background = [
        asyncio.create_task(watch.run()),
        asyncio.create_task(kill_every(made, "vera", options.kill_seconds, rng)),
    ]
    order = schedule(options.seed, max(1, round(options.minutes / 30)))
    playing = asyncio.create_task(play(made, order, options.minutes * 60, note))
    try:
        done, _ = await asyncio.wait({playing, *background}, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in (playing, *background):
            task.cancel()
        await asyncio.gather(playing, *background, return_exceptions=True)


def document(
    made: World, watch: Watch, run: Run, blocks: list[str], options: argparse.Namespace
) -> dict[str, Any]:
    """{benchmark, figures: {name: value}, targets: {name: {max: value}}, missed: [name]}."""
    found = verdict.Verdict({"minutes": options.minutes, "seed": options.seed})
    for fault in dict.fromkeys(window.fault for window in run.windows):
        found.figures[f"fault: {fault}"] = sum(window.fault == fault for window in run.windows)
    found.figures["fault: kill -9 of a validator"] = sum(end.killed for end in made.members["vera"].ends)
    found.figures["fault: miner crashes"] = sum(end.killed for end in made.members["crasher"].ends)
    verdict.lost(found, made, watch)
    found.count("lost: blocks", blocks)
    verdict.late(found, made, watch, run.windows)
    verdict.ended(found, made, run.last)
    verdict.memory(found, watch, run.began, min(WARM_UP_MINUTES, options.minutes / 3) * 60)
    for line in found.found:
        say(line)
    targets = {name: limits for name, limits in TARGETS.items() if name in found.figures}
    return report.document("soak", found.figures, targets, digits=3)


def say(line: str) -> None:
    """Tells how far it is, on standard error."""
    print(f"soak: {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
