"""What became of the weights of each epoch, append-only.

    planned -> sent -> included -> effective
         \\        \\          \\-> failed

Sent means that the weights left for the chain, and that nobody knows whether they arrived: an answer that did not
come in time says nothing. Included means that a block holds them. Effective means that they were read back from
the chain and are those that were sent: nothing else may be called "set". The order of states is enforced here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from subnet.protocol import Hotkey
from subnet.validator.store import Store

Status = Literal["planned", "sent", "included", "effective", "failed"]
FOLLOWS: Mapping[Status | None, tuple[Status, ...]] = {
    None: ("planned",),
    "planned": ("sent", "failed"),
    "sent": ("included", "failed"),
    "included": ("effective", "failed"),
    "effective": (),
    "failed": (),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal; `detail` is what is known at that state, in plain JSON types."""

    plan: int
    status: Status
    epoch: int
    block: int
    detail: Mapping[str, Any]


class Journal:
    """The journal in a store; `tell` hears every entry once it is written."""

    def __init__(self, store: Store, tell: Callable[[Entry], None]) -> None:
        self._store = store
        self._tell = tell

    def plan(self, epoch: int, block: int, weights: Mapping[Hotkey, float]) -> int:
        """Notes the weights that are to be sent for an epoch; returns the plan's number."""
        with self._store.transaction() as connection:
            plan = int(connection.execute("SELECT coalesce(max(plan), 0) + 1 FROM journal").fetchone()[0])
            entry = Entry(plan, "planned", epoch, block, {"weights": dict(weights)})
            connection.execute(INSERT, _row(entry))
        self._tell(entry)
        return plan

    def sent(self, plan: int, block: int, record: Mapping[str, Any]) -> None:
        """Notes that the weights leave for the chain now; `record` is what reading back needs, as far as known."""
        self._note(plan, "sent", block, record)

    def included(self, plan: int, block: int, record: Mapping[str, Any]) -> None:
        """Notes that a block holds the weights; `record` is all that reading back needs, `path` among it."""
        self._note(plan, "included", block, record)

    def confirm(self, plan: int, block: int, read_back: bool) -> bool:
        """Notes that the weights are effective if they were read back; returns whether they were."""
        if read_back:
            self._note(plan, "effective", block, {})
        return read_back

    def failed(self, plan: int, block: int, reason: str) -> None:
        """Notes that a plan came to nothing."""
        self._note(plan, "failed", block, {"reason": reason})

    def open_plans(self) -> list[Entry]:
        """The last entry of every plan that is neither effective nor failed, oldest plan first."""
        return [entry for entry in self._last_entries() if entry.status in ("planned", "sent", "included")]

    def settled(self, epoch: int) -> bool:
        """Whether an epoch's weights are in a block already, read back or not."""
        return any(
            entry.epoch == epoch and entry.status in ("included", "effective")
            for entry in self._last_entries()
        )

    def last_effective(self) -> int | None:
        """The block at which weights were last read back, or None."""
        row = self._store.read("SELECT max(block) FROM journal WHERE status = 'effective'")[0]
        return None if row[0] is None else int(row[0])

    def overtaken(self, plan: int) -> bool:
        """Whether weights that were planned later are effective already."""
        query = "SELECT 1 FROM journal WHERE status = 'effective' AND plan > ? LIMIT 1"
        return bool(self._store.read(query, plan))

    def _last_entries(self) -> list[Entry]:
        rows = self._store.read(
            "SELECT * FROM journal WHERE id IN (SELECT max(id) FROM journal GROUP BY plan) ORDER BY plan"
        )
        return [
            Entry(row["plan"], row["status"], row["epoch"], row["block"], json.loads(row["detail"]))
            for row in rows
        ]

    def _note(self, plan: int, status: Status, block: int, detail: Mapping[str, Any]) -> None:
        with self._store.transaction() as connection:
            last = connection.execute(
                "SELECT status, epoch, detail FROM journal WHERE plan = ? ORDER BY id DESC LIMIT 1", (plan,)
            ).fetchone()
            if last is None or status not in FOLLOWS[last["status"]]:
                raise ValueError(f"plan {plan} cannot become {status} after {last and last['status']}")
            path = json.loads(last["detail"]).get("path")
            told = {**detail, "path": path} if path and "path" not in detail else dict(detail)
            entry = Entry(plan, status, int(last["epoch"]), block, told)
            connection.execute(INSERT, _row(entry))
        self._tell(entry)


INSERT = "INSERT INTO journal (plan, status, epoch, block, detail) VALUES (?, ?, ?, ?, ?)"


def _row(entry: Entry) -> tuple[object, ...]:
    return entry.plan, entry.status, entry.epoch, entry.block, json.dumps(dict(entry.detail))
