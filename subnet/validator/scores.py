"""Scores as a pure function of observations.

The score of a hotkey is the mean of what it was worth, where an observation weighs as much as it was evidence
and half as much for every half-life of age, with a prior of nothing: a hotkey about which little is known
scores less than its mean, so that one lucky answer does not pay.

- Age is counted from the hotkey's own newest observation for the mean, and from now for the evidence. So the
  mean of a miner that is not asked stays what it is, to the last bit, while its evidence fades: absence can only
  lower a score.
- Silence is an observation of 0, and it devalues what was earned before it: of the worth of all earlier
  observations each silent round leaves the share `after_silence`. The weights stay, so that silence never helps,
  neither at once nor later. Who works a fifth of the time earns less than a fifth.
- What was undecided is no observation.
- Sums are exactly rounded (math.fsum), so no order of observations gives another score.

Whose observations count for whom, and how long, is the business of `subnet.validator.memory`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from subnet.protocol import Coldkey, Failure, Hotkey
from subnet.tasks.base import Part


@dataclass(frozen=True, slots=True)
class Observation:
    """One judged reply: a fact that is never changed.

    `value` in [0, 1] is None when nothing was decided; `evidence` is the share that was decided, from 0 to 1, or more
    where a failed proof counts as many observations.
    `block` is when the reply was asked for, `registered_at` when the hotkey got its seat. `seconds` is how long
    the reply took, `failure` why there was none.
    """

    hotkey: Hotkey
    coldkey: Coldkey
    registered_at: int
    block: int
    epoch: int
    round_id: str
    task_id: str
    family: str
    value: float | None
    evidence: float
    seconds: float
    failure: Failure | None = None
    parts: tuple[Part, ...] = ()
    reason: str = ""


MOST = 512
"""How many of a hotkey's newest observations count; older ones weigh next to nothing by then."""

ORDER = attrgetter("block", "round_id", "task_id", "hotkey")
"""Oldest first; ties are broken by what was asked, so that the order of arrival does not matter."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How observations become scores.

    `half_life` counts blocks. `prior` is how many observations of nothing each hotkey starts with.
    `after_silence` is the share of its earlier worth that a hotkey keeps through a silent round. `immunity` is
    the subnet's immunity period in blocks: so far back a coldkey's lost seats count against its new ones.
    """

    half_life: int
    prior: float = 2.0
    after_silence: float = 0.95
    immunity: int = 0

    def __post_init__(self) -> None:
        if self.half_life < 1 or not (math.isfinite(self.prior) and self.prior >= 0):
            raise ValueError("scores need a half-life of a block or more, and a prior of 0 or more")
        if not 0.0 <= self.after_silence <= 1.0 or self.immunity < 0:
            raise ValueError("silence leaves a share between 0 and 1, and no period is negative")


@dataclass(frozen=True, slots=True)
class Score:
    """What a hotkey is worth: `value` is `mean` as far as the evidence carries it, both in [0, 1].

    `evidence` is the weight of all observations now; `age` counts blocks since the newest; `count` how many
    observations there are.
    """

    value: float
    mean: float
    evidence: float
    age: int
    count: int


class Weighed(NamedTuple):
    """An observation as it counts in the mean: `weight` by evidence and age, `kept` of its worth after silence."""

    seen: Observation
    weight: float
    kept: float


def scores(observations: Iterable[Observation], now: int, rules: Rules) -> dict[Hotkey, Score]:
    """The score of every hotkey of which anything was decided, at block `now`."""
    by_hotkey: dict[Hotkey, list[Observation]] = {}
    for seen in observations:
        if decided(seen):
            by_hotkey.setdefault(seen.hotkey, []).append(seen)
    return {hotkey: score(known, now, rules) for hotkey, known in sorted(by_hotkey.items())}


def decided(seen: Observation) -> bool:
    """Whether an observation says anything about its hotkey."""
    return seen.value is not None and seen.evidence > 0


def score(known: Iterable[Observation], now: int, rules: Rules) -> Score:
    """The score that one or more decided observations make at block `now`."""
    counted = weighed(known, rules)
    total = math.fsum(one.weight for one in counted)
    mean = math.fsum(one.weight * one.kept * (one.seen.value or 0.0) for one in counted) / total
    age = max(0, now - counted[-1].seen.block)
    evidence = total * faded(age, rules)
    return Score(mean * evidence / (evidence + rules.prior), mean, evidence, age, len(counted))


def weighed(known: Iterable[Observation], rules: Rules) -> list[Weighed]:
    """The newest MOST observations as they count, oldest first."""
    newest = sorted(known, key=ORDER)[-MOST:]
    last = newest[-1].block
    return [
        Weighed(seen, seen.evidence * faded(last - seen.block, rules), kept)
        for seen, kept in zip(newest, _kept(newest, rules), strict=True)
    ]


def faded(blocks: int, rules: Rules) -> float:
    """What `blocks` of age leave of a weight."""
    return math.pow(0.5, blocks / rules.half_life)


def _kept(newest: Sequence[Observation], rules: Rules) -> list[float]:
    """For each observation, oldest first, what the silence in later rounds leaves of its worth.

    A round counts by the share of its tasks that stayed unanswered: a restart while many tasks are asked at once
    is one silence, not many.
    """
    kept: list[float] = []
    silent = 0.0
    for _, played in groupby(reversed(newest), key=attrgetter("block", "round_id")):
        of_round = list(played)
        kept += [math.pow(rules.after_silence, silent)] * len(of_round)
        silent += sum(seen.failure is not None for seen in of_round) / len(of_round)
    return kept[::-1]
