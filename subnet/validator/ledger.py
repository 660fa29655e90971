"""Every judged reply, kept for good: scores are computed from this and from nothing else.

All observations of a round are written in one transaction: a process that is killed loses at most the round in
flight, and never half a round. Task indices are handed out here as well, before a task is asked, so that no
restart asks the same task twice.
"""

from __future__ import annotations

import json
import sqlite3
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace

from subnet.protocol import Hotkey, Peer
from subnet.tasks.base import Part
from subnet.validator.scores import MOST, Observation, Rules, Score, inherited, scores
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
NEWEST = """
SELECT * FROM (
    SELECT *, row_number() OVER (PARTITION BY hotkey ORDER BY block DESC, id DESC) AS place
    FROM observations WHERE value IS NOT NULL AND evidence > 0
) WHERE place <= ? ORDER BY id
"""
HISTORY = """
SELECT * FROM observations
WHERE (?1 IS NULL OR hotkey = ?1) AND (?2 IS NULL OR epoch = ?2) ORDER BY id
"""


class Ledger:
    """The observations in a store.

    What scores need of them is also kept in memory, at most MOST for each hotkey: read once at the start, then
    added to as rounds are appended.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._recent: dict[Hotkey, deque[Observation]] = {}
        self._remember(_observation(row) for row in store.read(NEWEST, MOST))

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
        """The scores of the members of which anything is known, at block `now`; swapped hotkeys keep theirs."""
        found = scores(inherited(self._known(), members), now, rules)
        return {hotkey: score for hotkey, score in found.items() if hotkey in members}

    def observed(self) -> dict[Hotkey, int]:
        """How many observations count for each hotkey, at most MOST."""
        return {hotkey: len(known) for hotkey, known in self._recent.items()}

    def observations(self, hotkey: Hotkey | None = None, epoch: int | None = None) -> Iterator[Observation]:
        """What was ever observed, in order, parts and reasons included; of one hotkey or one epoch if given."""
        for row in self._store.read(HISTORY, hotkey, epoch):
            yield replace(_observation(row), parts=_parts(row["parts"]), reason=row["reason"])

    def _known(self) -> Iterator[Observation]:
        for known in self._recent.values():
            yield from known

    def _remember(self, observations: Iterable[Observation]) -> None:
        for seen in observations:
            if seen.value is not None and seen.evidence > 0:
                recent = self._recent.setdefault(seen.hotkey, deque(maxlen=MOST))
                recent.append(replace(seen, parts=(), reason=""))


def _row(seen: Observation) -> tuple[object, ...]:
    parts = json.dumps([asdict(part) for part in seen.parts], separators=(",", ":"))
    return tuple(parts if name == "parts" else getattr(seen, name) for name in FIELDS)


def _observation(row: sqlite3.Row) -> Observation:
    """A row without its parts and reason, which scores do not need."""
    return Observation(**{name: row[name] for name in FIELDS if name not in ("parts", "reason")})


def _parts(text: str) -> tuple[Part, ...]:
    return tuple(Part(**part) for part in json.loads(text))
