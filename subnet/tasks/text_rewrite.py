"""Rewrite: a few events, to be told again under constraints that a program can check.

Always: every event with its person, number, goods and town, each in a sentence of its own. Then, drawn from the
seed: an order (of days, either way), words that must or must not occur, letters all small or all capital, and a
number of words. Level 1 has two of these constraints and two events, level 2 three and three, level 3 all and five.
An answer is worth the share of the events it tells times the share of the constraints it keeps; it is solved when
it tells all and keeps all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from subnet.tasks.text_extract import Written
from subnet.tasks.text_words import sentences, words
from subnet.tasks.text_world import Order, orders, spoken

EVENTS, CONSTRAINTS = {1: 2, 2: 3, 3: 5}, {1: 2, 2: 3, 3: 5}
ROOM = 6
"""Words by which an answer may be longer than the reference; half as many by which it may be shorter."""

VERBS = ("sent", "brought", "shipped", "carried", "moved")
CONNECTIVES = ("meanwhile", "overall", "notably", "indeed", "altogether", "eventually")
TOLD = (
    "On {day} {who} {verb} {count} {goods} to {town}.",
    "It was {day} when {who} {verb} {count} {goods} to {town}.",
    "{town} got {count} {goods} on {day}, which {who} {verb} there.",
)


@dataclass(frozen=True, slots=True)
class Constraint:
    """What is demanded, whether a text keeps it, and how a text that tells the events is made to keep it."""

    told: str
    kept: Callable[[str], bool]
    obeyed: Callable[[str], str] = str


def rewrite(rng: Random, level: int) -> Written:
    """One task of this level."""
    ordered = sorted(orders(rng, EVENTS[level]), key=lambda one: one.day, reverse=rng.random() < 0.5)
    verb, banned = rng.sample(VERBS, 2)
    text = " ".join(_told(rng.choice(TOLD), one, banned) for one in _disordered(rng, ordered))
    plain = " ".join(_told(TOLD[0], one, verb) for one in ordered)
    chosen = _chosen(rng, CONSTRAINTS[level], (ordered, verb, banned, plain))
    reference = plain
    for one in chosen:
        reference = one.obeyed(reference)
    prompt = (
        "Write this text again, one sentence for each event, with its day, person, number, goods and town as they "
        "stand here. " + " ".join(one.told for one in chosen) + f" Reply with the new text alone.\n\n{text}"
    )
    return prompt, reference, lambda answer: _worth(answer, ordered, chosen)


def _disordered(rng: Random, ordered: Sequence[Order]) -> list[Order]:
    """The events in another order: the text as it is given keeps no constraint but perhaps that of length."""
    events = rng.sample(ordered, len(ordered))
    return events if events != list(ordered) else events[::-1]


def _chosen(rng: Random, count: int, made_of: tuple[list[Order], str, str, str]) -> list[Constraint]:
    ordered, verb, banned, plain = made_of
    added = rng.choice(CONNECTIVES)
    known = [
        _in_order(ordered),
        Constraint(
            f'Use the word "{verb}" and never the word "{banned}".', lambda text: _uses(text, verb, banned)
        ),
        Constraint(
            f'The last sentence begins with the word "{added}".',
            lambda text: _begins(text, added),
            lambda text: _with_last(text, added),
        ),
        _length(len(words(plain)) + 1),
        *rng.sample([_cased("small letters", str.lower), _cased("capital letters", str.upper)], 1),
    ]
    picked = sorted(rng.sample(range(len(known)), count))
    return [known[place] for place in picked]


def _in_order(ordered: Sequence[Order]) -> Constraint:
    later_first = ordered[0].day > ordered[-1].day
    told = (
        "Tell the latest event first and the earliest last."
        if later_first
        else "Tell the events in the order of their days."
    )
    return Constraint(told, lambda text: _places(text, ordered) == sorted(_places(text, ordered)))


def _places(text: str, ordered: Sequence[Order]) -> list[int]:
    """Where each event's number stands; the numbers of days and years are never the same as these."""
    found = words(text)
    return [found.index(str(one.count)) if str(one.count) in found else -1 for one in ordered]


def _uses(text: str, wanted: str, banned: str) -> bool:
    found = {word.casefold() for word in words(text)}
    return wanted in found and banned not in found


def _begins(text: str, word: str) -> bool:
    said = sentences(text)
    return bool(said) and words(said[-1])[:1] != [] and words(said[-1])[0].casefold() == word


def _with_last(text: str, word: str) -> str:
    *before, last = sentences(text)
    return " ".join([*before, f"{word.capitalize()} {last[0].lower()}{last[1:]}"])


def _length(reference: int) -> Constraint:
    least, most = reference - ROOM // 2, reference + ROOM
    return Constraint(f"Use {least} to {most} words.", lambda text: least <= len(words(text)) <= most)


def _cased(told: str, cased: Callable[[str], str]) -> Constraint:
    return Constraint(f"Write everything in {told}.", lambda text: text == cased(text), cased)


def _worth(answer: str, events: Sequence[Order], chosen: Sequence[Constraint]) -> float:
    if len(sentences(answer)) != len(events):
        return 0.0
    told = [{word.casefold() for word in words(one)} for one in sentences(answer)]
    facts = [{word.casefold() for word in _facts(one)} for one in events]
    whole = sum(any(one <= sentence for sentence in told) for one in facts) / len(facts)
    return whole * sum(one.kept(answer) for one in chosen) / len(chosen)


def _facts(event: Order) -> set[str]:
    return {*event.customer.split(), str(event.count), event.goods, event.town, *spoken(event.day).split()}


def _told(how: str, event: Order, verb: str) -> str:
    return how.format(
        who=event.customer,
        count=event.count,
        goods=event.goods,
        town=event.town,
        day=spoken(event.day),
        verb=verb,
    )
