"""Under which rules, and for which members, a validator scores: kept beside the ledger.

Scores need the members' seats and the subnet's periods, which only the chain knows. With this file beside the
observations anybody can compute the same scores without a chain, as `assay why` does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from subnet.protocol import Coldkey, Hotkey, Peer
from subnet.validator.scores import Rules
from subnet.validator.store import Store


@dataclass(frozen=True, slots=True)
class Context:
    """What scores are computed with, beside the observations, as of a block and its epoch."""

    block: int
    epoch: int
    rules: Rules
    members: Mapping[Hotkey, Peer]


class Contexts:
    """The newest context in a store; it is written when anything but the block has changed, or the epoch has."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._written = ""

    def note(self, context: Context) -> None:
        """Keeps a context in place of the one before."""
        text = _text(context)
        if f"{context.epoch} {text}" == self._written:
            return
        with self._store.transaction() as connection:
            connection.execute(
                "REPLACE INTO context VALUES (1, ?, ?, ?)", (context.block, context.epoch, text)
            )
        self._written = f"{context.epoch} {text}"


def last_context(store: Store) -> Context | None:
    """The context that was noted last, its block moved on to that of the newest observation; None without one."""
    rows = store.read("SELECT * FROM context")
    if not rows:
        return None
    kept = json.loads(rows[0]["text"])
    members = {
        Hotkey(hotkey): _seat(hotkey, coldkey, registered_at)
        for hotkey, coldkey, registered_at in kept["members"]
    }
    newest = store.read("SELECT max(block), max(epoch) FROM observations")[0]
    block, epoch = max(rows[0]["block"], newest[0] or 0), max(rows[0]["epoch"], newest[1] or 0)
    return Context(block, epoch, Rules(**kept["rules"]), members)


def _text(context: Context) -> str:
    seats = sorted((peer.hotkey, peer.coldkey, peer.registered_at) for peer in context.members.values())
    return json.dumps({"rules": asdict(context.rules), "members": seats}, separators=(",", ":"))


def _seat(hotkey: str, coldkey: str, registered_at: int) -> Peer:
    """A member as far as scores look at it."""
    return Peer(
        hotkey=Hotkey(hotkey),
        coldkey=Coldkey(coldkey),
        uid=0,
        address=None,
        stake=0,
        validator_permit=False,
        incentive=0.0,
        dividends=0.0,
        emission=0,
        registered_at=registered_at,
        last_update=0,
    )
