"""Forecasts of what nobody knows yet: committed by hash, revealed when that is over, scored when the truth is known.

One question goes through three times, all in blocks: commitments are taken up to `closes`, reveals from then up to
`reveals_until`, and the truth may become known at `resolves`, which lies after `closes`. A forecast is an ensemble of
numbers. The digest binds it to the question and the hotkey: a copied digest cannot be revealed by somebody else.

Whoever commits late, reveals late, reveals something else than was committed, or does not reveal, has no forecast,
and that is worth 0. A book is a value: each act gives a new one, and the caller keeps it. `docs/tasks.md` says how a
validator drives it.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from subnet.protocol import Hotkey
from subnet.tasks.crps import crps_of_ensemble

MOST_MEMBERS = 99
LARGEST = 1e15
SALT_BYTES = 16


class Rejected(ValueError):
    """An act that does not count; its text says why, in one line."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be forecast and when, in blocks; `naive` is the ensemble of a forecaster that knows nothing."""

    id: str
    closes: int
    resolves: int
    reveals_until: int
    naive: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.closes < self.resolves or not self.closes < self.reveals_until:
            raise ValueError("commitments close before the truth is known and before reveals end")
        _checked(self.naive)


@dataclass(frozen=True, slots=True)
class Book:
    """Who committed to what, and what was revealed, of one question."""

    question: Question
    committed: Mapping[Hotkey, str] = field(default_factory=dict)
    revealed: Mapping[Hotkey, tuple[float, ...]] = field(default_factory=dict)

    def commit(self, hotkey: Hotkey, digest: str, block: int) -> Book:
        """The book with this commitment, which takes the place of an earlier one. Raises Rejected when it is late."""
        if block > self.question.closes:
            raise Rejected(f"commitments closed at block {self.question.closes}")
        if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
            raise Rejected("a digest has 64 hexadecimal digits")
        return replace(self, committed={**self.committed, hotkey: digest})

    def reveal(self, hotkey: Hotkey, forecast: Sequence[float], salt: bytes, block: int) -> Book:
        """The book with this forecast. Raises Rejected when it is early, late, or not what was committed to."""
        question = self.question
        if not question.closes < block <= question.reveals_until:
            raise Rejected(f"reveals are taken from block {question.closes + 1} to {question.reveals_until}")
        if hotkey not in self.committed:
            raise Rejected("nothing was committed to")
        if digest_of(question.id, hotkey, forecast, salt) != self.committed[hotkey]:
            raise Rejected("this is not what was committed to")
        return replace(self, revealed={**self.revealed, hotkey: tuple(map(float, forecast))})

    def worth(self, truth: float) -> dict[Hotkey, float]:
        """What each committed forecast is worth, in [0, 1], now that the truth is known.

        1 - CRPS / CRPS of the naive forecast, at least 0. Cutting at 0 makes forecasts that are worse than naive
        alike; above that, nobody expects more from another forecast than the one that is believed.
        """
        naive = crps_of_ensemble(self.question.naive, truth)
        return {hotkey: self._worth(hotkey, truth, naive) for hotkey in self.committed}

    def _worth(self, hotkey: Hotkey, truth: float, naive: float) -> float:
        if hotkey not in self.revealed:
            return 0.0
        error = crps_of_ensemble(self.revealed[hotkey], truth)
        return max(0.0, 1.0 - error / naive) if naive > 0 else float(error == 0)


def digest_of(question: str, hotkey: Hotkey, forecast: Sequence[float], salt: bytes) -> str:
    """The digest by which a hotkey commits to a forecast; Rejected for what is no forecast or no salt.

    The salt, of SALT_BYTES, hides the forecast: without it a guess could be checked against the digest.
    """
    members = _checked(forecast)
    if len(salt) != SALT_BYTES:
        raise Rejected(f"a salt has {SALT_BYTES} bytes")
    text = json.dumps([question, hotkey, members, salt.hex()], separators=(",", ":"))
    return hashlib.sha256(b"assay forecast" + text.encode()).hexdigest()


def _checked(forecast: Sequence[float]) -> list[float]:
    if not 0 < len(forecast) <= MOST_MEMBERS:
        raise Rejected(f"a forecast has 1 to {MOST_MEMBERS} members")
    numbers = [float(one) for one in forecast if type(one) in (int, float)]
    if len(numbers) < len(forecast) or not all(math.isfinite(one) and abs(one) <= LARGEST for one in numbers):
        raise Rejected("a forecast's members are finite numbers")
    return numbers
