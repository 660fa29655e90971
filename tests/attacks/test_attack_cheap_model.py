"""A cheaper model than the claimed one, always or now and then: what a rare check is worth with a memory."""

from __future__ import annotations

import hashlib

import pytest

from reward.rubric import Rubric
from reward.text import solved
from subnet.attackers.strategies import CHEAP, able, cheaper
from subnet.protocol import Reply
from subnet.tasks.base import Task, Undecided
from tests.attacks.network import QUALITY, Network, attackers_mean, attackers_share

AUDITED = 0.1
DETECTED = 0.99
REMEMBERED = 14 * 20
"""A failed check counts as many observations as fourteen epochs hold."""

EPOCHS = 14
COST = 0.05
"""What the claimed model costs its miner per epoch, as a share of all miners' emission: half of its fair share."""

CHEAPNESS = 0.1
"""What the cheap model costs of that."""


def chance(task: Task, purpose: str) -> float:
    """A number in [0, 1) that a task's secret id decides."""
    digest = hashlib.sha256(f"{purpose}/{task.id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def checked(task: Task, reply: Reply) -> float:
    """Stands for the check of the claimed model: a tenth of the tasks, found out in 99 of 100 cases."""
    if chance(task, "audited") >= AUDITED:
        raise Undecided("not sampled")
    assert reply.answer is not None
    return float(reply.answer.model != CHEAP or chance(task, "detected") >= DETECTED)


UNCHECKED = Rubric({solved: 1.0})
FORGETFUL = Rubric({solved: 1.0}, gates=[checked])
CHECKED = Rubric({solved: 1.0}, proofs={checked: REMEMBERED})


def mean_share(rubric: Rubric, share: float, quality: float) -> float:
    """What the cheater earns on average over fourteen epochs."""
    return attackers_mean(Network([cheaper(share, quality, QUALITY)], rubric), (1, 4, 7, 10, EPOCHS))


def test_m10_a_cheaper_model_earns_almost_as_much_unchecked_and_nothing_with_a_memory() -> None:
    attack = [cheaper(1.0, 0.7, QUALITY)]
    assert attackers_share(Network(attack, UNCHECKED)) > 0.085, (
        "nine tenths of the pay at a tenth of the cost"
    )
    assert attackers_share(Network(attack, FORGETFUL)) > 0.06, "a gate without memory costs one reply in ten"
    assert attackers_share(Network(attack, CHECKED)) < 0.005


@pytest.mark.parametrize("share", [1.0, 0.5, 0.2, 0.05])
def test_m11_cheating_now_and_then_earns_less_than_it_saves(share: float) -> None:
    """Even where the cheap model's answers are as good, so that nothing but the check can tell."""
    honest = 0.1 - COST
    cost = COST * (1 - share * (1 - CHEAPNESS))
    assert mean_share(UNCHECKED, share, QUALITY) - cost > honest, "the attack pays without the check"
    assert mean_share(CHECKED, share, QUALITY) - cost < honest


def test_an_honest_miner_is_not_touched_by_the_check() -> None:
    assert attackers_share(Network([able(QUALITY)], CHECKED), 5) == pytest.approx(0.1, abs=0.01)
