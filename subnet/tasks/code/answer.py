"""Reads the code out of an answer: one block in one form, or none. Nothing here is lenient."""

from __future__ import annotations

import re

MAX_SOURCE_CHARS = 16 * 1024
MAX_ANSWER_CHARS = 64 * 1024
BLOCK = re.compile(r"^```(?:python|py)[ \t]*\n(.*?)^```[ \t]*$", re.DOTALL | re.MULTILINE)


def code_in(text: str) -> str | None:
    """The one block of an answer that is marked as Python; None when there is none, or another one, or too "
    "much."""
    if len(text) > MAX_ANSWER_CHARS:
        return None
    blocks = BLOCK.findall(text.replace("\r\n", "\n"))
    if len(blocks) != 1 or len(blocks[0]) > MAX_SOURCE_CHARS or not _encodable(blocks[0]):
        return None
    return str(blocks[0])


def _encodable(source: str) -> bool:
    try:
        source.encode()
    except UnicodeEncodeError:
        return False
    return True
