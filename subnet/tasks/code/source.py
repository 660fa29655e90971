"""The source of programming tasks: wording and hidden tests from the seed, the verdict from a sandbox.

The truth is computed by the solver in the validator's own process, when the task is made. What is given to the
sandbox is the stranger's code and the inputs; what comes back is compared here.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from random import Random
from types import MappingProxyType
from typing import Any

from subnet.protocol import SEED_BITS, Message, Query
from subnet.sandbox.box import Sandbox, SandboxFault
from subnet.sandbox.canary import check
from subnet.tasks.answers import same
from subnet.tasks.base import Task, Undecided
from subnet.tasks.code import graphs, machines, numbers, parsing, sequences
from subnet.tasks.code.answer import code_in
from subnet.tasks.code.exercise import Draw, Exercise, Generator

GENERATORS: Mapping[str, Generator] = MappingProxyType(
    {
        "automaton": machines.automaton,
        "coins": numbers.coins,
        "components": graphs.components,
        "digits": numbers.digits,
        "expression": parsing.expression,
        "grid_paths": numbers.grid_paths,
        "intervals": sequences.intervals,
        "list_pipeline": sequences.list_pipeline,
        "machine": machines.machine,
        "records": parsing.records,
        "recurrence": numbers.recurrence,
        "robot": machines.robot,
        "routes": graphs.routes,
        "subsequence": numbers.subsequence,
        "text_pipeline": sequences.text_pipeline,
    }
)
LEVELS = (1, 2, 3)
MAX_TOKENS = 2048


class Code:
    """Programming tasks of several families and levels, judged in `sandbox`.

    A family's name is that of a generator and a level, such as `robot@2`. Raises IsolationMissing (exit
    code 3) when strangers' code cannot be kept in on this machine: then there is no such task.
    """

    def __init__(
        self,
        levels: Sequence[int] = LEVELS,
        generators: Mapping[str, Generator] = GENERATORS,
        sandbox: Sandbox | None = None,
        guard: Callable[[Sandbox], None] = check,
    ) -> None:
        self.sandbox = sandbox or Sandbox()
        guard(self.sandbox)
        self._families = {
            f"{name}@{level}": (make, level) for name, make in generators.items() for level in levels
        }

    @property
    def families(self) -> tuple[str, ...]:
        """The families' names in alphabetical order."""
        return tuple(sorted(self._families))

    def exercise(self, family: str, seed: int) -> tuple[Exercise, list[Any]]:
        """The exercise of `family` that belongs to `seed`, and what its function returns for each input."""
        if not 0 <= seed < 1 << SEED_BITS:
            raise ValueError(f"a seed has {SEED_BITS} bits")
        make, level = self._families[family]
        rng = Random(f"{family}/{seed}")
        while True:
            exercise = make(Draw(rng), rng, level)
            truth = truth_of(exercise)
            if is_telling(truth[exercise.examples :]):
                return exercise, truth

    def make(self, family: str, seed: int, query_id: str, seconds: float) -> Task:
        """The task of `family` that belongs to `seed`, a number of at most 63 bits."""
        exercise, truth = self.exercise(family, seed)
        query = Query(
            id=query_id,
            messages=(Message(role="user", content=wording(exercise, truth)),),
            max_tokens=MAX_TOKENS,
            seconds=seconds,
        )
        hidden = Hidden(self.sandbox, exercise, truth)
        return Task(family, seed, query, json.dumps(truth[exercise.examples :]), hidden.share_passed)


class Hidden:
    """The hidden tests of one exercise."""

    def __init__(self, sandbox: Sandbox, exercise: Exercise, truth: Sequence[Any]) -> None:
        self._sandbox = sandbox
        self._function = exercise.function
        self._inputs = exercise.inputs[exercise.examples :]
        self._truth = truth[exercise.examples :]
        # The same code has the same result: copies cost one run, however many send them.
        self._judged = lru_cache(maxsize=1024)(self._share)

    def share_passed(self, text: str) -> float:
        """The share of the hidden tests that the code in an answer passes, all run in one child; no code, no share.

        It waits for the child: call it in a thread. Raises Undecided when the sandbox fails, which no code can
        bring about: the walls stand before it is looked at.
        """
        source = code_in(text)
        return 0.0 if source is None else self._judged(source)

    def _share(self, source: str) -> float:
        try:
            run = self._sandbox.call(source, self._function, self._inputs)
        except SandboxFault as fault:
            raise Undecided(f"the sandbox failed: {fault}") from None
        passed = [
            bool(claim) and same(claim[0], truth)
            for truth, claim in zip(self._truth, run.claims, strict=False)
        ]
        return sum(passed) / len(self._truth)


def truth_of(exercise: Exercise) -> list[Any]:
    """What the function returns for each input, as JSON values."""
    return [json.loads(json.dumps(exercise.solve(*copy.deepcopy(given)))) for given in exercise.inputs]


def is_telling(truth: Sequence[Any]) -> bool:
    """Whether no single result is right for more than half of the tests, so that guessing it leads nowhere."""
    results = [json.dumps(value) for value in truth]
    return max(results.count(result) for result in results) <= len(results) // 2


def wording(exercise: Exercise, truth: Sequence[Any]) -> str:
    """What a miner is told."""
    shown = "\n".join(
        f"{exercise.function}({', '.join(repr(argument) for argument in given)}) == {value!r}"
        for given, value in zip(exercise.inputs[: exercise.examples], truth, strict=False)
    )
    return (
        f"Write a Python function `{exercise.function}{exercise.signature}`.\n{exercise.text}\n"
        f"Examples:\n{shown}\n"
        "Answer with one block of code that starts with ```python and ends with ```. The standard library "
        "may be "
        "imported; files, processes and the network are out of reach. All tests together may take one second."
    )
