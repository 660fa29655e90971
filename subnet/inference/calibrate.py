"""Measure two models against each other, and write the numbers by which replies of the first one are judged.

    python -m subnet.inference.calibrate --reference models/char --bits 4 --tokens 200
    python -m subnet.inference.calibrate --reference A --candidate B --dtype bfloat16 --write calibration.json
    python -m subnet.inference.calibrate --show calibration.json --audited 0.2

Honest replies come from the reference itself, in the least exact number format of the class, with a key-value cache,
half of them one at a time and half in batches of eight; the candidate's from the candidate, with the right noise.
Prints the area under the curve, false rejections at the limits with their interval, and the tokens to 99 % detection.
Exit code 3 when the limits certainly reject more honest replies than asked for, 2 for arguments that make no sense.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from subnet.inference.calibration import Calibration, Calibrations, Ratio, weights_digest
from subnet.inference.fitting import Budget, tokens_needed
from subnet.inference.measuring import (
    OTHER_SEED,
    Claimed,
    Size,
    calibrated,
    cost_of,
    honest_readings,
    plan_of,
    with_detection,
    with_fingerprint,
)
from subnet.inference.power import lines
from subnet.inference.provers import quantised
from subnet.inference.reference import Reference
from subnet.inference.sampler import Sampler
from subnet.inference.trials import candidate_readings

NEEDED = "tokens to 99 % detection"
FINGERPRINTED = 20
"""Tokens of the replies on which fingerprints are measured: ten of them decide."""


def arguments(line: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m subnet.inference.calibrate", description="Measure two models against each other."
    )
    parser.add_argument("--reference", help="folder or hub id of the model that miners claim to run")
    parser.add_argument("--candidate", help="what a dishonest miner might run; the reference by default")
    parser.add_argument("--bits", type=int, choices=range(2, 9), help="quantise the candidate's weights")
    parser.add_argument("--group", type=int, default=64, help="weights that share a scale (0: a whole row)")
    parser.add_argument("--dtype", choices=("float32", "bfloat16", "float16"), default="bfloat16",
                        help="the class of number formats: the least exact one allowed")  # fmt: skip
    parser.add_argument(
        "--name", help="the claimed model's name in answers; the reference's last part by default"
    )
    parser.add_argument("--temperature", type=float, default=1.0)
    parser.add_argument("--top-k", type=int)
    parser.add_argument("--tokens", type=int, default=200, help="tokens in a reply")
    parser.add_argument("--replies", type=int, default=64, help="replies of each kind")
    parser.add_argument("--draws", type=int, default=64, help="fresh noise for each honest reply")
    parser.add_argument("--false-reject", type=float, default=0.001, help="the budget for one reply")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--write", type=Path, help="add the calibration to this file")
    parser.add_argument("--show", type=Path, help="print what the calibrations in this file promise")
    parser.add_argument(
        "--audited", type=float, default=1.0, help="with --show: the share of replies checked"
    )
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(line)
    if not chosen.show and not chosen.reference:
        parser.error("--reference is needed (or --show FILE)")
    if not chosen.show and not (chosen.candidate or chosen.bits):
        parser.error("name a --candidate, or --bits to quantise the reference's own weights")
    return chosen


def measured(chosen: argparse.Namespace) -> tuple[Calibration, dict[str, Any]]:
    """The calibration of what the command line names, and the figures to print."""
    reference = Reference.load(chosen.reference)
    exact = chosen.dtype == "float32"
    least_exact = reference.model if exact else Reference.load(chosen.reference, chosen.dtype).model
    candidate = Reference.load(chosen.candidate or chosen.reference, chosen.dtype).model
    if chosen.bits:
        candidate = quantised(candidate, chosen.bits, chosen.group or None)
    sampler = Sampler(seed=0, temperature=chosen.temperature, top_k=chosen.top_k)
    size = Size(chosen.replies, chosen.tokens, chosen.draws)
    honest = honest_readings(reference, least_exact, sampler, size)
    plan = plan_of(reference, sampler, size, OTHER_SEED)
    other = candidate_readings(reference, [candidate], plan, honest.border)
    place = Path(chosen.reference)
    digest = weights_digest(place) if place.is_dir() else ""
    claimed = Claimed(chosen.name or place.name, digest, chosen.dtype, sampler)
    found = calibrated(claimed, honest, other, Budget(reply=chosen.false_reject))
    name = f"{chosen.candidate or 'its own weights'}{f', {chosen.bits} bits' if chosen.bits else ''}"
    found = with_detection(found, name, honest.test, other)
    found = found.model_copy(update={"cost": cost_of(reference, least_exact, plan, honest.border)})
    short = replace(plan, length=min(plan.length, FINGERPRINTED))
    found = with_fingerprint(found, reference, (least_exact, candidate), short, name)
    ratio = next(test for test in found.tests if isinstance(test, Ratio))
    needed = tokens_needed(ratio, honest.test, other, 0.99, chosen.false_reject)
    return found, {NEEDED: needed, **found.model_dump(mode="json")}


def main(line: Sequence[str] | None = None) -> int:
    """Run the command; the exit code."""
    chosen = arguments(line)
    try:
        if chosen.show:
            return _print(Calibrations.load(chosen.show).calibrations, {}, chosen)
        torch.set_num_threads(chosen.threads)
        found, figures = measured(chosen)
        if chosen.write:
            kept = Calibrations.load(chosen.write) if chosen.write.exists() else Calibrations()
            kept.with_(found).save(chosen.write)
    except ValueError as failure:
        sys.stderr.write(f"{failure}\n")
        return 2
    return _print((found,), figures, chosen)


def _print(found: Sequence[Calibration], figures: dict[str, Any], chosen: argparse.Namespace) -> int:
    if chosen.json:
        shown: Any = figures or [each.model_dump(mode="json") for each in found]
        sys.stdout.write(json.dumps(shown, indent=1) + "\n")
    else:
        for each in found:
            sys.stdout.write("\n".join(lines(each, chosen.audited)) + "\n")
        if figures:
            sys.stdout.write(f"  {NEEDED}: {figures[NEEDED] or 'more than were generated'}\n")
    # The interval's lower end: a rate that only chance put above the budget is no failure.
    return 3 if any(each.false_reject_interval[0] > chosen.false_reject for each in found) else 0


if __name__ == "__main__":
    sys.exit(main())
