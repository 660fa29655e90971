"""Summarise: minutes of a meeting, of which only what was decided counts.

Each decision has a responsible person, an amount, goods, a town and a day; proposals that were turned down look the
same. Level 1: one decision and one such proposal; level 2: two and two; level 3: three and four. A summary is worth
the share of decided facts in it, nothing when it breaks a rule of its form: too long, not in sentences, copied from
the text, or with a number or a name of what was turned down or of nothing at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from subnet.tasks.text_extract import Written
from subnet.tasks.text_words import copied, numbers, sentences, words
from subnet.tasks.text_world import Order, name, orders, spoken, town

DECISIONS, TURNED_DOWN = {1: 1, 2: 2, 3: 3}, {1: 1, 2: 2, 3: 4}
WORDS_EACH = 25
"""Words that a summary may have for each decision; the reference needs 15."""
LEAST_WORDS = 6
"""Words that a sentence has at least: fewer are a list of facts."""
MOST_COPIED = 10
"""Words in a row that a summary may share with the text."""

DECIDED = (
    "After some discussion {who} was asked to see to it: {count} {goods} are to reach {town} no later than {day}, "
    "and up to {price} euros may be spent on that. Everybody agreed.",
    "Without a vote against it the meeting approved {price} euros for {count} {goods}, which {who} will bring to "
    "{town} before {day} is over.",
    "It was settled that {town} gets its {count} {goods} by {day}; {who} takes care of that with a budget of {price} "
    "euros.",
)
REFUSED = (
    "{who} proposed to send {count} {goods} to {town} by {day} for {price} euros, but found no majority.",
    "The idea of spending {price} euros on {count} {goods} for {town} by {day}, an idea of {who}, was dropped.",
    "As {price} euros seemed too much for {count} {goods}, the plan of {who} for {town} and {day} was turned down.",
)
REFERENCE = "{who} delivers {count} {goods} to {town} by {day} for at most {price} euros."


def summarise(rng: Random, level: int) -> Written:
    """One task of this level."""
    plans = orders(rng, DECISIONS[level] + TURNED_DOWN[level])
    decided, refused = plans[: DECISIONS[level]], plans[DECISIONS[level] :]
    told = [_told(rng.choice(DECIDED), one) for one in decided] + [
        _told(rng.choice(REFUSED), one) for one in refused
    ]
    rng.shuffle(told)
    opening = f"Minutes of the meeting in {town(rng)}, taken by {name(rng)}."
    text = " ".join([opening, *told, "The meeting closed before noon."])
    limit = WORDS_EACH * len(decided)
    prompt = (
        f"Summarise what was decided in at most {limit} words, in full sentences of your own: who does what, for "
        "where, how many, by which day (written as in the text) and for how much. Leave out what was not decided."
        f"\n\n{text}"
    )
    reference = " ".join(_told(REFERENCE, one) for one in decided)
    facts = [_facts(one) for one in decided]
    dropped = set().union(*map(_own, refused)) - set().union(*facts)
    return prompt, reference, lambda answer: _form(answer, text, limit) * _content(answer, facts, dropped)


def _told(how: str, plan: Order) -> str:
    return how.format(
        who=plan.customer,
        count=plan.count,
        goods=plan.goods,
        town=plan.town,
        day=spoken(plan.day),
        price=plan.price,
    )


def _form(answer: str, text: str, limit: int) -> float:
    """1 for full sentences within the limit that are not the text's own, else 0."""
    said = sentences(answer)
    if not said or len(words(answer)) > limit or any(len(words(one)) < LEAST_WORDS for one in said):
        return 0.0
    return float(copied(answer, text) <= MOST_COPIED)


def _content(answer: str, facts: Sequence[set[str]], dropped: set[str]) -> float:
    """The share of the facts that are told; 0 when one is told that is none."""
    found, known = set(words(answer)), set().union(*facts)
    if found & dropped or numbers(answer) - known:
        return 0.0
    return sum(len(found & one) for one in facts) / sum(map(len, facts))


def _facts(plan: Order) -> set[str]:
    """The words by which a summary tells a decision."""
    return {*_own(plan), *spoken(plan.day).split()}


def _own(plan: Order) -> set[str]:
    """Those that hardly belong to another plan, too."""
    return {*plan.customer.split(), str(plan.count), plan.goods, plan.town, str(plan.price)}
