"""How the judgements of several reward functions become one reward per reply.

A reward function judges one reply to one task; it says what it finds and nothing else. The rubric does the
rest once for all of them:

- Silence is worth 0; no function sees it.
- The value is the mean of the weighted parts, times the gates.
- A part that is undecided is left out, and the reward's evidence is the share of weight that was decided.
- A part that is not a finite number is worth 0; beyond [0, 1] it is cut to the nearer end.
- A function that breaks on one reply but decides on another was broken by that reply, which is then worth 0 to
  it. A function that breaks on every reply is itself at fault: undecided.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from subnet.protocol import Reply
from subnet.tasks.base import Part, Reward, Task, Undecided

log = logging.getLogger(__name__)

RewardFunction = Callable[[Task, Reply], float]
RoundFunction = Callable[[Task, Sequence[Reply]], Sequence[float | None]]


@dataclass(frozen=True, slots=True)
class OfRound:
    """A reward function that needs all answers to a task at once, as one that looks for copies does.

    It is given the answered replies only, and returns one value for each, None where it is undecided.
    """

    function: RoundFunction


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one function said of one reply: a value in [0, 1] or None, and why when there is a why."""

    value: float | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Broken:
    """A function raised what it should not have raised."""

    kind: str


class Rubric:
    """Weighs reward functions; call it with a task and the replies of a round.

    `weights` maps each function to its share, in any unit; `gates` multiply the result and may also appear
    among the weights. Raises ValueError at construction when a weight is not a positive number, when there is
    none, or when two functions share a name.
    """

    def __init__(
        self,
        weights: Mapping[RewardFunction | OfRound, float],
        gates: Sequence[RewardFunction | OfRound] = (),
    ) -> None:
        self._weights = dict(weights)
        self._gates = tuple(gates)
        _check(self._weights, self._gates)
        self._total = math.fsum(self._weights.values())

    def __call__(self, task: Task, replies: Sequence[Reply]) -> list[Reward]:
        """One reward for each reply, in order."""
        answered = [place for place, reply in enumerate(replies) if reply.answer is not None]
        heard = [replies[place] for place in answered]
        functions = dict.fromkeys((*self._weights, *self._gates))
        columns = {function: _column(function, task, heard) for function in functions}
        rewards = [_silence(reply) for reply in replies]
        for row, place in enumerate(answered):
            rewards[place] = self._reward({function: column[row] for function, column in columns.items()})
        return rewards

    def _reward(self, verdicts: Mapping[RewardFunction | OfRound, Verdict]) -> Reward:
        parts = [self._part(function, verdicts[function]) for function in self._weights]
        gates = [_gate(function, verdicts[function]) for function in self._gates]
        decided = [(part.weight, part.value) for part in parts if part.value is not None]
        reason = _reason((*gates, *parts))
        if not decided:
            return Reward(None, 0.0, (*parts, *gates), reason)
        weight = math.fsum(weight for weight, _ in decided)
        value = math.fsum(weight * value for weight, value in decided) / weight
        value *= math.prod(gate.value for gate in gates if gate.value is not None)
        evidence = weight / math.fsum(part.weight for part in parts)
        return Reward(min(1.0, value), evidence, (*parts, *gates), reason)

    def _part(self, function: RewardFunction | OfRound, verdict: Verdict) -> Part:
        return Part(name_of(function), self._weights[function] / self._total, verdict.value, verdict.reason)


def name_of(function: RewardFunction | OfRound) -> str:
    """The name under which a function's judgement is kept and shown."""
    plain = function.function if isinstance(function, OfRound) else function
    return str(getattr(plain, "__name__", type(plain).__name__))


def _check(
    weights: Mapping[RewardFunction | OfRound, float], gates: Sequence[RewardFunction | OfRound]
) -> None:
    if not weights:
        raise ValueError("a rubric needs at least one weighed reward function")
    for function, weight in weights.items():
        if not (math.isfinite(weight) and weight > 0):
            raise ValueError(f"the weight of {name_of(function)} is {weight}: it must be a positive number")
    functions = dict.fromkeys((*weights, *gates))
    names = [name_of(function) for function in functions]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or len(set(gates)) < len(gates):
        raise ValueError(
            f"reward functions need names of their own: {', '.join(twice) or 'a gate is given twice'}"
        )


def _column(function: RewardFunction | OfRound, task: Task, replies: Sequence[Reply]) -> list[Verdict]:
    """One function's verdicts on all answered replies."""
    if isinstance(function, OfRound):
        return _of_round(function, task, replies)
    found = [_judged(function, task, reply) for reply in replies]
    works = any(isinstance(verdict, Verdict) and verdict.value is not None for verdict in found)
    return [_blamed(verdict, works) if isinstance(verdict, Broken) else verdict for verdict in found]


def _judged(function: RewardFunction, task: Task, reply: Reply) -> Verdict | Broken:
    try:
        return _bounded(function(task, reply))
    except Undecided as undecided:
        return Verdict(None, str(undecided) or "undecided")
    except Exception as problem:  # noqa: BLE001 - owners' code meets strangers' text here; one reply must not end the round
        return _broken(function, problem)


def _of_round(function: OfRound, task: Task, replies: Sequence[Reply]) -> list[Verdict]:
    if not replies:
        return []
    try:
        values = function.function(task, replies)
    except Undecided as undecided:
        return [Verdict(None, str(undecided) or "undecided")] * len(replies)
    except Exception as problem:  # noqa: BLE001 - the same boundary; nobody can be blamed for breaking a whole round
        return [_blamed(_broken(function, problem), function_works=False)] * len(replies)
    if len(values) != len(replies):
        raise ValueError(f"{name_of(function)} gave {len(values)} values for {len(replies)} replies")
    return [Verdict(None, "undecided") if value is None else _bounded(value) for value in values]


def _broken(function: RewardFunction | OfRound, problem: Exception) -> Broken:
    """Notes the failure; its message may hold an answer's text, which belongs into no log but the detailed one."""
    kind = type(problem).__name__
    log.error("reward function %s raised %s; --verbose shows where", name_of(function), kind)
    log.debug("reward function %s", name_of(function), exc_info=problem)
    return Broken(kind)


def _bounded(value: float) -> Verdict:
    if not math.isfinite(value):
        return Verdict(0.0, "not a number")
    return Verdict(min(1.0, max(0.0, float(value))))


def _blamed(broken: Broken, function_works: bool) -> Verdict:
    if function_works:
        return Verdict(0.0, f"the answer could not be judged ({broken.kind})")
    return Verdict(None, f"the judge failed ({broken.kind})")


def _silence(reply: Reply) -> Reward:
    return Reward(0.0, 1.0, (), f"no answer: {reply.failure}")


def _gate(function: RewardFunction | OfRound, verdict: Verdict) -> Part:
    return Part(name_of(function), 0.0, verdict.value, verdict.reason, gate=True)


def _reason(parts: Sequence[Part]) -> str:
    """One line: what each part said, a part that is also a gate once."""
    said = {part.name: _said(part) for part in parts}
    return ", ".join(said.values())


def _said(part: Part) -> str:
    value = "undecided" if part.value is None else f"{part.value:.2f}"
    return f"{part.name} {value}" + (f" ({part.reason})" if part.reason else "")
