"""Questions and answers of the demo families, in seed ranges that never share an item.

Item i of a reasoning-gym dataset with seed s depends on s + i alone, so a range of seeds is a range of
items. The three ranges below are disjoint by construction: `Split` checks it when it is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import reasoning_gym

from subnet.tasks.reasoning_families import DEMO_FAMILIES, SOLVED

FAMILIES = tuple(DEMO_FAMILIES)


@dataclass(frozen=True, slots=True)
class Split:
    """A range of item numbers: `first` up to `first + size`, the end excluded."""

    first: int
    size: int


TRAIN = Split(first=1_000, size=20_000)
CUTTING = Split(first=100, size=200)
"""Held-out items that decide where the run is cut; disjoint from the training items and the test items."""

TEST_FIRST = 50_000_000
"""Where the final test starts; far above everything else, so any size is disjoint."""

if CUTTING.first + CUTTING.size > TRAIN.first or TRAIN.first + TRAIN.size > TEST_FIRST:
    raise RuntimeError("seed ranges overlap: the measured skill would be memory of training items")


@dataclass(frozen=True, slots=True)
class Questions:
    """The items of one family in one split, with the dataset that judges answers to them."""

    family: str
    dataset: Any
    items: tuple[dict[str, Any], ...]

    @property
    def prompts(self) -> list[str]:
        """The questions as a validator sends them."""
        return [item["question"] for item in self.items]

    def solved(self, answers: list[str]) -> list[bool]:
        """For each item, whether its answer is right; partial credit counts as wrong."""
        pairs = zip(answers, self.items, strict=True)
        return [self.dataset.score_answer(answer.strip(), item) >= SOLVED for answer, item in pairs]


def draw(family: str, split: Split) -> Questions:
    """All items of one family in a split, the same on every call."""
    dataset = reasoning_gym.create_dataset(family, seed=split.first, size=split.size, **DEMO_FAMILIES[family])
    return Questions(family, dataset, tuple(dataset[index] for index in range(split.size)))
