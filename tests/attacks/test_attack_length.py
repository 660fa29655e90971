"""Saying more than was asked: padding against a reward that likes length."""

from __future__ import annotations

from reward.length import concise
from reward.rubric import Rubric
from reward.text import contains
from subnet.attackers.strategies import padding
from subnet.protocol import Reply
from subnet.tasks.base import Task
from tests.attacks.network import QUALITY, Network, attackers_share, open_question


def eloquent(task: Task, reply: Reply) -> float:
    """The weakness of many judges: the longer an answer, the better they like it."""
    return min(1.0, len(reply.text or "") / (4 * len(task.reference)))


def test_m16_three_times_the_words_do_not_pay_where_an_answer_has_a_length() -> None:
    attack = [padding(QUALITY, times=3)]
    weights = {contains: 0.6, eloquent: 0.4}
    off, on = Rubric(weights), Rubric(weights, gates=[concise()])
    assert attackers_share(Network(attack, off, make=open_question)) > 0.12, "the judge likes length"
    assert attackers_share(Network(attack, on, make=open_question)) <= 0.09
