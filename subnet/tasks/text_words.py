"""Words, numbers and sentences of a text, as the checks of text tasks count them."""

from __future__ import annotations

import re

WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
SENTENCE_END = re.compile(r"(?<=[.!?])")


def words(text: str) -> list[str]:
    """The words of a text in order, numbers included, as they are written."""
    return WORD.findall(text)


def numbers(text: str) -> set[str]:
    """The words that hold a digit."""
    return {word for word in words(text) if any(map(str.isdigit, word))}


def sentences(text: str) -> list[str]:
    """The sentences of a text; none when something behind the last full stop is left over."""
    *found, rest = SENTENCE_END.split(text.strip())
    return [] if rest else [one.strip() for one in found]


def copied(text: str, source: str) -> int:
    """How many words in a row a text shares with its source, at most."""
    mine, theirs = [word.casefold() for word in words(text)], [word.casefold() for word in words(source)]
    longest, row = 0, [0] * (len(theirs) + 1)
    for word in mine:
        row = [0, *(row[at] + 1 if word == other else 0 for at, other in enumerate(theirs))]
        longest = max(longest, max(row))
    return longest
