"""How the judgements of several reward functions become one reward per reply.

A reward function judges one reply to one task; it says what it finds and nothing else. The rubric does the
rest once for all of them:

- Silence is worth 0; no function sees it.
- The value is the mean of the weighted parts, less the penalties, times the gates.
- A penalty takes off at most its weight, and never more than there is.
- A part that is undecided is left out, and the reward's evidence is the share of weight that was decided.
- A failed proof, such as that of the claimed model, makes the reward 0 and counts as many observations: what is
  checked now and then is deterred only by a memory that is longer than the checks are rare.
- What a reply breaks counts against it; see `reward.judging`.

Nothing here depends on the time, on who replied, or on chance: the same rubric and the same round give the same
rewards, bit for bit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from reward.judging import Column, Verdict
from reward.kinds import Asked, Batched, Function, OfRound, Pair, RewardFunction, Sampled, name_of
from subnet.protocol import Reply
from subnet.tasks.base import Part, Reward, Task

__all__ = [
    "Asked",
    "Batched",
    "Function",
    "OfRound",
    "Pair",
    "RewardFunction",
    "Rubric",
    "Sampled",
    "name_of",
]


class Rubric:
    """Weighs reward functions; call it with a task and the replies to it, or `judge_round` with many tasks.

    `weights` maps each function to its share, in any unit. `gates` multiply the result and may also appear among
    the weights. `penalties` maps functions that say how grave a fault is, in [0, 1], to the most that it takes off
    the value. `proofs` maps functions that return 1 for passed and 0 for failed to the number of observations that a
    failure counts as, 1 or more. Raises ValueError at construction when there is no weight, when a weight is not a
    positive number, a penalty's not a number above 0 and up to 1, or when two functions share a name.
    """

    def __init__(
        self,
        weights: Mapping[Function, float],
        gates: Sequence[Function] = (),
        penalties: Mapping[Function, float] | None = None,
        proofs: Mapping[Function, float] | None = None,
    ) -> None:
        self._proofs = dict(proofs or {})
        self._gates = (*gates, *self._proofs)
        self._penalties = dict(penalties or {})
        _check(weights, self._gates, self._penalties)
        _check_proofs(self._proofs)
        if any(isinstance(function, Sampled) for function in (*gates, *self._penalties)):
            raise ValueError("a sampled gate or penalty would pass whatever it did not see: weigh it instead")
        self._weights = {function: _counted(function, weight) for function, weight in weights.items()}
        self._total = math.fsum(self._weights.values())

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the functions: parts, then penalties, then gates that are neither."""
        functions = dict.fromkeys((*self._weights, *self._penalties, *self._gates))
        return tuple(name_of(function) for function in functions)

    def __call__(self, task: Task, replies: Sequence[Reply]) -> list[Reward]:
        """One reward for each reply, in order."""
        return self.judge_round([(task, replies)])[0]

    def judge_round(self, asked: Sequence[Asked]) -> list[list[Reward]]:
        """One reward for each reply to each task, in order; batched functions see all of them in one go."""
        heard = [(task, [reply for reply in replies if reply.answer is not None]) for task, replies in asked]
        rows = iter(self._rows(heard))
        return [
            [_silence(reply) if reply.answer is None else next(rows) for reply in replies]
            for _, replies in asked
        ]

    def _rows(self, heard: Sequence[Asked]) -> Iterator[Reward]:
        """The rewards of the answered replies, task after task."""
        functions = dict.fromkeys((*self._weights, *self._penalties, *self._gates))
        columns = {
            function: Column(function, worst=float(function in self._penalties)).verdicts(heard)
            for function in functions
        }
        for row in range(sum(len(replies) for _, replies in heard)):
            yield self._reward({function: column[row] for function, column in columns.items()})

    def _reward(self, verdicts: Mapping[Function, Verdict]) -> Reward:
        parts = [_part(f, weight / self._total, verdicts[f]) for f, weight in self._weights.items()]
        penalties = [_part(f, -weight, verdicts[f]) for f, weight in self._penalties.items()]
        gates = [_part(f, 0.0, verdicts[f], gate=True) for f in self._gates]
        everything = (*parts, *penalties, *gates)
        reason = _reason((*gates, *parts, *penalties))
        failed = [counts for f, counts in self._proofs.items() if _failed(verdicts[f])]
        if failed:
            return Reward(0.0, max(failed), everything, reason)
        decided = [(part.weight, part.value) for part in parts if part.value is not None]
        if not decided:
            return Reward(None, 0.0, everything, reason)
        weight = math.fsum(weight for weight, _ in decided)
        value = math.fsum(weight * value for weight, value in decided) / weight
        value += math.fsum(part.weight * part.value for part in penalties if part.value is not None)
        value = min(1.0, max(0.0, value)) * math.prod(gate.value for gate in gates if gate.value is not None)
        return Reward(value, weight / math.fsum(part.weight for part in parts), everything, reason)


def _failed(verdict: Verdict) -> bool:
    return verdict.value is not None and verdict.value < 0.5


def _check_proofs(proofs: Mapping[Function, float]) -> None:
    for function, counts in proofs.items():
        if not (_is_number(counts) and counts >= 1):
            raise ValueError(
                f"the proof {name_of(function)} counts as {counts} observations: it must be a number from 1"
            )


def _counted(function: Function, weight: float) -> float:
    """What a part counts where it is decided: a sampled one stands for the replies it was not shown, too."""
    return weight / function.share if isinstance(function, Sampled) else weight


def _check(
    weights: Mapping[Function, float], gates: Sequence[Function], penalties: Mapping[Function, float]
) -> None:
    if not weights:
        raise ValueError("a rubric needs at least one weighed reward function")
    for function, weight in weights.items():
        if not (_is_number(weight) and weight > 0):
            raise ValueError(f"the weight of {name_of(function)} is {weight}: it must be a positive number")
    for function, weight in penalties.items():
        if not (_is_number(weight) and 0 < weight <= 1):
            raise ValueError(
                f"the penalty {name_of(function)} is {weight}: it must be a number above 0 and up to 1"
            )
    for function in dict.fromkeys((*weights, *penalties, *gates)):
        if not callable(function) and not isinstance(function, OfRound | Batched | Sampled):
            raise ValueError(f"{function!r} is no reward function: it cannot be called")
    if set(penalties) & {*weights, *gates}:
        raise ValueError(
            "a penalty cannot be a part or a gate as well: one pays for what the other takes off"
        )
    names = [name_of(function) for function in dict.fromkeys((*weights, *penalties, *gates))]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or len(set(gates)) < len(gates):
        raise ValueError(
            f"reward functions need names of their own: {', '.join(twice) or 'a gate is given twice'}"
        )


def _is_number(weight: object) -> bool:
    return isinstance(weight, int | float) and math.isfinite(weight)


def _silence(reply: Reply) -> Reward:
    return Reward(0.0, 1.0, (), f"no answer: {reply.failure}")


def _part(function: Function, weight: float, verdict: Verdict, gate: bool = False) -> Part:
    return Part(name_of(function), weight, verdict.value, verdict.reason, gate)


def _reason(parts: Sequence[Part]) -> str:
    """One line: what each part said, a part that is also a gate once."""
    said = {part.name: _said(part) for part in parts}
    return ", ".join(said.values())


def _said(part: Part) -> str:
    value = "undecided" if part.value is None else f"{part.value:.2f}"
    return f"{part.name} {value}" + (f" ({part.reason})" if part.reason else "")
