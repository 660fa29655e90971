"""A byte budget for the ledger, within which every score stays what it is, to the last bit.

Scores are made of the newest MOST decided observations of each stay, as long as the stay is not forgotten
(`subnet.validator.memory`). That depends on nothing that can change later, so all the rest can go: observations
that are older, undecided, or forgotten, and the texts of those that stay. Explanations need texts and undecided
replies, so those of the newest epochs are kept as long as the budget allows.

A table is written anew and put in the place of the old one in a single transaction: whenever the process is
killed, the file holds either all of the old or all of the new.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from subnet.validator.memory import FORGOTTEN
from subnet.validator.scores import MOST
from subnet.validator.store import DRAWS, JOURNAL, OBSERVATIONS, Store

log = logging.getLogger(__name__)

KEEP_EPOCHS = (50, 10, 2)
"""How many of the newest epochs stay untouched: tried in this order until the ledger fits its budget."""

KEEP_PLANS = 400
"""How many plans of weights the journal keeps, some weeks of epochs; open ones and the last effective one stay
anyway."""

SPARE_BLOCKS = 1000
"""A stay is cleared so much later than it is forgotten: a node that lags cannot bring it back."""

REMEMBERED = """
SELECT id FROM (
    SELECT id,
        row_number() OVER (stay ORDER BY block DESC, round_id DESC, task_id DESC) AS place,
        max(block) OVER stay AS newest
    FROM old WHERE value IS NOT NULL AND evidence > 0
    WINDOW stay AS (PARTITION BY hotkey, coldkey, registered_at)
) WHERE place <= :most AND newest >= :unforgotten
"""
# Column by column in the order of the table; what explanations need goes from the old ones.
KEEP_OBSERVATIONS = f"""
INSERT INTO observations
SELECT id, hotkey, coldkey, registered_at, block, epoch, round_id, task_id, family, value, evidence, seconds,
    failure, iif(epoch >= :untouched, parts, '[]'), iif(epoch >= :untouched, reason, '')
FROM old WHERE epoch >= :untouched OR id IN ({REMEMBERED})
"""
KEEP_DRAWS = "INSERT INTO draws SELECT epoch, first, count FROM old WHERE epoch >= :untouched"
KEEP_JOURNAL = """
INSERT INTO journal SELECT * FROM old WHERE plan > (SELECT max(plan) FROM old) - :plans
OR plan IN (SELECT plan FROM old GROUP BY plan HAVING sum(status IN ('effective', 'failed')) = 0)
OR plan = (SELECT plan FROM old WHERE status = 'effective' ORDER BY block DESC, plan DESC LIMIT 1)
"""
ANEW = (
    ("observations", "observations_by_hotkey", OBSERVATIONS, KEEP_OBSERVATIONS),
    ("draws", "draws_by_epoch", DRAWS, KEEP_DRAWS),
    ("journal", "journal_by_plan", JOURNAL, KEEP_JOURNAL),
)


class Budget:
    """Keeps a store within a number of bytes as far as its scores allow."""

    def __init__(self, store: Store, most_bytes: int) -> None:
        self._store = store
        self._most = most_bytes
        self._next = most_bytes

    def keep(self, block: int, epoch: int) -> None:
        """Clears away what no score needs, if the store is over its budget at this block; says what is left."""
        before = self._store.size()
        if before <= self._next:
            return
        for kept in KEEP_EPOCHS:
            compact(self._store, block, epoch - kept)
            if self._store.size() <= self._most * 3 // 4:
                break
        self._store.release()
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


def compact(store: Store, block: int, untouched: int) -> None:
    """Clears away what no score from `block` on needs, and the texts of epochs before `untouched`."""
    known = {
        "most": MOST,
        "unforgotten": block - FORGOTTEN - SPARE_BLOCKS,
        "untouched": untouched,
        "plans": KEEP_PLANS,
    }
    with store.transaction() as connection:
        for table, index, schema, keep in ANEW:
            connection.execute(f"ALTER TABLE {table} RENAME TO old")
            connection.execute(f"DROP INDEX {index}")
            _each(connection.execute, schema, ("CREATE TABLE", "CREATE INDEX"))
            connection.execute(keep, known)
            connection.execute("DROP TABLE old")
            _each(connection.execute, schema, ("CREATE TRIGGER",))


def _each(execute: Callable[[str], object], schema: str, kinds: tuple[str, ...]) -> None:
    """Runs those statements of a schema that begin like this; each begins a line of its own."""
    for statement in schema.split("\nCREATE "):
        text = f"CREATE {statement.strip().removeprefix('CREATE ')}"
        if text.startswith(kinds):
            execute(text)
