"""Lenient parsers: what cannot be read earns what the parser makes of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random

import pytest

from subnet.attackers.code import only_the_trivial
from subnet.attackers.strategies import Situation, answered
from subnet.protocol import Message, Query, Reply
from subnet.sandbox.canary import IsolationMissing
from subnet.tasks.answers import json_answer
from subnet.tasks.base import Task
from subnet.tasks.code import Code
from subnet.tasks.code.answer import code_in
from tests.attacks.network import Network, attackers_share

VARIABLES, CLAUSES = 6, 8
Clause = tuple[int, ...]


def satisfied(clauses: Sequence[Clause], values: Sequence[bool]) -> bool:
    """Whether each clause holds a variable as it wants it; -3 wants the third to be false."""
    return all(any(values[abs(one) - 1] == (one > 0) for one in clause) for clause in clauses)


def puzzle_of(lenient: bool) -> Callable[[Random, int], Task]:
    """Random 3-SAT; the lenient reader takes what it cannot read for "everything false"."""

    def make(rng: Random, index: int) -> Task:
        solution = [rng.random() < 0.5 for _ in range(VARIABLES)]
        clauses: list[Clause] = []
        while len(clauses) < CLAUSES:
            clause = tuple(place * rng.choice((1, -1)) for place in rng.sample(range(1, VARIABLES + 1), 3))
            clauses += [clause] if satisfied([clause], solution) else []

        def verify(text: str) -> float:
            values = json_answer(text)
            if not (isinstance(values, list) and [type(one) for one in values] == [bool] * VARIABLES):
                if not lenient:
                    return 0.0
                values = [False] * VARIABLES
            return float(satisfied(clauses, values))

        query = Query(id=f"task-{index:08d}", messages=(Message(role="user", content=str(clauses)),))
        return Task("sat", index, query, json.dumps(solution), verify)

    return make


def garbage(met: Situation) -> Reply:
    return answered(met.task, "?!")


def test_j5_garbage_earns_nothing_where_a_parse_failure_is_an_outcome_of_its_own() -> None:
    off = Network([garbage], make=puzzle_of(lenient=True))
    on = Network([garbage], make=puzzle_of(lenient=False))
    assert attackers_share(off) > 0.03, "the attack works on a parser with a default"
    assert attackers_share(on) == 0.0


def test_j5_results_that_are_missing_are_no_results_that_are_left_out() -> None:
    try:
        source = Code()
    except IsolationMissing as missing:
        pytest.skip(str(missing))
    family, seed = "list_pipeline@1", 3
    exercise, truth = source.exercise(family, seed)
    task = source.make(family, seed, "task-00000001", 10.0)

    def lenient(text: str) -> float:
        """The mean over those tests that came to a result."""
        run = source.sandbox.call(code_in(text) or "", exercise.function, exercise.inputs)
        given = [claim[0] == value for claim, value in zip(run.claims, truth, strict=True) if claim]
        return sum(given) / len(given)

    answer = f"```python\n{only_the_trivial(exercise.function)}```"
    assert replace(task, verify=lenient).verify(answer) == 1.0, "the attack works where gaps are left out"
    assert task.verify(answer) <= 0.1 < task.solved_from
