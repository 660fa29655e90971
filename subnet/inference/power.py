"""What the verifiers promise, in the terms of an owner: their price, their errors, and how long a cheat lasts."""

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
    """The promises of all three verifiers; of tokens and fingerprints against each candidate they were tried on.

    `audited` is the share of replies that are checked, one reply a round.
    """
    return [
        *_of_tokens(calibration, audited),
        *_of_fingerprints(calibration, audited),
        _of_attestation(audited),
    ]


def _of_tokens(calibration: Calibration, audited: float) -> list[Promise]:
    return [
        Promise(
            verifier="tokens",
            cheat=cheat,
            cost=(calibration.cost or math.nan) * audited,
            false_reject=calibration.false_reject,
            per_round=found.per_reply * audited,
            rounds=_rounds(found, audited),
        )
        for cheat, found in calibration.detections.items()
    ]


def _of_fingerprints(calibration: Calibration, audited: float) -> list[Promise]:
    """The pass is the one that tokens need, and a failure is decisive: what is far away is no rounding."""
    limit = calibration.fingerprint
    if limit is None:
        return []
    return [
        Promise(
            verifier="fingerprint",
            cheat=cheat,
            cost=(calibration.cost or math.nan) * audited,
            false_reject=limit.false_reject,
            per_round=share * audited,
            rounds=math.ceil(1.0 / (share * audited)) if share * audited > 0.0 else None,
        )
        for cheat, share in limit.detections.items()
    ]


def _of_attestation(audited: float) -> Promise:
    """One signature to check, and no statistics: a machine has a fresh quote of an allowed digest, or it has none."""
    rounds = math.ceil(1.0 / audited) if audited > 0.0 else None
    return Promise("attestation", "an unknown machine", 0.0, 0.0, audited, rounds)


def _rounds(found: Detection, audited: float) -> int | None:
    return None if found.replies is None or audited <= 0.0 else math.ceil(found.replies / audited)


def lines(calibration: Calibration, audited: float = 1.0) -> list[str]:
    """A calibration's promises as lines of text."""
    low, high = calibration.false_reject_interval
    candidates = "every token" if calibration.top_k is None else f"top {calibration.top_k}"
    shown = [
        f"{calibration.model}, {calibration.dtype}, temperature {calibration.temperature:g}, {candidates}",
        f"  honest replies of {calibration.reply_tokens} tokens rejected: {calibration.false_reject:.3%} "
        f"(95 % interval {low:.3%} to {high:.3%})",
        f"  honest miners alarmed within {calibration.stream} replies: {calibration.false_alarm:.1%}",
        f"  {audited:.0%} of the replies audited:",
        "  " + _row("verifier", "against", "cost", "false reject", "found in a round", "rounds to weight 0"),
    ]
    for each in promises(calibration, audited):
        cost = "-" if math.isnan(each.cost) else f"{each.cost:.1%}"
        rounds = "-" if each.rounds is None else str(each.rounds)
        rates = f"{each.false_reject:.3%}", f"{each.per_round:.1%}"
        shown.append("  " + _row(each.verifier, each.cheat, cost, *rates, rounds))
    for cheat, found in calibration.detections.items():
        areas = ", ".join(f"{tokens}: {area:.4f}" for tokens, area in found.auc.items())
        shown.append(f"  AUC against {cheat} by tokens: {areas}")
    return shown


def _row(verifier: str, cheat: str, *figures: str) -> str:
    return f"{verifier:12} {cheat:36} " + " ".join(f"{figure:>18}" for figure in figures)
