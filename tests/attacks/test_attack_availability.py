"""Attacks on when and how much a miner works: cherry-picking, part-time work, overstated capacity, garbage later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import fsum

import pytest

from reward.rubric import Rubric
from reward.text import contains
from subnet.attackers.strategies import (
    able,
    cherry_picking,
    garbage_after,
    overloaded,
    part_time,
    spoilt_after,
)
from subnet.protocol import Hotkey, Reply
from subnet.tasks.base import Task, Undecided
from subnet.validator.scores import Observation
from tests.attacks.network import QUALITY, Network, attackers_mean, attackers_share


def of_each(observations: Sequence[Observation]) -> dict[Hotkey, list[Observation]]:
    """The observations of each hotkey."""
    found: dict[Hotkey, list[Observation]] = {}
    for seen in observations:
        found.setdefault(seen.hotkey, []).append(seen)
    return found


def mean_of_answered(observations: Sequence[Observation], now: int) -> Mapping[Hotkey, float]:
    """The usual mistake: a miner is worth the mean of what it chose to answer."""
    scores = {}
    for hotkey, known in of_each(observations).items():
        values = [seen.value or 0.0 for seen in known if seen.failure is None]
        scores[hotkey] = fsum(values) / len(values) if values else 0.0
    return scores


def slow_average(observations: Sequence[Observation], now: int) -> Mapping[Hotkey, float]:
    """The template's moving average over rounds, with a rate of 0.01."""
    scores = {}
    for hotkey, known in of_each(observations).items():
        score = 0.0
        for seen in known:
            score += 0.01 * ((seen.value or 0.0) - score)
        scores[hotkey] = score
    return scores


def audit(task: Task, reply: Reply) -> float:
    """Whether a reply can be audited; stands for any proof that a miner has to bring."""
    if "\x00" in (reply.text or ""):
        raise ValueError("no proof can be read")
    return 1.0


def lenient_audit(task: Task, reply: Reply) -> float:
    """The mistake: what cannot be read is taken for the validator's own fault."""
    try:
        return audit(task, reply)
    except ValueError:
        raise Undecided("unreadable") from None


def test_an_honest_tenth_miner_earns_a_tenth() -> None:
    assert attackers_share(Network([able(QUALITY)])) == pytest.approx(0.1, abs=0.01)


def test_m9_answering_only_the_easy_third_pays_for_a_third() -> None:
    attack = [cherry_picking(0.3)]
    assert attackers_share(Network(attack, fold=mean_of_answered)) > 0.11, (
        "the attack works without the defence"
    )
    assert attackers_share(Network(attack)) <= 0.04


def test_m20_a_miner_that_works_a_fifth_of_the_time_earns_no_more_than_a_fifth() -> None:
    attack = [part_time(0.2, QUALITY)]
    cycle = range(11, 16)
    slow = attackers_mean(Network(attack, tasks=10, fold=slow_average), cycle)
    assert slow > 0.02, "the attack works against a slow average"
    assert attackers_mean(Network(attack, tasks=10), cycle) <= 0.02


def test_m18_declared_capacity_that_is_not_there_is_not_paid() -> None:
    """Ten queries at once are answered as far as the real capacity goes; the rest is silence, and worth nothing."""
    attack = [overloaded(declared=10, capacity=1, quality=QUALITY)]
    honest = attackers_share(Network([able(QUALITY)]))
    declared = 10 * honest / (10 * honest + 1 - honest)
    assert declared > 0.5, "by its word the attacker would be paid for ten"
    assert attackers_share(Network(attack)) <= 0.1


def test_m19_a_proof_that_cannot_be_read_is_a_failed_proof_not_a_neutral_one() -> None:
    """The attacker's answers are right, its proofs are garbage from the second epoch on."""
    attack = [spoilt_after(1, QUALITY)]
    lenient = Rubric({contains: 1.0}, proofs={lenient_audit: 280})
    strict = Rubric({contains: 1.0}, proofs={audit: 280})
    assert attackers_share(Network(attack, lenient), epochs=2) > 0.09, "neutral is paid for ever"
    assert attackers_share(Network(attack, strict), epochs=2) < 0.01


def test_garbage_after_a_good_start_lives_off_the_average_for_a_while_only() -> None:
    shares = [attackers_share(Network([garbage_after(1, QUALITY)]), epochs) for epochs in (1, 3, 7)]
    assert shares[0] > 0.09
    assert shares[1] < 0.05
    assert shares[2] < 0.01
