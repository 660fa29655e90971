"""Seats with one brain share one pay: what a validator remembers of answers, and what it does to its weights.

The judgement is `reward.uniqueness`, which knows numbers only; here hotkeys become numbers and back. What is
remembered is which answers to a task were alike, never the answers, of the newest tasks only; a restart forgets it.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from reward.uniqueness import Compared, clusters, kept
from subnet.protocol import Hotkey
from subnet.validator.journal import Entry
from subnet.validator.round import Judgement, Round
from subnet.validator.scores import Score

log = logging.getLogger(__name__)

WINDOW = 256
"""Tasks that are remembered: enough for telling copies by, and within a second to go through for 256 seats."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """The hotkeys that were asked a task, and which of them, by place, gave answers that are alike."""

    hotkeys: tuple[Hotkey, ...]
    compared: Compared


class Copies:
    """A sink of rounds that splits weights among those who answer alike."""

    def __init__(self, window: int = WINDOW) -> None:
        self._tasks: deque[Remembered] = deque(maxlen=window)

    def round(self, played: Round, scores: Mapping[Hotkey, Score]) -> None:
        """Remembers who answered alike, task by task."""
        by_task: dict[str, list[Judgement]] = {}
        for judgement in played.judgements:
            by_task.setdefault(judgement.task.id, []).append(judgement)
        for same in by_task.values():
            texts = {place: each.reply.text for place, each in enumerate(same) if each.reply.text is not None}
            hotkeys = tuple(each.peer.hotkey for each in same)
            self._tasks.append(Remembered(hotkeys, Compared.of(same[0].task, texts)))

    def weights(self, entry: Entry) -> None:
        """Weights that were sent say nothing about answers."""

    def groups(self) -> list[list[Hotkey]]:
        """The hotkeys that are one brain by all that is remembered."""
        known = sorted({hotkey for task in self._tasks for hotkey in task.hotkeys})
        numbers = {hotkey: number for number, hotkey in enumerate(known)}
        found = clusters([_numbered(task, numbers) for task in self._tasks], len(known))
        return [[known[number] for number in group] for group in found]

    def split(self, weights: Mapping[Hotkey, float], owner: Hotkey | None) -> dict[Hotkey, float]:
        """The weights with one pay for each group; what is withheld goes to the owner's hotkey, which burns it.

        To hand it to the others would pay for being different instead of being good. Where the owner has no seat
        (None) that cannot be helped: the chain deals out in proportion.
        """
        groups = [[hotkey for hotkey in group if hotkey in weights] for group in self.groups()]
        left = dict(weights)
        for group in groups:
            shares = kept([range(len(group))], committed={})
            left |= {hotkey: weights[hotkey] * shares[place] for place, hotkey in enumerate(group)}
            if len(group) > 1:
                log.warning("%d hotkeys answer alike and share one pay: %s", len(group), ", ".join(group))
        withheld = sum(weights.values()) - sum(left.values())
        if withheld > 0.0 and owner is not None:
            left[owner] = left.get(owner, 0.0) + withheld
        return dict(sorted(left.items()))


def _numbered(task: Remembered, numbers: Mapping[Hotkey, int]) -> Compared:
    seats: Sequence[int] = [numbers[task.hotkeys[place]] for place in task.compared.seats]
    return replace(task.compared, seats=np.array(seats, dtype=np.int64))
