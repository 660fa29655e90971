"""What it costs to judge strangers' code: a run behind walls beside the same run without any, and whole answers.

    python benchmarks/sandbox.py [--json] [--rounds N]

The run without walls is the same interpreter with the same imports that calls the same function; both take turns,
and the ratio is the median of the rounds' ratios.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import report

from reward.code import CODE
from subnet.protocol import Answer, Reply
from subnet.sandbox.box import ENVIRONMENT, Sandbox
from subnet.sandbox.canary import check
from subnet.tasks.base import Task
from subnet.tasks.code import Code

ROOT = Path(__file__).resolve().parent.parent
TRIVIAL = "def f(x):\n    return x + 1"
ENDLESS = "while True:\n    pass"
BARE = f"import sys; sys.path.append({str(ROOT)!r}); import subnet.sandbox.inside; exec({TRIVIAL!r})"
MINERS = 256
COMPARED = 32
TARGETS = {
    "run, times a bare interpreter": {"max": 2.0},
    "answers of a round, times one by one": {"min": 1.3},
    "endless loop, s": {"max": 1.5},
}


def seconds(act: Callable[[], object]) -> float:
    """How long an act takes."""
    before = time.perf_counter()
    act()
    return time.perf_counter() - before


def run_figures(sandbox: Sandbox, rounds: int) -> dict[str, float]:
    """Milliseconds of one run behind walls and without any."""
    bare = [sys.executable, "-s", "-S", "-P", "-c", BARE]
    pairs = [
        (
            seconds(lambda: sandbox.call(TRIVIAL, "f", [[1]])),
            seconds(lambda: subprocess.run(bare, env=ENVIRONMENT, check=True)),
        )
        for _ in range(rounds)
    ]
    walled = median(walled for walled, _ in pairs)
    return {
        "run, ms": walled * 1e3,
        "runs per second": 1 / walled,
        "bare interpreter, ms": median(plain for _, plain in pairs) * 1e3,
        "run, times a bare interpreter": median(walled / plain for walled, plain in pairs),
    }


def answer_figures(source: Code) -> dict[str, float]:
    """Milliseconds of an honest answer over all families, of its copy, and seconds of one that never ends."""
    honest, tasks = [], []
    for family in source.families:
        tasks.append(made(source, family, 1))
        text = block(source.exercise(family, 1)[0].solution())
        honest.append(seconds(lambda text=text: tasks[-1].verify(text)))
    copy = median(seconds(lambda: tasks[-1].verify(text)) for _ in range(20))
    return {
        "honest answer, ms": median(honest) * 1e3,
        "slowest honest answer, ms": max(honest) * 1e3,
        "copy of an answer, ms": copy * 1e3,
        "task made, ms": median(seconds(lambda f=f: made(source, f, 2)) for f in source.families) * 1e3,
        "endless loop, s": seconds(lambda: tasks[0].verify(block(ENDLESS))),
    }


def round_figures(source: Code) -> dict[str, float]:
    """A round of different honest answers by the rubric, beside the same answers one by one."""
    solution = source.exercise("robot@2", 3)[0].solution()
    replies = [reply_of(block(f"{solution}\n# {number}")) for number in range(MINERS)]
    few = replies[:COMPARED]
    ratios = []
    for _ in range(3):
        alone = made(source, "robot@2", 3)
        one_by_one = seconds(lambda task=alone: [task.verify(reply.text or "") for reply in few])
        together = made(source, "robot@2", 3)
        ratios.append(one_by_one / seconds(lambda task=together: CODE(task, few)))
    return {
        f"round of {MINERS} answers, s": seconds(lambda: CODE(made(source, "robot@2", 3), replies)),
        "answers of a round, times one by one": median(ratios),
    }


def made(source: Code, family: str, seed: int) -> Task:
    """A task that nobody has judged yet."""
    return source.make(family, seed, "0123456789abcdef", 10.0)


def block(source: str) -> str:
    """An answer with this code."""
    return f"```python\n{source}\n```"


def reply_of(text: str) -> Reply:
    """A miner's reply with this text."""
    return Reply(Answer(query_id="0123456789abcdef", text=text, model="benchmark"), seconds=1.0)


def document(rounds: int) -> dict[str, Any]:
    """{benchmark, figures, targets, missed}."""
    sandbox = Sandbox()
    figures = {"canary, ms": seconds(lambda: check(sandbox)) * 1e3}
    source = Code(sandbox=sandbox)
    figures |= run_figures(sandbox, rounds) | answer_figures(source) | round_figures(source)
    figures["processor cores"] = float(os.cpu_count() or 1)
    return report.document("sandbox", figures, TARGETS, digits=3)


def main() -> int:
    """Prints what was measured; 3 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one document")
    parser.add_argument("--rounds", type=int, default=30, help="runs of each kind (default 30)")
    chosen = parser.parse_args()
    return report.printed(document(chosen.rounds), chosen.json)


if __name__ == "__main__":
    sys.exit(main())
