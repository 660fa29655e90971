"""Chat: open questions about situations that never were; the reference is the answer of the validator's own model.

`make` gives a task that is half made: its reference is empty and nothing is right. Before a round the validator's own
model answers the question, and `finish` makes the whole task of that (`subnet.tasks.references`).

No program can tell whether an answer to an open question is good. `verify` tells whether it speaks of the same things
as the reference: the balance (F1) of the longer words that both use. That keeps off silence, junk and answers to
something else. What such answers are paid for belongs into a rubric, with a judge or an embedding.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from subnet.protocol import Message, Query
from subnet.tasks.base import Task
from subnet.tasks.text_words import words
from subnet.tasks.text_world import Order, name, orders, spoken

MAX_TOKENS = 256
MAX_CHARS = 8192
"""More of an answer, or of a reference, is not looked at."""
LONG = 4
"""Letters of the words that are compared: shorter ones are in every text."""
SOLVED_FROM = 0.2

ADVISE = (
    "{who} of {town} has {price} euros and must get {count} {goods} there by {day}. Half of that money is needed for "
    "something else unless {other} agrees to wait. What would you advise {who} to do, and why?",
    "{count} {goods} were promised to {town} by {day}, but {who} can only make half as many for {price} euros. Write "
    "what {who} should tell {other}, who is waiting for them, and give your reasons.",
    "{who} and {other} disagree: should {price} euros buy {count} {goods} for {town} before {day}, or be kept for "
    "a bad year? Weigh both sides and recommend one.",
)
EXPLAIN = (
    "Explain to a child of ten why {count} {goods} cost {price} euros in {town}, as {who} says, and what would make "
    "them cheaper. Use an example with {other} in it.",
    "{who} wants to keep count of {count} {goods} in {town} until {day} without a computer. Explain step by step a "
    "way to do that which {other} can check.",
    "Describe to {other}, who has never been in {town}, how {goods} are made there and why {who} sells {count} of "
    "them for {price} euros.",
)
KINDS = {"advise": ADVISE, "explain": EXPLAIN}


class Chat:
    """Questions that ask for advice or for an explanation."""

    families = tuple(sorted(KINDS))

    def make(self, family: str, seed: int, query_id: str, seconds: float) -> Task:
        """The question of a family that belongs to a seed, without its reference; ValueError for another family."""
        if family not in KINDS:
            raise ValueError(f"no chat family {family!r}; there are {', '.join(self.families)}")
        rng = Random(f"{family}/{seed}")
        message = Message(role="user", content=_told(rng, rng.choice(KINDS[family])))
        query = Query(id=query_id, messages=(message,), max_tokens=MAX_TOKENS, seconds=seconds)
        return _finished(Task(family, seed, query, "", lambda text: 0.0, SOLVED_FROM), "")


def alikeness(reference: str, text: str) -> float:
    """The F1 of the longer words of two texts, in [0, 1]: how many of each are in the other."""
    theirs, mine = _long_words(reference), _long_words(text)
    both = len(theirs & mine)
    return 2 * both / (len(theirs) + len(mine)) if both else 0.0


def _finished(task: Task, reference: str) -> Task:
    told = reference.strip()[:MAX_CHARS]
    return replace(
        task,
        reference=told,
        verify=lambda text: alikeness(told, text),
        finish=lambda text: _finished(task, text),
    )


def _long_words(text: str) -> set[str]:
    return {word.casefold() for word in words(text[:MAX_CHARS]) if len(word) >= LONG}


def _told(rng: Random, how: str) -> str:
    about: Order = orders(rng, 1)[0]
    return how.format(
        who=about.customer,
        other=name(rng),
        count=about.count,
        goods=about.goods,
        price=about.price,
        town=about.town,
        day=spoken(about.day),
    )
