"""Numbers that are none: NaN and infinity in what a miner says of itself, or in what its code returns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

import pytest

from reward.rubric import Rubric
from subnet.attackers.code import TAMPERING, Facts, hostile
from subnet.attackers.strategies import answered
from subnet.protocol import Reply
from subnet.sandbox.box import Sandbox
from subnet.sandbox.canary import IsolationMissing, check
from subnet.tasks.base import Task
from tests.attacks.network import puzzle

HONEST = ("0.9", "0.8", "0.7")
NO_NUMBERS = ("nan", "-nan", "inf", "-inf", "1e999")


def claimed(task: Task, reply: Reply) -> float:
    """What a miner says of itself."""
    return float(reply.text or "")


def normalised(task: Task, replies: Sequence[Reply]) -> list[float]:
    """Rewards as an old template has them: shares of the sum, and what is not a number silently becomes 0."""
    values = [claimed(task, reply) for reply in replies]
    total = sum(values)
    return [0.0 if math.isnan(share := value / total) else share for value in values]


@pytest.mark.parametrize("number", NO_NUMBERS)
def test_j6_a_number_that_is_none_costs_its_sender_alone(number: str) -> None:
    task = puzzle(Random(1), 0)
    alone = [answered(task, text) for text in HONEST]
    replies = [*alone, answered(task, number)]
    assert not any(normalised(task, replies)[:3]), "the attack works on a sum: nobody is paid"

    rubric = Rubric({claimed: 1.0})
    *honest, attacker = rubric(task, replies)
    assert honest == rubric(task, alone)
    assert attacker.value == 0.0
    assert attacker.evidence == 1.0


@pytest.mark.parametrize(
    "attack", ["not a number", "forge what is not a number", "forge what is beyond all numbers"]
)
def test_j6_code_that_returns_no_number_has_no_result(attack: str) -> None:
    sandbox = Sandbox()
    try:
        check(sandbox)
    except IsolationMissing as missing:
        pytest.skip(str(missing))
    source = hostile(TAMPERING[attack], Facts(1, "nobody", "/nowhere", 1))
    assert not any(sandbox.call(source, "double", [[number] for number in range(10)]).claims)
