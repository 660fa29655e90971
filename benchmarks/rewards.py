"""How fast rewards are, and what a sample of deep checks costs in accuracy: `python benchmarks/rewards.py [--json]`.

Every reward judges 256 replies in one call and, in the same run, one reply a call; both take turns, and a ratio is
the median of the rounds' ratios. Models run on two threads. Exit code 3 when a target is missed. The modules
`rewards_*.py` measure; each has `figures()` and `TARGETS`.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import report
import rewards_models
import rewards_rules
import rewards_sampling

PARTS = {"rules": rewards_rules, "models": rewards_models, "sampling": rewards_sampling}


def document(parts: list[str]) -> dict[str, Any]:
    """{benchmark, figures: {name: value}, targets: {name: {min or max: value}}, missed: [name]}."""
    figures: dict[str, float] = {}
    targets: dict[str, dict[str, float]] = {}
    for part in parts:
        print(f"measuring {part}", file=sys.stderr)
        # A process of its own: what others leave behind in memory, and their threads, count for nobody.
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
            figures |= process.submit(PARTS[part].figures).result()
        targets |= PARTS[part].TARGETS
    return report.document("rewards", figures, targets)


def main(arguments: list[str]) -> int:
    """Measures and prints; returns the exit code."""
    parser = argparse.ArgumentParser(description="Figures of the shipped rewards.")
    parser.add_argument("--json", action="store_true", help="one document on standard output")
    parser.add_argument("--only", choices=sorted(PARTS), action="append", help="measure a part (repeatable)")
    options = parser.parse_args(arguments)
    found = document(options.only or list(PARTS))
    return report.printed(found, options.json, report.lines(found, decimals=3))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
