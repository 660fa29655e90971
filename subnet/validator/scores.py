"""Scores as a pure function of observations.

The score of a hotkey is the mean of what it was worth, where an observation weighs as much as it was evidence
and half as much for every half-life of age, with a prior of nothing: a hotkey about which little is known
scores less than its mean, so that one lucky answer does not pay.

- Age is counted from the hotkey's own newest observation for the mean, and from now for the evidence. So the
  mean of a miner that is not asked stays what it is, to the last bit, while its evidence fades: absence can only
  lower a score.
- Silence is an observation of 0. What was undecided is none.
- Sums are exactly rounded (math.fsum), so no order of observations gives another score.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from operator import attrgetter

from subnet.protocol import Coldkey, Failure, Hotkey, Peer
from subnet.tasks.base import Part


@dataclass(frozen=True, slots=True)
class Observation:
    """One judged reply: a fact that is never changed.

    `value` in [0, 1] is None when nothing was decided; `evidence` in [0, 1] is the share that was decided.
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


@dataclass(frozen=True, slots=True)
class Rules:
    """How observations become scores.

    `half_life` counts blocks. `prior` is how many observations of nothing each hotkey starts with.
    """

    half_life: int
    prior: float = 2.0

    def __post_init__(self) -> None:
        if self.half_life < 1 or not (math.isfinite(self.prior) and self.prior >= 0):
            raise ValueError("scores need a half-life of a block or more, and a prior of 0 or more")


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


def scores(observations: Iterable[Observation], now: int, rules: Rules) -> dict[Hotkey, Score]:
    """The score of every hotkey of which anything was decided, at block `now`."""
    by_hotkey: dict[Hotkey, list[Observation]] = {}
    for observation in observations:
        if observation.value is not None and observation.evidence > 0:
            by_hotkey.setdefault(observation.hotkey, []).append(observation)
    return {hotkey: _score(known, now, rules) for hotkey, known in sorted(by_hotkey.items())}


def inherited(observations: Iterable[Observation], members: Mapping[Hotkey, Peer]) -> list[Observation]:
    """The observations, each under the hotkey that now holds the seat that it was made of.

    A hotkey swap keeps the seat's coldkey and registration block, and nothing else can bring both together again:
    a new registration has a new block. Where nobody holds the seat any more, an observation stays with its hotkey,
    which finds it again when it comes back. Where one coldkey has several seats of one block the heir is unknown,
    and nothing is passed on.
    """
    holders: dict[tuple[Coldkey, int], list[Hotkey]] = {}
    for peer in members.values():
        holders.setdefault((peer.coldkey, peer.registered_at), []).append(peer.hotkey)
    heirs = {seat: hotkeys[0] for seat, hotkeys in holders.items() if len(hotkeys) == 1}
    return [_under(seen, heirs.get((seen.coldkey, seen.registered_at), seen.hotkey)) for seen in observations]


def _under(seen: Observation, hotkey: Hotkey) -> Observation:
    return seen if seen.hotkey == hotkey else replace(seen, hotkey=hotkey)


def _score(known: Iterable[Observation], now: int, rules: Rules) -> Score:
    newest = _by_age(known)[-MOST:]
    last = newest[-1].block
    weights = [seen.evidence * _faded(last - seen.block, rules) for seen in newest]
    total = math.fsum(weights)
    mean = (
        math.fsum(weight * (seen.value or 0.0) for weight, seen in zip(weights, newest, strict=True)) / total
    )
    age = max(0, now - last)
    evidence = total * _faded(age, rules)
    return Score(mean * evidence / (evidence + rules.prior), mean, evidence, age, len(newest))


def _faded(blocks: int, rules: Rules) -> float:
    return math.pow(0.5, blocks / rules.half_life)


def _by_age(observations: Iterable[Observation]) -> list[Observation]:
    """Oldest first; ties are broken by what was asked, so that the order of arrival does not matter."""
    return sorted(observations, key=attrgetter("block", "round_id", "task_id", "hotkey"))
