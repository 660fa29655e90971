"""A validator with `--split-copies`: seats with one brain share one pay, and the rest is burnt."""

import random

import pytest

from neurons.copies import Copies
from subnet.protocol import Answer, Message, Peer, Query, Reply
from subnet.settings import ValidatorSettings
from subnet.tasks.base import Reward, Task
from subnet.validator.round import Judgement, Moment, Round

HONEST = [f"honest{number}" for number in range(9)]
SYBILS = [f"sybil{number}" for number in range(5)]
OWNER = "owner"


def prose(rng):
    return " ".join(f"word{rng.randrange(300)}" for _ in range(30))


def judgement(hotkey, task, text):
    peer = Peer(hotkey, "cold", 0, None, 0, False, 0.0, 0.0, 0, 0, 0)
    if text is None:
        return Judgement(peer, task, Reply.missing("timeout", 1.0), Reward(0.0, 1.0, (), ""))
    reply = Reply(Answer(query_id="abcdefgh", text=text, model="m"), 1.0)
    return Judgement(peer, task, reply, Reward(1.0, 1.0, (), ""))


def played(rng, number):
    query = Query(id=f"task-{number:04}", messages=(Message(role="user", content="?"),))
    task = Task("open", number, query, "-", lambda text: 0.0)
    brain = prose(rng)
    said = {hotkey: prose(rng) for hotkey in HONEST} | dict.fromkeys(SYBILS, brain) | {"silent": None}
    return Round(
        Moment("r", 1, number), tuple(judgement(hotkey, task, text) for hotkey, text in said.items())
    )


@pytest.fixture(scope="module")
def copies():
    found, rng = Copies(window=40), random.Random(1)
    for number in range(60):
        found.round(played(rng, number), {})
    return found


def test_five_seats_with_one_brain_get_one_pay_and_nobody_else_more_or_less(copies):
    weights = dict.fromkeys([*HONEST, *SYBILS, OWNER], 1 / 15)
    split = copies.split(weights, OWNER)
    assert sum(split[hotkey] for hotkey in SYBILS) == pytest.approx(1 / 15)
    assert all(split[hotkey] == weights[hotkey] for hotkey in HONEST)
    assert split[OWNER] == pytest.approx(5 / 15)
    assert sum(split.values()) == pytest.approx(1.0)


def test_without_a_seat_of_the_owner_nothing_is_given_to_it(copies):
    split = copies.split(dict.fromkeys([*HONEST, *SYBILS], 1 / 14), None)
    assert sorted(split) == sorted([*HONEST, *SYBILS])


def test_seats_that_earn_nothing_do_not_share(copies):
    """Whoever of a group has no weight takes nothing from the others of it."""
    split = copies.split({SYBILS[0]: 0.5, HONEST[0]: 0.5}, OWNER)
    assert split == {SYBILS[0]: 0.5, HONEST[0]: 0.5}


def test_nothing_is_split_before_anything_was_seen_and_by_default_never():
    assert Copies().split({"a": 0.5, "b": 0.5}, OWNER) == {"a": 0.5, "b": 0.5}
    assert not ValidatorSettings.model_fields["split_copies"].default
