"""Tampering with the grader: an answer that is code takes its points from the process that judges it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from random import Random

import pytest

from subnet.attackers.code import equal_to_everything, reading_what_is_expected
from subnet.attackers.strategies import WRONG, Situation, Strategy, answered
from subnet.protocol import SEED_BITS, Reply
from subnet.sandbox.canary import IsolationMissing
from subnet.tasks.base import Task, Verify
from subnet.tasks.code import Code
from subnet.tasks.code.answer import code_in
from subnet.tasks.code.source import Hidden
from tests.attacks.network import ATTACKER, QUALITY, Network

FAMILY = "digits@1"
FUNCTION = "checksum"


@pytest.fixture(scope="module")
def source() -> Code:
    try:
        return Code()
    except IsolationMissing as missing:
        pytest.skip(str(missing))


def grading_within(source: Code, seed: int) -> Verify:
    """A grader as many subnets have it: the answer is run where the truth is, and judges the comparison itself."""
    exercise, truth = source.exercise(FAMILY, seed)

    def verify(text: str) -> float:
        space: dict[str, Callable[..., object]] = {}
        code = code_in(text)
        if code is None:
            return 0.0
        exec(code, space)
        passed = 0
        for given, expected in zip(exercise.inputs, truth, strict=True):
            passed += bool(space[FUNCTION](*given) == expected)
        return passed / len(truth)

    return lru_cache(verify)


def network(source: Code, attack: str, *, defended: bool) -> Network:
    """Honest miners that can program, and one that attacks the grader."""

    def make(rng: Random, index: int) -> Task:
        seed = rng.getrandbits(SEED_BITS)
        task = source.make(FAMILY, seed, f"task-{index:08d}", 10.0)
        return task if defended else replace(task, verify=grading_within(source, seed))

    def honest(met: Situation) -> Reply:
        solution = source.exercise(FAMILY, met.task.seed)[0].solution()
        return answered(met.task, block(solution) if met.rng.random() < QUALITY else WRONG)

    def hostile(met: Situation) -> Reply:
        return answered(met.task, block(attack))

    attackers: list[Strategy] = [hostile]
    return Network(attackers, honest=honest, make=make, tasks=4)


def block(code: str) -> str:
    return f"```python\n{code}```"


@pytest.mark.parametrize("attack", [reading_what_is_expected, equal_to_everything])
def test_j4_an_answer_that_tampers_with_its_grader_earns_nothing(
    attack: Callable[[str], str], source: Code
) -> None:
    code = attack(FUNCTION)
    undefended = network(source, code, defended=False).shares(epochs=1)
    assert undefended[ATTACKER] > 0.10, "the attack works in the grader's process"
    assert network(source, code, defended=True).shares(epochs=1)[ATTACKER] == 0.0


def test_j4_overwriting_the_points_does_not_reach_the_truth(source: Code) -> None:
    """terminal-bench's case: the expected values lie in a file that the answer may write."""
    code = (
        "import os\n"
        f"def {FUNCTION}(number):\n"
        "    for folder in ('/tmp', '.', os.path.dirname(os.__file__)):\n"
        "        try:\n"
        "            open(os.path.join(folder, 'expected.json'), 'w').write('[0]')\n"
        "        except OSError:\n"
        "            pass\n"
        "    return 0\n"
    )
    exercise, truth = source.exercise(FAMILY, 1)
    hidden = Hidden(source.sandbox, exercise, truth)
    assert hidden.share_passed(block(code)) < 0.5
    assert not os.path.exists(os.path.join(os.path.dirname(os.__file__), "expected.json"))  # noqa: PTH110, PTH118, PTH120
