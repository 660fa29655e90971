"""Extract: orders told in prose, wanted as JSON of a given schema.

Level 1: one order. Level 2: three of them. Level 3: five, of which one is cancelled and one corrected later in the
text. An answer is worth the share of values that are right, nothing when it is not JSON of that shape; it is
solved when all are.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from random import Random
from typing import Any

from subnet.tasks.answers import json_answer, same
from subnet.tasks.text_world import Order, orders, spoken

Written = tuple[str, str, Callable[[str], float]]
"""What a miner is told, an answer that is right, and how right a text is."""

SIZES = {1: 1, 2: 3, 3: 5}

SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "additionalProperties": False,
        "required": ["number", "customer", "goods", "count", "price_euro", "town", "day"],
        "properties": {
            "number": {"type": "string"},
            "customer": {"type": "string"},
            "goods": {"type": "string"},
            "count": {"type": "integer"},
            "price_euro": {"type": "integer"},
            "town": {"type": "string"},
            "day": {"type": "string", "format": "date"},
        },
    },
}

TOLD = (
    "{customer} ordered {count} {goods} for {price} euros (order {number}); they go to {town} on {day}.",
    "Order {number}: by {day}, {town} expects {count} {goods}. {customer} pays {price} euros.",
    "For {price} euros we owe {customer} {count} {goods}, due in {town} on {day}. The number is {number}.",
    "{town} called about {number}: {customer} wants {count} {goods}, {price} euros in all, on {day}.",
)
ASIDES = (
    "The telephone was out of order for most of the morning.",
    "Nobody had fed the cat.",
    "It rained again, and the yard was closed for an hour.",
    "The new scales arrived without a manual.",
)


def extract(rng: Random, level: int) -> Written:
    """One task of this level."""
    listed = orders(rng, SIZES[level])
    text = [_told(rng, order) for order in listed]
    text.insert(rng.randrange(len(text) + 1), rng.choice(ASIDES))
    if level == 3:
        listed, news = _changed(rng, listed)
        text += news
    expected = [_row(order) for order in listed]
    prompt = (
        "Read this note and list the orders in it that stand, in the order in which they are first told, as JSON "
        "of the schema below. Copy names and goods as they are written; days as YYYY-MM-DD. "
        f"Reply with the JSON alone.\n\nSchema: {json.dumps(SCHEMA)}\n\nNote: {' '.join(text)}"
    )
    return prompt, json.dumps(expected), lambda answer: _right(answer, expected)


def _told(rng: Random, order: Order) -> str:
    values = {**dataclasses.asdict(order), "day": spoken(order.day)}
    return rng.choice(TOLD).format(**values)


def _changed(rng: Random, listed: list[Order]) -> tuple[list[Order], list[str]]:
    """The orders as they stand after one was cancelled and another one corrected, and how that is told."""
    gone, wrong = rng.sample(range(len(listed)), 2)
    corrected = dataclasses.replace(listed[wrong], count=listed[wrong].count + rng.randrange(1, 9))
    news = [
        f"Later {listed[gone].customer} withdrew {listed[gone].number}.",
        f"Correction: {corrected.number} is for {corrected.count} {corrected.goods}, at the same price.",
    ]
    rng.shuffle(news)
    now = [corrected if i == wrong else order for i, order in enumerate(listed) if i != gone]
    return now, news


def _row(order: Order) -> dict[str, Any]:
    return {
        "number": order.number,
        "customer": order.customer,
        "goods": order.goods,
        "count": order.count,
        "price_euro": order.price,
        "town": order.town,
        "day": order.day.isoformat(),
    }


def _right(answer: str, expected: list[dict[str, Any]]) -> float:
    """The share of the values that are right; nothing for another shape, too many rows or too few included."""
    found = json_answer(answer)
    if not isinstance(found, list) or len(found) != len(expected):
        return 0.0
    if not all(isinstance(row, dict) and row.keys() == expected[0].keys() for row in found):
        return 0.0
    right = [
        same(row[key], value)
        for row, told in zip(found, expected, strict=True)
        for key, value in told.items()
    ]
    return sum(right) / len(right)
