"""The calibration table: honest and dishonest runs of a model, and how well the check tells them apart.

    python scripts/train_char_model.py --out build/char/full --cut 0.25 0.6
    python scripts/train_char_model.py --out build/char/other --seconds 60 --seed 8
    python benchmarks/calibration.py [--json] [--only char] [--write models/char/calibration.json]

One thread, no GPU, about an hour in all. Each part's result is kept under `--work` (build/calibration), so that a
run that was cut short goes on where it stopped; remove that folder to measure anew. Parts: `char` in both classes of
number formats, `confident` (temperature 0.5), `top-k`, `greedy`, `fingerprint`, `gpt2` (random weights: noise scale
only) and `demo` (replies of a few tokens, a hundred together).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from calibration_parts import PARTS
from calibration_report import document, lines
from calibration_work import Work
from report import printed

ROOT = Path(__file__).resolve().parents[1]
Part = Callable[[Work], dict[str, Any]]


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Make the calibration table.")
    parser.add_argument("--reference", type=Path, default=ROOT / "models" / "char")
    parser.add_argument("--others", type=Path, default=ROOT / "build" / "char")
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "calibration")
    parser.add_argument("--only", choices=sorted(PARTS), action="append", help="measure these parts only")
    parser.add_argument("--replies", type=int, default=500, help="honest replies of each kind")
    parser.add_argument("--write", type=Path, help="the calibration file to add the calibrations to")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    for name in ("full-60", "full-25", "other"):
        if not (chosen.others / name).is_dir():
            parser.error(f"{chosen.others / name} is missing: train it first, see the head of this file")
    return chosen


def main() -> int:
    """Measure what is not yet measured, then print."""
    torch.set_num_threads(1)
    chosen = arguments()
    work = Work(chosen.reference, chosen.others, chosen.work, chosen.replies, chosen.write)
    found = {name: kept(name, part, work) for name, part in PARTS.items() if name in (chosen.only or PARTS)}
    told = document(found)
    return printed(told, chosen.json, lines(found, told))


def kept(name: str, part: Part, work: Work) -> dict[str, Any]:
    """A part's result: from its file, or measured and then kept there."""
    place = work.folder / f"{name}.json"
    if not place.exists():
        print(f"measuring {name}", file=sys.stderr, flush=True)
        result = part(work)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps(result, indent=1))
    loaded: dict[str, Any] = json.loads(place.read_text())
    return loaded


if __name__ == "__main__":
    sys.exit(main())
