"""What a validator tells a miner about its score: late, coarse, and nothing about any single request.

- By epoch and reward part, and only epochs that ended a whole epoch ago.
- Of each epoch the same number of observations is looked at, drawn by a secret of the validator: how many there
  were would tell how many organic queries were among them. An epoch with fewer is left out.
- Means are rounded. There are no tasks, no references, no times and no counts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Literal

from pydantic import Field

from subnet.advice.why import part_means
from subnet.protocol import Name, Wire
from subnet.validator.scores import Observation, decided

SAMPLE = 16
"""Observations of an epoch that are looked at: a mean within an eighth or so of the whole epoch's."""

LATE_EPOCHS = 2
"""The current epoch and the one before it are not explained yet."""

MOST_EPOCHS = 32
DIGITS = 2

Share = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]

Rank = Callable[[Observation], str]
"""Orders observations in a way that only the validator knows, and always the same."""


class Explained(Wire):
    """One epoch: the mean worth, the share of silence, and the mean of each reward part in what was looked at."""

    epoch: Annotated[int, Field(ge=0)]
    worth: Share
    silent: Share
    parts: Annotated[dict[Name, Share], Field(max_length=64)]


class Explanation(Wire):
    """What a validator tells one miner, as it travels; `epoch` is the current one."""

    version: Literal["assay/1"] = "assay/1"
    hotkey: Name
    validator: Name
    epoch: Annotated[int, Field(ge=0)]
    epochs: Annotated[tuple[Explained, ...], Field(max_length=MOST_EPOCHS, strict=False)]


def explanation(own: Iterable[Observation], epoch: int, rank: Rank) -> list[Explained]:
    """What a miner may know of its own observations during the epoch with this index, newest epoch last."""
    by_epoch: dict[int, list[Observation]] = {}
    for seen in filter(decided, own):
        if seen.epoch <= epoch - LATE_EPOCHS:
            by_epoch.setdefault(seen.epoch, []).append(seen)
    told = [number for number, some in sorted(by_epoch.items()) if len(some) >= SAMPLE]
    return [_explained(number, sorted(by_epoch[number], key=rank)[:SAMPLE]) for number in told[-MOST_EPOCHS:]]


def _explained(epoch: int, sample: Sequence[Observation]) -> Explained:
    return Explained(
        epoch=epoch,
        worth=round(math.fsum(seen.value or 0.0 for seen in sample) / len(sample), DIGITS),
        silent=round(sum(seen.failure is not None for seen in sample) / len(sample), DIGITS),
        parts={name: round(value, DIGITS) for name, value in sorted(part_means(sample).items())},
    )
