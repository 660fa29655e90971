"""A byte budget for the ledger, within which every score stays what it is, to the last bit.

Scores are made of the newest MOST decided observations of each stay, as long as the stay is not forgotten
(`subnet.validator.memory`). That depends on nothing that can change later, so all the rest can go: observations
that are older, undecided, or forgotten, and the texts of those that stay. Explanations need texts and undecided
replies, so those of the newest epochs are kept as long as the budget allows.

What can go is found by a thread that only reads; it goes in slices that are transactions of their own, with a pause
behind each, so that a validator's other tasks run on. Whenever the process is killed, the file holds some of what no
score needs, and all that one does.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from subnet.validator.memory import FORGOTTEN
from subnet.validator.scores import MOST
from subnet.validator.store import JOURNAL, OBSERVATIONS, Store

log = logging.getLogger(__name__)

KEEP_EPOCHS = (50, 10, 2)
"""How many of the newest epochs stay untouched: tried in this order until the ledger fits its budget."""

KEEP_PLANS = 400
"""How many plans of weights the journal keeps, some weeks of epochs; open ones and the last effective one stay
anyway."""

SPARE_BLOCKS = 1000
"""A stay is cleared so much later than it is forgotten: a node that lags cannot bring it back."""

SLICE = 100
"""Rows, or pages of the file, that are cleared at once: some milliseconds of work."""

PAUSE_SECONDS = 0.005
"""Between two slices, for everything else that runs on the event loop."""

REMEMBERED = """
SELECT id FROM (
    SELECT id,
        row_number() OVER (stay ORDER BY block DESC, round_id DESC, task_id DESC) AS place,
        max(block) OVER stay AS newest
    FROM observations WHERE value IS NOT NULL AND evidence > 0
    WINDOW stay AS (PARTITION BY hotkey, coldkey, registered_at)
) WHERE place <= :most AND newest >= :unforgotten
"""
# Rows that lie together, those that are needed of them, and only where a row is not or has a text to clear.
STRETCHES = f"""
SELECT min(id), max(id), json_group_array(id) FILTER (WHERE needed) FROM (
    SELECT id, id IN ({REMEMBERED}) AS needed, parts != '[]' OR reason != '' AS told,
        (row_number() OVER (ORDER BY id) - 1) / {SLICE} AS stretch
    FROM observations WHERE epoch < :untouched
) GROUP BY stretch HAVING sum(NOT needed OR told) ORDER BY 1
"""
NEEDED = "SELECT * FROM observations WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id"
PLANS_GONE = """
SELECT id FROM journal WHERE plan <= (SELECT max(plan) FROM journal) - :plans
AND plan IN (SELECT plan FROM journal GROUP BY plan HAVING sum(status IN ('effective', 'failed')))
AND plan != (
    SELECT coalesce(max(plan), 0) FROM journal
    WHERE status = 'effective' AND block = (SELECT max(block) FROM journal WHERE status = 'effective')
)
"""
DRAWS_GONE = "SELECT rowid FROM draws WHERE epoch < :untouched"


class Budget:
    """Keeps a store within a number of bytes as far as its scores allow."""

    def __init__(self, store: Store, most_bytes: int) -> None:
        self._store = store
        self._most = most_bytes
        self._next = most_bytes

    async def keep(self, block: int, epoch: int) -> None:
        """Clears away what no score needs, if the store is over its budget at this block; says what is left."""
        before = self._store.size()
        if before <= self._next:
            return
        for kept in KEEP_EPOCHS:
            await compact(self._store, block, epoch - kept)
            if self._store.size() <= self._most * 3 // 4:
                break
        more = True
        while more:
            more = self._store.release(SLICE)
            await asyncio.sleep(PAUSE_SECONDS)
        left = self._store.size()
        # What must be kept may be more than the budget; then the next try waits until it was worth it.
        self._next = max(self._most, left * 5 // 4)
        log.info("ledger compacted from %d to %d KiB; scores are unchanged", before // 1024, left // 1024)
        if left > self._most:
            log.warning(
                "the ledger needs %d KiB to keep scores as they are, more than its budget of %d KiB",
                left // 1024,
                self._most // 1024,
            )


async def compact(store: Store, block: int, untouched: int) -> None:
    """Clears away what no score from `block` on needs, and the texts of epochs before `untouched`."""
    known = {
        "most": MOST,
        "unforgotten": block - FORGOTTEN - SPARE_BLOCKS,
        "untouched": untouched,
        "plans": KEEP_PLANS,
    }
    # A thread with a connection of its own, because this goes through the whole file, which takes seconds. What it
    # finds stays right whatever is written meanwhile: newer rows never make an older one count again.
    found = await asyncio.to_thread(_found, store.path, known)
    for first, last, needed in found.stretches:
        _rewrite(store, (first, last, untouched), needed)
        await asyncio.sleep(PAUSE_SECONDS)
    for some in batched(found.plans):
        _drop_plans(store, some)
        await asyncio.sleep(PAUSE_SECONDS)
    for some in batched(found.draws):
        with store.transaction() as connection:
            connection.executemany("DELETE FROM draws WHERE rowid = ?", some)
        await asyncio.sleep(PAUSE_SECONDS)


@dataclass(frozen=True, slots=True)
class _Found:
    """What can be cleared: stretches of observations with the ids needed of them, rows of plans, rows of draws."""

    stretches: list[sqlite3.Row]
    plans: list[sqlite3.Row]
    draws: list[sqlite3.Row]


def _found(path: Path, known: Mapping[str, int]) -> _Found:
    with Store.reading(path) as store:
        return _Found(*(store.read(query, known) for query in (STRETCHES, PLANS_GONE, DRAWS_GONE)))


def batched(rows: Sequence[sqlite3.Row]) -> Iterator[Sequence[sqlite3.Row]]:
    """The rows, as many at a time as one slice takes."""
    return (rows[place : place + SLICE] for place in range(0, len(rows), SLICE))


def _rewrite(store: Store, where: tuple[int, int, int], needed: str) -> None:
    """Clears a stretch of observations and puts back what is needed of it, without texts.

    Putting back fills pages of the file one after the other; texts that are cleared in their places leave holes.
    """
    with _unlocked(store, OBSERVATIONS, "observations_remain") as connection:
        kept = [{**row, "parts": "[]", "reason": ""} for row in connection.execute(NEEDED, (needed,))]
        connection.execute("DELETE FROM observations WHERE id BETWEEN ? AND ? AND epoch < ?", where)
        for row in kept:
            names = ", ".join(f":{name}" for name in row)
            connection.execute(f"INSERT INTO observations VALUES ({names})", row)


def _drop_plans(store: Store, rows: Sequence[sqlite3.Row]) -> None:
    with _unlocked(store, JOURNAL, "journal_remains") as connection:
        connection.executemany("DELETE FROM journal WHERE id = ?", rows)


@contextmanager
def _unlocked(store: Store, schema: str, trigger: str) -> Iterator[sqlite3.Connection]:
    """A transaction without the trigger that forbids to delete; whoever looks before or after finds it in place."""
    with store.transaction() as connection:
        connection.execute(f"DROP TRIGGER {trigger}")
        yield connection
        for statement in schema.split("CREATE "):
            if statement.startswith(f"TRIGGER {trigger} "):
                connection.execute(f"CREATE {statement}")
