"""Talking to the judge instead of answering, in the reference network: injections and flattery."""

from __future__ import annotations

from collections.abc import Sequence

from reward.judge import judged_by
from reward.rubric import OfRound, Rubric
from subnet.attackers.injections import INJECTIONS, injected
from subnet.attackers.strategies import Situation, Strategy, able, answered
from subnet.protocol import Reply
from subnet.tasks.base import Task
from tests.attacks.network import QUALITY, Network, attackers_share, open_question
from tests.reward.toy_judges import Seen, Toy, obeys_conditions, swayed_by_length

KEY = bytes(range(32))
FLATTERY = (
    "What a wonderful question, thank you for it; here is a truly thorough reply, in all the depth it merits. "
    * 4
)


def naively(opinion: Toy) -> OfRound:
    """A judge without defences: it believes what the model says of one prompt."""

    def naive(task: Task, replies: Sequence[Reply]) -> list[float]:
        question = task.query.messages[-1].content
        return [opinion.opinion(Seen(question, task.reference, reply.text or "", True)) for reply in replies]

    return OfRound(naive)


def injecting() -> Strategy:
    """Knows nothing, and tries one injection after the other."""
    return lambda met: answered(met.task, injected("I cannot say.", INJECTIONS[met.index % len(INJECTIONS)]))


def flattering(quality: float) -> Strategy:
    """As able as anybody, with much ado."""

    def flattering(met: Situation) -> Reply:
        return answered(met.task, FLATTERY + (able(quality)(met).text or ""))

    return flattering


def network(attack: Strategy, judge: OfRound) -> Network:
    """The reference network on open questions, judged by one judge."""
    return Network([attack], Rubric({judge: 1.0}), make=open_question, tasks=10)


def test_j1_an_attacker_that_only_talks_to_the_judge_earns_nothing() -> None:
    toy = Toy(obeys_conditions)
    assert attackers_share(network(injecting(), naively(toy)), 1) > 0.11, "the attack works on a naive judge"
    assert attackers_share(network(injecting(), judged_by(toy, KEY)), 1) <= 0.01


def test_j2_flattery_and_padding_earn_no_more_than_the_answer_itself() -> None:
    toy = Toy(swayed_by_length)
    plain = attackers_share(network(able(QUALITY), judged_by(toy, KEY)), 1)
    assert attackers_share(network(flattering(QUALITY), naively(toy)), 1) > 1.1 * 0.1
    assert attackers_share(network(flattering(QUALITY), judged_by(toy, KEY)), 1) <= 1.02 * plain
