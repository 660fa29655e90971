"""People, towns, orders and meetings that never were: what text tasks speak of, made from seeds.

Names are put together from syllables, numbers and dates are drawn from wide ranges: no text that anyone has read
holds them, and two seeds do not share them.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from random import Random

HEADS = (
    "Ba",
    "Bre",
    "Ca",
    "Dor",
    "El",
    "Fa",
    "Gri",
    "Ha",
    "Il",
    "Jo",
    "Ka",
    "Lu",
    "Ma",
    "Ne",
    "Or",
    "Pe",
    "Ro",
)
MIDDLES = (
    "ba",
    "da",
    "fe",
    "ga",
    "ki",
    "la",
    "li",
    "mo",
    "na",
    "ni",
    "ra",
    "ri",
    "ro",
    "sa",
    "te",
    "vi",
    "zo",
)
TAILS = (
    "bel",
    "dan",
    "fin",
    "ga",
    "kov",
    "len",
    "lin",
    "mar",
    "nek",
    "ra",
    "ric",
    "sen",
    "tan",
    "vid",
    "win",
)
TOWN_ENDS = ("berg", "burgh", "field", "ford", "haven", "holm", "mouth", "stad", "ton", "wick")
# fmt: off
GOODS = (
    "anvils", "benches", "brushes", "buckets", "cables", "candles", "carpets", "clocks", "compasses",
    "crates", "curtains", "drills", "flasks", "gloves", "hammers", "helmets", "kettles", "ladders",
    "lamps", "lanterns", "lenses", "mirrors", "mugs", "needles", "oars", "pumps", "ropes", "saddles",
    "scales", "shovels", "springs", "stools", "tents", "tiles", "valves", "wheels",
)
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)
# fmt: on
FIRST_DAY = datetime.date(2031, 1, 1)
DAYS = 3650


@dataclass(frozen=True, slots=True)
class Order:
    """Somebody wants so many goods at a place by a day; `price` counts whole euros for all of them."""

    number: str
    customer: str
    goods: str
    count: int
    price: int
    town: str
    day: datetime.date


def name(rng: Random) -> str:
    """A first and a last name; there are billions."""
    return f"{_word(rng)} {_word(rng)}"


def town(rng: Random) -> str:
    """The name of a town; there are about 50 thousand."""
    return rng.choice(HEADS) + rng.choice(MIDDLES) + rng.choice(("", *MIDDLES)) + rng.choice(TOWN_ENDS)


def day(rng: Random) -> datetime.date:
    """A day of ten years."""
    return FIRST_DAY + datetime.timedelta(days=rng.randrange(DAYS))


def orders(rng: Random, count: int) -> list[Order]:
    """So many orders that have no customer, number, quantity or day in common; goods and towns may be."""
    customers = people(rng, count)
    counts = rng.sample(range(40, 990), count)
    days = sorted(rng.sample(range(DAYS), count))
    rng.shuffle(days)
    numbers = rng.sample(range(10_000, 99_999), count)
    prices = rng.sample(range(1_000, 9_999), count)
    return [
        Order(
            number=f"{chr(65 + numbers[i] % 26)}{chr(65 + prices[i] % 26)}-{numbers[i]}",
            customer=customers[i],
            goods=rng.choice(GOODS),
            count=counts[i],
            price=prices[i],
            town=town(rng),
            day=FIRST_DAY + datetime.timedelta(days=days[i]),
        )
        for i in range(count)
    ]


def spoken(date: datetime.date) -> str:
    """A date as people say it: 4 March 2031."""
    return f"{date.day} {MONTHS[date.month - 1]} {date.year}"


def last_name(person: str) -> str:
    """By which a person is told from others."""
    return person.split()[-1]


def _word(rng: Random) -> str:
    return rng.choice(HEADS) + rng.choice(("", *MIDDLES)) + rng.choice(MIDDLES) + rng.choice(TAILS)


def people(rng: Random, count: int) -> list[str]:
    """So many people, no two of whom share a last name."""
    found: dict[str, str] = {}
    while len(found) < count:
        person = name(rng)
        found.setdefault(last_name(person), person)
    return list(found.values())
