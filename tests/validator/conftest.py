"""Peers, replies and observations to try a validator's memory with."""

import pytest

from subnet.protocol import Address, Answer, Coldkey, Hotkey, Message, Peer, Query, Reply
from subnet.tasks.base import Task
from subnet.validator.ledger import Ledger
from subnet.validator.scores import Observation
from subnet.validator.store import Store


def make_peer(name, registered_at=0, address=True, coldkey=None, uid=0, permit=False):
    return Peer(
        hotkey=Hotkey(name),
        coldkey=Coldkey(coldkey or f"cold-{name}"),
        uid=uid,
        address=Address("127.0.0.1", 8000) if address else None,
        stake=0,
        validator_permit=permit,
        incentive=0.0,
        dividends=0.0,
        emission=0,
        registered_at=registered_at,
        last_update=0,
    )


def make_observation(hotkey="a", block=0, value=1.0, evidence=1.0, round_id=None, task_id="t", **more):
    return Observation(
        hotkey=Hotkey(hotkey),
        coldkey=Coldkey(more.pop("coldkey", f"cold-{hotkey}")),
        registered_at=more.pop("registered_at", 0),
        block=block,
        epoch=more.pop("epoch", block // 100),
        round_id=round_id or f"round-{block}",
        task_id=task_id,
        family="test",
        value=value,
        evidence=evidence if value is not None else 0.0,
        seconds=more.pop("seconds", 0.5),
        **more,
    )


def make_task(name="task-0001", reference="42"):
    query = Query(id=name, messages=(Message(role="user", content="?"),), seconds=1.0)
    return Task("test", 1, query, reference, lambda text: float(text == reference))


def answered(task, text, seconds=0.1):
    return Reply(Answer(query_id=task.id, text=text, model="m"), seconds)


@pytest.fixture
def peer():
    return make_peer


@pytest.fixture
def observation():
    return make_observation


@pytest.fixture
def task():
    return make_task


@pytest.fixture
def answer():
    return answered


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "validator.db") as opened:
        yield opened


@pytest.fixture
def ledger(store):
    return Ledger(store)
