"""What evidence proves: whether one reply is rejected, and what a miner's replies say together.

The limits share the false-alarm budget among the tests. Each lies above what one token can add, so that no single
token rejects a reply, whatever happened to it. Memory goes on where a reply's level ended: a sequential test that
needs no sample size, serves replies of a few tokens as well as long ones, and whose false alarms over a stream of
honest replies are stated in the calibration.

Everything here is a pure function; whoever knows hotkeys keeps one `Memory` for each hotkey and calibration.
"""

from __future__ import annotations

from dataclasses import dataclass

from subnet.inference.calibration import Calibration
from subnet.inference.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered of one miner and one calibration: a level per test, and how much went in."""

    levels: tuple[float, ...]
    tokens: int = 0
    replies: int = 0
    rejected: int = 0


def rejection(evidence: Evidence, calibration: Calibration) -> str | None:
    """Why a reply is rejected, in one line, or None.

    One rejection lowers trust and condemns nobody: at the stated rate it happens to honest miners.
    """
    if evidence.gross >= calibration.gross_tokens:
        return f"{evidence.gross} tokens are far from what the claimed model chooses with this seed"
    if _above(tuple(course.peak for course in evidence.courses), calibration, "limit"):
        return (
            f"{evidence.mismatches} of {evidence.tokens} tokens differ from the claimed model's choice, "
            "further than honest ones do"
        )
    return None


def remembered(memory: Memory | None, evidence: Evidence, calibration: Calibration) -> Memory:
    """A miner's memory after one more reply; None is that of a newcomer."""
    before = memory or Memory(levels=(0.0,) * len(calibration.tests))
    levels = zip(before.levels, evidence.courses, strict=True)
    return Memory(
        levels=tuple(max(level + course.total, course.tail) for level, course in levels),
        tokens=before.tokens + evidence.tokens,
        replies=before.replies + 1,
        rejected=before.rejected + (rejection(evidence, calibration) is not None),
    )


def alarm(memory: Memory, calibration: Calibration) -> str | None:
    """Why a miner's replies together prove another model, in one line, or None.

    After a penalty start from a fresh memory; otherwise keep it, over restarts and hotkey swaps too.
    """
    if _above(memory.levels, calibration, "alarm"):
        return f"{memory.tokens} tokens in {memory.replies} replies differ from the claimed model's choices"
    return None


def _above(levels: tuple[float, ...], calibration: Calibration, name: str) -> bool:
    limits = [test.limit if name == "limit" else test.alarm for test in calibration.tests]
    return any(level > limit for level, limit in zip(levels, limits, strict=True))
