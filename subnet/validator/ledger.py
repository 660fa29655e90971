"""Every judged reply: scores are computed from this and from nothing else.

All observations of a round are written in one transaction: a process that is killed loses at most the round in
flight, and never half a round. Task indices are handed out here as well, before a task is asked, so that no
restart asks the same task twice.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace

from subnet.protocol import Hotkey, Peer
from subnet.tasks.base import Part
from subnet.validator.memory import Stay, newest, standings, stay_of
from subnet.validator.scores import MOST, Observation, Rules, Score, decided
from subnet.validator.store import Store

FIELDS = (
    "hotkey",
    "coldkey",
    "registered_at",
    "block",
    "epoch",
    "round_id",
    "task_id",
    "family",
    "value",
    "evidence",
    "seconds",
    "failure",
    "parts",
    "reason",
)
INSERT = f"INSERT INTO observations ({', '.join(FIELDS)}) VALUES ({', '.join('?' * len(FIELDS))})"
# SQLite compares text byte by byte as UTF-8, which is the order that Python gives the same strings.
REMEMBERED = """
SELECT * FROM (
    SELECT *, row_number() OVER (
        PARTITION BY hotkey, coldkey, registered_at ORDER BY block DESC, round_id DESC, task_id DESC
    ) AS place
    FROM observations WHERE value IS NOT NULL AND evidence > 0
) WHERE place <= ? ORDER BY id
"""
HISTORY = """
SELECT * FROM observations
WHERE (?1 IS NULL OR hotkey = ?1) AND (?2 IS NULL OR epoch = ?2) ORDER BY id
"""
# Of a hotkey and of all that its coldkeys ever held: what its score is made of is among them.
RELATED = """
SELECT * FROM observations WHERE hotkey = ?1
OR coldkey = ?2 OR coldkey IN (SELECT coldkey FROM observations WHERE hotkey = ?1) ORDER BY id
"""


class Ledger:
    """The observations in a store.

    What scores need of them is also kept in memory, at most MOST for each stay: read once at the start, then
    added to as rounds are appended.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._stays: dict[Stay, list[Observation]] = {}
        self._remember(_observation(row) for row in store.read(REMEMBERED, MOST))

    def append(self, observations: Iterable[Observation]) -> None:
        """Adds a round's observations, all or none; ConditionError when the file refuses them."""
        known = list(observations)
        with self._store.transaction() as connection:
            connection.executemany(INSERT, [_row(seen) for seen in known])
        self._remember(known)

    def draw(self, epoch: int, count: int) -> range:
        """`count` task indices of an epoch that were never handed out before."""
        with self._store.transaction() as connection:
            row = connection.execute(
                "SELECT coalesce(max(first + count), 0) FROM draws WHERE epoch = ?", (epoch,)
            ).fetchone()
            first = int(row[0])
            connection.execute("INSERT INTO draws VALUES (?, ?, ?)", (epoch, first, count))
        return range(first, first + count)

    def scores(self, now: int, members: Mapping[Hotkey, Peer], rules: Rules) -> dict[Hotkey, Score]:
        """The scores of the members of which anything is known, at block `now`; see `subnet.validator.memory`."""
        return standings(self.known(), members, now, rules)

    def observed(self) -> dict[Hotkey, int]:
        """How many observations count for each hotkey, at most MOST."""
        counts: dict[Hotkey, int] = {}
        for (hotkey, _, _), known in self._stays.items():
            counts[hotkey] = min(MOST, counts.get(hotkey, 0) + len(known))
        return counts

    def observations(self, hotkey: Hotkey | None = None, epoch: int | None = None) -> Iterator[Observation]:
        """What was ever observed, in order, parts and reasons included; of one hotkey or one epoch if given.

        What `subnet.validator.compaction` has cleared away is missing.
        """
        yield from map(_whole, self._store.read(HISTORY, hotkey, epoch))

    def known(self) -> Iterator[Observation]:
        """What scores are made of, without parts and reasons."""
        for known in self._stays.values():
            yield from known

    def _remember(self, observations: Iterable[Observation]) -> None:
        grown: set[Stay] = set()
        for seen in filter(decided, observations):
            stay = stay_of(seen)
            self._stays.setdefault(stay, []).append(replace(seen, parts=(), reason=""))
            grown.add(stay)
        for stay in grown:
            self._stays[stay] = newest(self._stays[stay])


def related(store: Store, hotkey: Hotkey, member: Peer | None) -> list[Observation]:
    """All observations that can count for a hotkey, parts and reasons included, in order."""
    return [_whole(row) for row in store.read(RELATED, hotkey, None if member is None else member.coldkey)]


def _row(seen: Observation) -> tuple[object, ...]:
    parts = json.dumps([asdict(part) for part in seen.parts], separators=(",", ":"))
    return tuple(parts if name == "parts" else getattr(seen, name) for name in FIELDS)


def _observation(row: sqlite3.Row) -> Observation:
    """A row without its parts and reason, which scores do not need."""
    return Observation(**{name: row[name] for name in FIELDS if name not in ("parts", "reason")})


def _whole(row: sqlite3.Row) -> Observation:
    return replace(_observation(row), parts=_parts(row["parts"]), reason=row["reason"])


def _parts(text: str) -> tuple[Part, ...]:
    return tuple(Part(**part) for part in json.loads(text))
