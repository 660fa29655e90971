"""What a check promises, in the terms of an owner: its price, its errors, and how long a cheat lasts."""

from __future__ import annotations

import math
from dataclasses import dataclass

from subnet.inference.calibration import Calibration, Detection


@dataclass(frozen=True, slots=True)
class Promise:
    """What one verifier does against one kind of cheat when a share of the replies is audited.

    `cost` is a share of the time of the inference it watches over; `per_round` the chance that a round's reply is
    audited and rejected; `rounds` how many rounds the median cheat lasts until memory raises the alarm and its weight
    becomes 0 (None: longer than was tried).
    """

    verifier: str
    cheat: str
    cost: float
    false_reject: float
    per_round: float
    rounds: int | None


def promises(calibration: Calibration, audited: float = 1.0) -> list[Promise]:
    """The token check's promises against each candidate that its calibration was tried on.

    `audited` is the share of replies that are checked, one reply a round.
    """
    return [
        Promise(
            verifier=f"tokens of {calibration.model} ({calibration.dtype})",
            cheat=cheat,
            cost=(calibration.cost or math.nan) * audited,
            false_reject=calibration.false_reject,
            per_round=found.per_reply * audited,
            rounds=_rounds(found, audited),
        )
        for cheat, found in calibration.detections.items()
    ]


def _rounds(found: Detection, audited: float) -> int | None:
    return None if found.replies is None or audited <= 0.0 else math.ceil(found.replies / audited)


def lines(calibration: Calibration, audited: float = 1.0) -> list[str]:
    """A calibration's promises as lines of text."""
    low, high = calibration.false_reject_interval
    candidates = "every token" if calibration.top_k is None else f"top {calibration.top_k}"
    cost = f"{(calibration.cost or math.nan) * audited:.1%} of generating"
    shown = [
        f"{calibration.model}, {calibration.dtype}, temperature {calibration.temperature:g}, {candidates}",
        f"  honest replies of {calibration.reply_tokens} tokens rejected: {calibration.false_reject:.3%} "
        f"(95 % interval {low:.3%} to {high:.3%})",
        f"  honest miners alarmed within {calibration.stream} replies: {calibration.false_alarm:.1%}",
        f"  cost of checking {audited:.0%} of the replies: {cost}",
    ]
    for promise in promises(calibration, audited):
        rounds = "more rounds than were tried" if promise.rounds is None else f"{promise.rounds} rounds"
        shown.append(f"  {promise.cheat}: found in a round {promise.per_round:.1%}, weight 0 after {rounds}")
        curve = calibration.detections[promise.cheat].auc
        shown.append(
            "    AUC by tokens: " + ", ".join(f"{tokens}: {area:.4f}" for tokens, area in curve.items())
        )
    return shown
