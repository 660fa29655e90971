"""Fingerprints of texts that survive copying: two texts are near-identical when one holds most marks of the other."""

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

SHINGLE_WORDS = 3
"""A mark is a run of so many words: single words are shared by all that speak of one thing."""

ALIKE = 0.5
"""Two texts are alike when the one with fewer marks shares this part of them with the other."""

MAX_CHARS = 4_096
"""What is looked at of a text: who copies, copies the beginning."""

Marks = frozenset[int]


def fingerprint(text: str) -> Marks:
    """A hash of every run of three words, or of the whole text if it is shorter.

    Case, punctuation and spacing leave no mark. A text whose parts were renamed keeps most marks, one that was
    padded keeps all.
    """
    words = _words(text)
    if len(words) <= SHINGLE_WORDS:
        return frozenset([_hash(words)])
    return frozenset(_hash(words[at : at + SHINGLE_WORDS]) for at in range(len(words) - SHINGLE_WORDS + 1))


def alike(marks: Sequence[Marks]) -> NDArray[np.bool_]:
    """Whether each two texts are near-identical, (texts, texts): by containment, so that padding hides nothing."""
    shared = sorted(_repeated(marks))
    columns = {mark: column for column, mark in enumerate(shared)}
    has = np.zeros((len(marks), len(shared)), dtype=np.float32)
    for row, each in enumerate(marks):
        has[row, [columns[mark] for mark in each if mark in columns]] = 1.0
    sizes = np.array([len(each) for each in marks], dtype=np.float32)
    found: NDArray[np.bool_] = has @ has.T >= ALIKE * np.minimum.outer(sizes, sizes)
    np.fill_diagonal(found, True)  # a text is like itself, also when it shares no mark with another one
    return found


def _repeated(marks: Iterable[Marks]) -> set[int]:
    """The marks that more than one text has; the others cannot be shared."""
    once, twice = set[int](), set[int]()
    for each in marks:
        twice |= once & each
        once |= each
    return twice


def _words(text: str) -> list[str]:
    """The words of a text without its punctuation; its signs one by one when it has no words."""
    flat = unicodedata.normalize("NFKC", text[:MAX_CHARS]).casefold()
    words = "".join(sign if sign.isalnum() else " " for sign in flat).split()
    return words or list("".join(flat.split()))


def _hash(words: Sequence[str]) -> int:
    return zlib.crc32("\0".join(words).encode("utf-8", "surrogatepass"))
