"""Text tasks: extract, rewrite and summarise texts that were made from a seed, checked by programs.

Each family has the levels 1 to 3, written NAME@LEVEL. What the text is about comes from `text_world`, so that there
is nothing to have been learnt by heart; what is right is known because the text was made of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from types import MappingProxyType

from subnet.protocol import Message, Query
from subnet.tasks.base import Task
from subnet.tasks.schedule import split_level
from subnet.tasks.text_extract import Written, extract
from subnet.tasks.text_rewrite import rewrite
from subnet.tasks.text_summary import summarise

FAMILIES: Mapping[str, Callable[[Random, int], Written]] = MappingProxyType(
    {"extract": extract, "rewrite": rewrite, "summarise": summarise}
)
LEVELS = (1, 2, 3)
MAX_TOKENS = 768
"""Five orders as JSON take 500 tokens."""
MAX_ANSWER_CHARS = 8192
"""No right answer is nearly as long; more of a stranger's text is not looked at."""


class Text:
    """All text families at all their levels."""

    families = tuple(f"{name}@{level}" for name in FAMILIES for level in LEVELS)

    def make(self, family: str, seed: int, query_id: str, seconds: float) -> Task:
        """The task of a family and level that belongs to a seed; raises ValueError for what is neither."""
        name, level = split_level(family)
        if name not in FAMILIES or level not in LEVELS:
            raise ValueError(f"no text family {family!r}; there are {', '.join(self.families)}")
        prompt, reference, verify = FAMILIES[name](Random(f"{family}/{seed}"), level)
        message = Message(role="user", content=prompt)
        query = Query(id=query_id, messages=(message,), max_tokens=MAX_TOKENS, seconds=seconds)
        return Task(
            family,
            seed,
            query,
            reference,
            lambda text: verify(text) if len(text) <= MAX_ANSWER_CHARS else 0.0,
        )
