"""Whether a validator's tasks were what its secrets say: for anyone who has its chain record and what it asked.

An epoch is in order when its secret's hash was published before its first block, the secret was revealed later and
fits, and every task that was asked is one that the secret and the public schedule make. What is not in order is
named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from subnet.protocol import Query
from subnet.tasks.draw import drawn
from subnet.tasks.mix import Mix
from subnet.tasks.pledge import Pledge
from subnet.tasks.secret import EpochSecret

MOST_INDICES = 1 << 16
"""Tasks of one epoch that are looked for: more than any validator asks."""


@dataclass(frozen=True, slots=True)
class Made:
    """A pledge as the chain has it, and the block in which it was made."""

    block: int
    pledge: Pledge


@dataclass(frozen=True, slots=True)
class Asked:
    """What a validator asked in one epoch; `first_block` and `block_hash` are those of the epoch's first block.

    `due` is whether its secret is to be revealed by now.
    """

    epoch: int
    first_block: int
    block_hash: str
    queries: Sequence[Query]
    due: bool = True


@dataclass(frozen=True, slots=True)
class Audited:
    """What came of one epoch: `problems` is empty when all is in order. `left_out` counts tasks that were drawn in
    between and not asked here: some restarts and the sampling of recordings leave out some, many are a choice.
    `pending` is an epoch whose secret is not revealed yet, and need not be.
    """

    epoch: int
    tasks: int
    left_out: int
    problems: tuple[str, ...]
    pending: bool = False


def audited(asked: Asked, made: Iterable[Made], mix: Mix) -> Audited:
    """One epoch of one validator, whose pledges are `made` and who says that it asks `mix`."""
    record = list(made)
    pledged = {one.pledge.commitment for one in record if _in_time(one, asked)}
    revealed = [one.pledge.revealed() for one in record if one.pledge.past == asked.epoch]
    problems = _unpledged(pledged)
    if not revealed and not asked.due:
        return Audited(asked.epoch, len(asked.queries), 0, tuple(problems), pending=True)
    if not revealed or revealed[0] is None:
        return Audited(asked.epoch, len(asked.queries), 0, (*problems, "its secret was not revealed"))
    secret = revealed[0]
    if pledged and secret.commitment() not in pledged:
        problems.append("the revealed secret is not the pledged one")
    places = _places(secret, asked.queries)
    strange = sum(not _belongs(query, places.get(query.id), (asked, secret, mix)) for query in asked.queries)
    if strange:
        problems.append(f"{strange} of {len(asked.queries)} tasks are not those of the revealed secret")
    found = set(places.values())
    left_out = max(found) - min(found) + 1 - len(found) if found else 0
    return Audited(asked.epoch, len(asked.queries), left_out, tuple(problems))


def _in_time(one: Made, asked: Asked) -> bool:
    return one.pledge.epoch == asked.epoch and one.block < asked.first_block


def _unpledged(pledged: set[bytes]) -> list[str]:
    if len(pledged) > 1:
        return ["it was pledged to several secrets"]
    return [] if pledged else ["no secret was pledged before it began"]


def _places(secret: EpochSecret, queries: Sequence[Query]) -> Mapping[str, int]:
    """At which index of the epoch each query was drawn, where it was drawn at all."""
    wanted = {query.id for query in queries}
    found: dict[str, int] = {}
    for index in range(MOST_INDICES):
        if len(found) == len(wanted):
            break
        if (name := secret.query_id(index)) in wanted:
            found[name] = index
    return found


def _belongs(query: Query, index: int | None, source: tuple[Asked, EpochSecret, Mix]) -> bool:
    asked, secret, mix = source
    if index is None:
        return False
    return drawn(mix, secret, asked.block_hash, index, query.seconds).query == query
