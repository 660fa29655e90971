"""Figures of the embedded chain and of the consensus it runs: `python benchmarks/chain.py [--json]`.

Prints every figure, with its target where it has one; `--json` prints one document instead. Exit code 3 when a
target is missed. The modules `chain_*.py` measure; each has `figures()` and `TARGETS`, and runs on its own too.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import chain_blocks
import chain_epoch
import chain_rpc
import report

PARTS = {"epoch": chain_epoch, "rpc": chain_rpc, "blocks": chain_blocks}
LIMITS = {">=": "min", "<=": "max"}


def document(parts: list[str]) -> dict[str, Any]:
    """{benchmark, figures: {name: value}, targets: {name: {min or max: value}}, missed: [name]}."""
    figures: dict[str, float] = {}
    targets: dict[str, dict[str, float]] = {}
    for part in parts:
        print(f"measuring {part}", file=sys.stderr)
        figures |= measured(part)
        targets |= {name: {LIMITS[sign]: value} for name, (sign, value) in PARTS[part].TARGETS.items()}
    return report.document("chain", figures, targets)


def measured(part: str) -> dict[str, float]:
    """The figures of a part, from a process of its own: what others leave behind in memory counts for nobody."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        figures: dict[str, float] = process.submit(PARTS[part].figures).result()
    return figures


def main(arguments: list[str]) -> int:
    """Measures and prints; returns the exit code."""
    parser = argparse.ArgumentParser(description="Figures of the embedded chain.")
    parser.add_argument("--json", action="store_true", help="one document on standard output")
    parser.add_argument("--only", choices=sorted(PARTS), action="append", help="measure a part (repeatable)")
    options = parser.parse_args(arguments)
    found = document(options.only or list(PARTS))
    return report.printed(found, options.json, report.lines(found, decimals=3))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
