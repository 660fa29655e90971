"""Other people's models under one's own name: late copies, and copies that were shaken so that their hash is new."""

from __future__ import annotations

import numpy as np

from subnet.protocol import Hotkey
from subnet.tasks.secret import Secret
from subnet.tasks.submit_model import Hill, Rules, Submission, Verdict, content_of, drawn
from tests.tasks.bigrams import behaviour, shaken, trained

SECRET = Secret(b"c" * 32)
TRIES = 20
VICTIM = Hotkey("victim")
WORK = trained(range(2000, 2040))
# What a hill without these defences does: whoever has the lower loss once has the crown.
OPEN = Rules(margin=0.0, deviations=0.0, repeats=0, documents=20, copy_nats=0.0)


def crowned(rules: Rules, size: float) -> list[Verdict]:
    """The verdicts on twenty shaken copies of the victim's model, each under a hotkey of its own."""
    models = {VICTIM: WORK}
    hill = Hill(rules=rules, champion=None)
    hill, first = hill.challenged(
        Submission(VICTIM, content_of({"m": b"victim"}), 1),
        SECRET.of_epoch(0),
        2,
        lambda one, seeds: behaviour(WORK, seeds),
    )
    assert first.crowned
    verdicts = []
    for number in range(1, TRIES + 1):
        name = Hotkey(f"thief-{number}")
        models[name] = shaken(WORK, size, number)
        copy = Submission(name, content_of({"m": name.encode()}), 10 * number)
        _, verdict = hill.challenged(
            copy,
            SECRET.of_epoch(number),
            10 * number + 5,
            lambda one, seeds: behaviour(models[one.hotkey], seeds),
        )
        verdicts.append(verdict)
    return verdicts


def test_m6_twenty_shaken_copies_take_the_crown_of_an_open_hill_and_none_of_this_one() -> None:
    assert sum(verdict.crowned for verdict in crowned(OPEN, 1e-4)) >= 5, "the attack works: a coin is tossed"
    assert not any(verdict.crowned for verdict in crowned(Rules(), 1e-4))


def test_m6_no_copy_is_lifted_over_the_margin_by_chance_even_where_its_behaviour_looks_new() -> None:
    """Without the look at behaviour, margin and repetition alone leave less than one chance in a thousand."""
    rules = Rules(copy_nats=0.0)
    verdicts = [verdict for size in (1e-4, 1e-3, 1e-2, 3e-2) for verdict in crowned(rules, size)]
    assert not any(verdict.crowned for verdict in verdicts)
    seeds = drawn(SECRET.of_epoch(1), 0, 32)
    champion = behaviour(WORK, seeds).losses()
    gains = [
        (champion - behaviour(shaken(WORK, 1e-4, number), seeds).losses()).mean() for number in range(200)
    ]
    # The margin lies so many standard deviations of such gains away that chance is out of the question.
    assert rules.margin * champion.mean() > 50 * float(np.std(gains))


def test_m4_a_late_copy_earns_nothing_and_the_victim_keeps_its_crown() -> None:
    content = content_of({"model": b"the victim's files"})
    first, late = Submission(VICTIM, content, 10), Submission(Hotkey("thief"), content, 11)
    hill, verdict = Hill().challenged(
        first, SECRET.of_epoch(1), 100, lambda one, seeds: behaviour(WORK, seeds)
    )
    assert verdict.crowned
    hill, verdict = hill.challenged(late, SECRET.of_epoch(1), 100, lambda one, seeds: behaviour(WORK, seeds))
    assert not verdict.crowned
    assert hill.champion == first
    renamed = Submission(Hotkey("thief"), content_of({"renamed": b"the victim's files"}), 12)
    hill, verdict = hill.challenged(
        renamed, SECRET.of_epoch(1), 100, lambda one, seeds: behaviour(WORK, seeds)
    )
    assert verdict.reason == "it behaves as the submission of block 10 does"
    assert hill.champion == first
