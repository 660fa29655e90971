"""One brain on several seats, and the wrong cure for it: a penalty for likeness that pays for being different."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest

from reward.overlap import rouge_l
from reward.rubric import OfRound, Rubric
from subnet.attackers.strategies import Situation, Strategy, answered
from subnet.protocol import Message, Query, Reply
from subnet.tasks.base import Task
from tests.attacks.network import HONEST, Network, attackers_mean

VOCABULARY = [f"word{number}" for number in range(400)]
SEATS = 5


def essay(rng: Random, index: int) -> Task:
    """A question that can be answered in many ways; the reference is one of them."""
    query = Query(id=f"essay-{rng.getrandbits(40):010x}", messages=(Message(role="user", content="?"),))
    return Task("essay", 0, query, " ".join(rng.choices(VOCABULARY, k=40)), verify=lambda text: 0.0)


def paraphrased(reference: str, kept: float, rng: Random) -> str:
    """The reference in other words: this share of them is left as it is."""
    return " ".join(word if rng.random() < kept else rng.choice(VOCABULARY) for word in reference.split())


def writing(kept: float) -> Strategy:
    """A miner with a hand of its own."""
    return lambda met: answered(met.task, paraphrased(met.task.reference, kept, met.rng))


def one_brain() -> Strategy:
    """What each seat of one owner says: the same as all the others."""
    return lambda met: answered(met.task, paraphrased(met.task.reference, 0.7, Random(met.task.id)))


def copying() -> Strategy:
    """Says what the first honest miner said, slightly changed."""

    def copying(met: Situation) -> Reply:
        return answered(met.task, paraphrased(met.others[0].text or "", 0.98, met.rng))

    return copying


def penalised(task: Task, replies: Sequence[Reply]) -> list[float]:
    """The wrong cure: an answer is worth the less the more it is like the others."""
    words = [set((reply.text or "").split()) for reply in replies]
    return [
        max(0.0, 1.0 - 2.0 * sum(len(mine & other) / 40 for other in words if other is not mine) / len(words))
        for mine in words
    ]


QUALITY = Rubric({rouge_l: 1.0})


def network(
    *attackers: Strategy, split: bool = True, rubric: Rubric = QUALITY, honest: float = 0.7
) -> Network:
    """The reference network on essays."""
    return Network(attackers, rubric, split=split, honest=writing(honest), make=essay)


def test_m1_five_seats_with_one_brain_earn_no_more_than_one() -> None:
    one = attackers_mean(network(one_brain()), [2])
    five = network(*[one_brain()] * SEATS, split=False)
    assert attackers_mean(five, [2]) > 0.33, "the attack works where each seat is paid"
    assert attackers_mean(network(*[one_brain()] * SEATS), [2]) <= 1.05 * one


def test_a_victim_of_copying_loses_nothing_to_its_copy_but_the_seat_it_shares_with_it() -> None:
    """Nobody has committed here, so that the two share one pay; `kept` gives it whole to whoever was first."""
    shares = network(copying()).shares(2)
    pair = shares["honest-0"] + shares["attacker-0"]  # type: ignore[index]
    assert pair == pytest.approx(1 / (HONEST + 0.0), rel=0.05)
    others = [share for hotkey, share in shares.items() if hotkey not in ("honest-0", "attacker-0")]
    assert min(others) >= 0.99 * 0.1


def test_j8_being_poor_but_different_is_paid_by_its_quality() -> None:
    """The honest ones are alike because they are right; the attacker is neither."""
    attack = writing(0.2)
    inverted = Rubric({rouge_l: 0.5, OfRound(penalised): 0.5})
    fair = attackers_mean(network(attack, split=False, honest=0.85), [2])
    assert attackers_mean(network(attack, split=False, rubric=inverted, honest=0.85), [2]) > 1.5 * fair
    assert attackers_mean(network(attack, honest=0.85), [2]) == pytest.approx(fair, rel=1e-6)
