"""Reads the code out of an answer: one block in one form, or none. Nothing here is lenient."""

from __future__ import annotations

MAX_SOURCE_CHARS = 16 * 1024
MAX_ANSWER_CHARS = 64 * 1024
FENCE = "```"
OPENING = ("```python", "```py")


def code_in(text: str) -> str | None:
    """The one block of an answer, which has to be marked as Python; None for no block, another one, or too much.

    Every line that starts with a fence counts: there must be two of them.
    """
    if len(text) > MAX_ANSWER_CHARS:
        return None
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    fences = [place for place, line in enumerate(lines) if line.startswith(FENCE)]
    if len(fences) != 2:
        return None
    first, last = fences
    if lines[first].rstrip() not in OPENING or lines[last].rstrip() != FENCE:
        return None
    source = "\n".join(lines[first + 1 : last]) + "\n"
    return source if len(source) <= MAX_SOURCE_CHARS and _is_text(source) else None


def _is_text(source: str) -> bool:
    try:
        source.encode()
    except UnicodeEncodeError:
        return False
    return True
