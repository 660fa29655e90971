"""Rewards that look at the text of an answer."""

from __future__ import annotations

import re
import unicodedata

from subnet.protocol import Reply
from subnet.tasks.base import Task, Undecided

TIDY_SLACK = 16
"""Characters that a tidy answer may be longer than the reference: a unit, a full stop, quotation marks."""


def solved(task: Task, reply: Reply) -> float:
    """1 when the task's own verifier accepts the answer, else 0.

    A verifier's partial credit is dropped: wrong answers collect up to 0.6 of it in some families, which would
    let a miner that solves nothing look middling.
    """
    return float(task.verify(text_of(reply)) >= task.solved_from)


def exact(task: Task, reply: Reply) -> float:
    """1 when answer and reference are the same text, but for case, width and spacing."""
    return float(plain(text_of(reply)) == _reference(task))


def contains(task: Task, reply: Reply) -> float:
    """1 when the reference stands in the answer as words of its own, whatever the case; for families that ask for
    prose.

    An answer that lists all that could be right contains it, too: gate it with `reward.length.concise`.
    """
    sought = re.escape(_reference(task))
    return float(re.search(rf"(?<!\w){sought}(?!\w)", plain(text_of(reply))) is not None)


def tidy(task: Task, reply: Reply) -> float:
    """1 when the answer is one line about as long as the reference: an answer, not an essay that holds it."""
    text = text_of(reply).strip()
    return float("\n" not in text and len(text) <= len(task.reference) + TIDY_SLACK)


def text_of(reply: Reply) -> str:
    """The answered text; an empty one where there is none."""
    return reply.text or ""


def plain(text: str) -> str:
    """A text with what says nothing taken out: width and case of its characters, the amount of white space."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _reference(task: Task) -> str:
    """The plain reference; Undecided when it is empty, which every answer would contain."""
    reference = plain(task.reference)
    if not reference:
        raise Undecided("the task has no reference")
    return reference
