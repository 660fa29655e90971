"""Figures of the embedded chain and of the consensus it runs: `python benchmarks/chain.py [--json]`.

Prints every figure, with its target where it has one; `--json` prints one document instead. Exit code 3 when a
target is missed. The modules `chain_*.py` measure; each has `figures()` and `TARGETS`, and runs on its own too.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import chain_blocks
import chain_epoch
import chain_rpc

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
    return {
        "benchmark": "chain",
        "figures": {name: round(value, 4) for name, value in figures.items()},
        "targets": targets,
        "missed": [name for name, limits in targets.items() if missed(figures[name], limits)],
    }


def measured(part: str) -> dict[str, float]:
    """The figures of a part, from a process of its own: what others leave behind in memory counts for nobody."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        figures: dict[str, float] = process.submit(PARTS[part].figures).result()
    return figures


def missed(figure: float, limits: Mapping[str, float]) -> bool:
    """Whether a figure is outside its limits."""
    return figure < limits.get("min", figure) or figure > limits.get("max", figure)


def lines(found: Mapping[str, Any]) -> list[str]:
    """The document as a table."""
    shown = []
    for name, value in found["figures"].items():
        limits = ", ".join(f"{kind} {limit:g}" for kind, limit in found["targets"].get(name, {}).items())
        note = f"  ({limits}{', missed' if name in found['missed'] else ''})" if limits else ""
        shown.append(f"{name:45} {value:12,.3f}{note}")
    return shown


def main(arguments: list[str]) -> int:
    """Measures and prints; returns the exit code."""
    parser = argparse.ArgumentParser(description="Figures of the embedded chain.")
    parser.add_argument("--json", action="store_true", help="one document on standard output")
    parser.add_argument("--only", choices=sorted(PARTS), action="append", help="measure a part (repeatable)")
    options = parser.parse_args(arguments)
    found = document(options.only or list(PARTS))
    print(json.dumps(found, indent=1) if options.json else "\n".join(lines(found)))
    return 3 if found["missed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
