"""Which respondents answer with one brain: clusters of near-identical answers over many tasks share one pay.

One answer that two give alike says nothing: the task may have one right answer, or one likely mistake. So the
evidence is gathered over many tasks, against what everybody else does:

- A short right answer is left out: whoever is right agrees with whoever is right.
- Two that agree where others agree as well say little; two that agree where nobody else does say much. What a
  task adds is the logarithm of a likelihood ratio: "one brain", which agrees in `SAME_BRAIN` of all answers,
  against "two", which agree as often as others agree with them, and in `KINSHIP` of all at least, since honest
  respondents may run models of one family.
- Those that nearly always agree count as one among the others: a crowd of copies is no proof that its answer is
  common. Where nobody else answered there is no evidence.
- Two are joined when the evidence exceeds log(pairs / `FALSE_ALARM`). By Ville's inequality brains that agree no
  more often than that get there with a probability of at most `FALSE_ALARM`, all pairs and all tasks together.

Joining only ever splits pay (`kept`): nobody is paid more because others are alike, and what is withheld belongs to
nobody here. Within a cluster whoever committed to its answers first keeps its pay in full, so that a copy takes
nothing from its victim; where nobody committed, the members share one pay. Respondents are numbers: who they
are, and how commitments are signed and ordered on the chain, is the caller's business.

What gets through is in docs/rewards.md: above all, one brain that gives its wrong answers a different form for
each seat.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reward.fingerprint import alike, fingerprint
from subnet.tasks.base import Task

SAME_BRAIN = 0.8
"""How often two seats of one brain agree at least, if their owner does not change every third answer."""

KINSHIP = 1 / 3
"""How often two honest respondents may agree on what is not simply right, though nobody else agrees with them."""

FALSE_ALARM = 1e-3
"""The probability that any two honest respondents of a network are ever joined."""

SHORT_WORDS = 12
"""A right answer of so few words leaves no room for a hand of one's own."""

FEW_TASKS = 8
"""Who agreed in fewer tasks than this is not yet counted as one among the others."""

Square = NDArray[np.float64]
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Compared:
    """One task: the numbers of those whose answers tell something, and whether each two of them are alike."""

    seats: Numbers
    agree: NDArray[np.bool_]

    @classmethod
    def of(cls, task: Task, texts: Mapping[int, str]) -> Compared:
        """Compares the answers to a task, by the respondents' numbers; silence is left out of `texts`."""
        telling = {seat: text for seat, text in sorted(texts.items()) if not _simply_right(task, text)}
        seats = np.array(list(telling), dtype=np.int64)
        return cls(seats, alike([fingerprint(text) for text in telling.values()]))


def clusters(tasks: Sequence[Compared], respondents: int) -> list[list[int]]:
    """Groups of two or more respondents that are one brain by the evidence of all tasks, in order."""
    found = evidence(tasks, respondents)
    pairs = max(1, respondents * (respondents - 1) // 2)
    labels = _components(found > math.log(pairs / FALSE_ALARM))
    groups = [np.flatnonzero(labels == label).tolist() for label in np.unique(labels)]
    return [group for group in groups if len(group) > 1]


def evidence(tasks: Sequence[Compared], respondents: int) -> Square:
    """How much more likely each two are one brain than two, as natural logarithms, (respondents, respondents)."""
    together, agreed, total = (np.zeros((respondents, respondents)) for _ in range(3))
    for task in tasks:
        pairs = np.ix_(task.seats, task.seats)
        together[pairs] += 1.0
        agreed[pairs] += task.agree
    crowds = _components((agreed >= SAME_BRAIN * together) & (agreed >= FEW_TASKS))
    for task in tasks:
        total[np.ix_(task.seats, task.seats)] += _of_task(task.agree, crowds[task.seats])
    np.fill_diagonal(total, 0.0)
    return total


def kept(groups: Iterable[Sequence[int]], committed: Mapping[int, int]) -> dict[int, float]:
    """The share of its pay, at most 1, that each member of a cluster keeps; who is in none keeps all of it.

    `committed` maps respondents to when their commitments became final, in blocks of the chain; never to when an
    answer arrived. The earliest keep one pay among them, whoever came later or never committed keeps nothing; where
    nobody has committed all members share one.
    """
    shares: dict[int, float] = {}
    for group in groups:
        first = min((committed[member] for member in group if member in committed), default=None)
        originals = [member for member in group if first is None or committed.get(member) == first]
        shares |= {member: 1.0 / len(originals) if member in originals else 0.0 for member in group}
    return shares


def _simply_right(task: Task, text: str) -> bool:
    return len(text.split(maxsplit=SHORT_WORDS)) <= SHORT_WORDS and task.verify(text) >= task.solved_from


def _of_task(agree: NDArray[np.bool_], crowds: Numbers) -> Square:
    """What one task adds to the evidence of each two of those who answered it."""
    others, followers = _others(agree, crowds)
    usual = np.clip((np.maximum(followers, followers.T) + 1.0) / (others + 2.0), KINSHIP, SAME_BRAIN)
    ratios = np.where(agree, SAME_BRAIN / usual, (1.0 - SAME_BRAIN) / (1.0 - usual))
    found: Square = np.where(others >= 1.0, np.log(ratios), 0.0)
    return found


def _others(agree: NDArray[np.bool_], crowds: Numbers) -> tuple[Square, Square]:
    """For each pair how many others answered, outside of the crowds of both, and how many agree with the first.

    Each crowd counts as one.
    """
    _, crowd, sizes = np.unique(crowds, return_inverse=True, return_counts=True)
    member = np.eye(len(sizes))[crowd] / sizes[crowd, None]
    follows = agree @ member
    own = follows[np.arange(len(crowd)), crowd]
    same = crowd[:, None] == crowd[None, :]
    followers: Square = follows.sum(axis=1)[:, None] - own[:, None] - np.where(same, 0.0, follows[:, crowd])
    others: Square = len(sizes) - np.where(same, 1.0, 2.0)
    return others, followers


def _components(joined: NDArray[np.bool_]) -> Numbers:
    """The lowest number that each respondent is joined with, directly or over others."""
    labels = np.arange(len(joined))
    while True:
        nearest = np.where(joined, labels[None, :], len(labels)).min(axis=1, initial=len(labels))
        lower = np.minimum(labels, nearest)
        lower = lower[lower]
        if np.array_equal(lower, labels):
            return labels
        labels = lower
