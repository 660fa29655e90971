"""Miners that answer without working: they make the validator's tasks again from public data, remember what was
asked, or answer a question of their own choice.

What is public of an epoch: its number, the hash of its first block, the schedule of families, the pledge of its
secret, and all secrets that were revealed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping

from subnet.attackers.strategies import WRONG, Situation, Strategy, answered
from subnet.protocol import Query, Reply
from subnet.tasks.base import Task
from subnet.tasks.draw import drawn
from subnet.tasks.mix import Mix
from subnet.tasks.secret import EpochSecret

Table = Mapping[str, str]
"""Right answers by what was asked."""


def keys_of(public: Iterable[bytes], epoch: int) -> list[bytes]:
    """What an attacker tries as the epoch's secret: each public value, hashed, and keyed with the epoch."""
    values = list(public)
    plain = [value for value in values if len(value) == 32]
    hashed = [hashlib.sha256(value).digest() for value in values]
    keyed = [hmac.digest(value, f"epoch/{epoch}".encode(), "sha256") for value in values]
    chained = [hashlib.sha256(value + f"/{epoch}".encode()).digest() for value in values]
    return [*plain, *hashed, *keyed, *chained]


def regenerated(mix: Mix, block_hash: str, epoch: int, keys: Iterable[bytes], count: int) -> Table:
    """The answers to the first `count` tasks of an epoch, as each of these keys would make them."""
    tasks = (drawn(mix, EpochSecret(epoch, key), block_hash, at, 1.0) for key in keys for at in range(count))
    return remembered(tasks)


def remembered(tasks: Iterable[Task]) -> Table:
    """The answers to tasks that were seen before, and whose answers became known."""
    return {asked(task.query): task.reference for task in tasks}


def asked(query: Query) -> str:
    """What a query asks, whatever its id is."""
    return json.dumps([(message.role, message.content) for message in query.messages])


def looking_up(table: Table, otherwise: str = WRONG) -> Strategy:
    """A miner with a table of answers and no model."""

    def looking_up(met: Situation) -> Reply:
        return answered(met.task, table.get(asked(met.task.query), otherwise))

    return looking_up


def choosing(favourite: Task) -> Strategy:
    """A miner that answers a question of its own choice, and says so."""
    own = {"question": favourite.query.messages[-1].content, "answer": favourite.reference}

    def choosing(met: Situation) -> Reply:
        return answered(met.task, json.dumps(own))

    return choosing
