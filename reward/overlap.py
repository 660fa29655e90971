"""How much of a reference stands in an answer: ROUGE-L, chrF, and edit similarity.

Overlap is cheap and says nothing about truth: "the answer is not 42" shares nearly everything with "the answer is
42". These rewards suit texts that repeat a source, such as summaries and extractions, beside a check of their
facts. An answer much longer than any reference is worth nothing; so the time that a stranger's text takes is
bounded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Indel, LCSseq

from reward.text import plain, text_of
from subnet.protocol import Reply
from subnet.tasks.base import Task, Undecided

WORD = re.compile(r"\w+")
MAX_CHARS = 16_384
"""An answer may be this long, or four times as long as its reference, before it is not looked at."""

CHRF_ORDER = 6
CHRF_BETA = 2.0

Codes = NDArray[np.int64]


def rouge_l(task: Task, reply: Reply) -> float:
    """ROUGE-L (Lin, 2004): the F1 of the longest common subsequence of words, in [0, 1].

    A word is a run of letters and digits of any script, whatever the case; for scripts without spaces take `chrf`.
    """
    reference, words = _words(task.reference), WORD.findall(_bounded(task, reply))
    if not reference:
        raise Undecided("the reference has no words")
    return 2.0 * LCSseq.similarity(reference, words) / (len(reference) + len(words))


def similarity(task: Task, reply: Reply) -> float:
    """Twice the longest common subsequence of characters over the length of both texts, in [0, 1]."""
    return float(Indel.normalized_similarity(plain(task.reference), _bounded(task, reply)))


def chrf(task: Task, reply: Reply) -> float:
    """chrF2 (Popović, 2015): the F-score of character n-grams up to six, recall counting twice, in [0, 1].

    White space does not count, case does. Precision and recall are averaged over the orders that both texts
    reach, as sacreBLEU does.
    """
    grams = _grams(task.reference)
    if not grams.orders:
        raise Undecided("the task has no reference")
    if _too_long(task, reply):
        return 0.0
    return grams.score(_codes(text_of(reply)))


@dataclass(frozen=True, slots=True)
class Order:
    """The n-grams of one order in a reference: their sorted keys, how often each stands there, and all together.

    A key is the place of the (n - 1)-gram before it among its own order's, times the alphabet, plus the place of
    the last character in it: so no two n-grams share a key, whatever the script.
    """

    keys: Codes
    counts: Codes
    total: int


@dataclass(frozen=True, slots=True)
class Grams:
    """A reference as chrF sees it."""

    alphabet: Codes
    orders: tuple[Order, ...]

    @classmethod
    def of(cls, codes: Codes) -> Grams:
        """The n-grams of a reference's characters."""
        alphabet, letters = np.unique(codes, return_inverse=True)
        places, orders = np.zeros(len(codes), dtype=np.int64), []
        for order in range(1, min(CHRF_ORDER, len(codes)) + 1):
            size = len(codes) - order + 1
            keys, places, counts = np.unique(
                places[:size] * len(alphabet) + letters[order - 1 :], return_inverse=True, return_counts=True
            )
            orders.append(Order(keys, counts, size))
        return cls(alphabet, tuple(orders))

    def score(self, codes: Codes) -> float:
        """The F-score of an answer's characters."""
        precisions: list[float] = []
        recalls: list[float] = []
        for order, shared in zip(self.orders, self._shared(codes), strict=False):
            precisions.append(shared / (len(codes) - len(precisions)))
            recalls.append(shared / order.total)
        if not any(precisions):
            return 0.0
        precision, recall = sum(precisions) / len(precisions), sum(recalls) / len(recalls)
        weight = CHRF_BETA**2
        return (1.0 + weight) * precision * recall / (weight * precision + recall)

    def _shared(self, codes: Codes) -> list[int]:
        """For each order that both texts reach, how many n-grams of the reference the answer has as well."""
        letters = _places(self.alphabet, codes)
        places, shared = np.zeros(len(codes), dtype=np.int64), []
        for number, order in enumerate(self.orders[: len(codes)]):
            before, last = places[: len(codes) - number], letters[number:]
            keys = np.where((before < 0) | (last < 0), -1, before * len(self.alphabet) + last)
            places = _places(order.keys, keys)
            found = np.bincount(places[places >= 0], minlength=len(order.keys))
            shared.append(int(np.minimum(found, order.counts).sum()))
        return shared


def _places(table: Codes, values: Codes) -> Codes:
    """Where each value stands in a sorted table, -1 for what is not in it."""
    places = np.minimum(np.searchsorted(table, values), len(table) - 1)
    return np.where(table[places] == values, places, -1)


# A round judges hundreds of answers by one reference.
@lru_cache(maxsize=64)
def _grams(reference: str) -> Grams:
    return Grams.of(_codes(reference))


@lru_cache(maxsize=64)
def _words(reference: str) -> tuple[str, ...]:
    return tuple(WORD.findall(plain(reference)))


def _codes(text: str) -> Codes:
    """The code points of a text without its white space."""
    solid = "".join(text.split()).encode("utf-32-le", "surrogatepass")
    return np.frombuffer(solid, dtype=np.uint32).astype(np.int64)


def _bounded(task: Task, reply: Reply) -> str:
    """The plain answer; an empty text when it is too long to be compared."""
    return "" if _too_long(task, reply) else plain(text_of(reply))


def _too_long(task: Task, reply: Reply) -> bool:
    return len(text_of(reply)) > max(MAX_CHARS, 4 * len(task.reference))
