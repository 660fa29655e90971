"""Rewards that look at the text of an answer."""

from __future__ import annotations

import unicodedata
from difflib import SequenceMatcher

from subnet.protocol import Reply
from subnet.tasks.base import Task

TIDY_SLACK = 16
"""Characters that a tidy answer may be longer than the reference: a unit, a full stop, quotation marks."""

MAX_COMPARED_CHARS = 4096
"""Comparing two texts takes quadratic time: no more than this of either is looked at."""


def solved(task: Task, reply: Reply) -> float:
    """1 when the task's own verifier accepts the answer, else 0.

    A verifier's partial credit is dropped: wrong answers collect up to 0.6 of it in some families, which would
    let a miner that solves nothing look middling.
    """
    return float(task.verify(_text(reply)) >= task.solved_from)


def tidy(task: Task, reply: Reply) -> float:
    """1 when the answer is one line about as long as the reference: an answer, not an essay that holds it."""
    text = _text(reply).strip()
    return float("\n" not in text and len(text) <= len(task.reference) + TIDY_SLACK)


def contains(task: Task, reply: Reply) -> float:
    """1 when the reference stands in the answer, whatever the case; for families that ask for prose."""
    return float(_plain(task.reference) in _plain(_text(reply)))


def similarity(task: Task, reply: Reply) -> float:
    """How alike answer and reference are, character by character, from 0 to 1."""
    reference, text = _plain(task.reference), _plain(_text(reply))
    if len(text) > MAX_COMPARED_CHARS:
        return 0.0
    return SequenceMatcher(None, reference[:MAX_COMPARED_CHARS], text, autojunk=False).ratio()


def _text(reply: Reply) -> str:
    return reply.text or ""


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
