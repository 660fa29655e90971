"""Which family is asked when, and how hard: public, so that validators with different secrets measure the same.

The schedule follows the hash of the block at which the epoch began, which nobody knew before. Each run through
all turns is a fresh shuffle, so that after n draws everything was asked as often as its weight says, give or
take one run. A family may come in several levels, written NAME@LEVEL: the turn goes to the name first and then,
among the turns of that name, to one of its levels.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

MOST_TURNS = 4096
"""Turns in one run: a run is sorted for every draw, and a longer one would not be even over any epoch."""


def split_level(family: str) -> tuple[str, int | None]:
    """The name of a family and its level, None where it has none. Raises ValueError for a level that is no number."""
    name, at, level = family.partition("@")
    if not at:
        return name, None
    if not (level.isascii() and level.isdigit() and len(level) <= 2):
        raise ValueError(f"{family!r}: a level is a number from 0 to 99, as in {name}@2")
    return name, int(level)


def family_at(families: Sequence[str], block_hash: str, epoch: int, index: int) -> str:
    """The family of the task with this index in this epoch; `block_hash` is that of the epoch's first block."""
    levels: dict[str, list[str]] = {}
    for family in sorted(families):
        levels.setdefault(split_level(family)[0], []).append(family)
    key = f"{block_hash}/{epoch}"
    name, before = turn(dict.fromkeys(levels, 1), key, index)
    return turn(dict.fromkeys(levels[name], 1), f"{key}/{name}", before)[0]


def turn(weights: Mapping[str, int], key: str, index: int) -> tuple[str, int]:
    """Whose turn it is at an index, and how many turns it had before; a weight is the turns in one run."""
    cycle, place = divmod(index, sum(weights.values()))
    order = _order(weights, f"{key}/{cycle}")
    name = order[place]
    return name, cycle * weights[name] + order[:place].count(name)


def _order(weights: Mapping[str, int], key: str) -> list[str]:
    turns = ((name, again) for name, weight in weights.items() for again in range(weight))
    return [name for name, _ in sorted(turns, key=lambda one: _rank(key, one))]


def _rank(key: str, parts: Iterable[object]) -> bytes:
    return hashlib.sha256("/".join((key, *map(str, parts))).encode()).digest()
