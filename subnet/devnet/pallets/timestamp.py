"""Timestamp: the time of the block, which its author puts in (FRAME's pallet_timestamp)."""

from __future__ import annotations

from subnet.devnet.dispatch import Origin
from subnet.devnet.frame import Pallet, State
from subnet.devnet.scale import U64, Compact, encode_compact

pallet = Pallet("Timestamp", index=2)

Now = pallet.value("Now", U64, default=0)
pallet.constant("MinimumPeriod", U64, lambda config: config.slot_duration // 2)


@pallet.call(0, [("now", Compact(U64))])
def set(state: State, origin: Origin, now: int) -> None:
    """Sets the time of the block in milliseconds since 1970; only a block's author can."""
    origin.none()
    Now[state] = now


def call_bytes(now: int) -> bytes:
    """The call with which the author of a block sets its time, encoded."""
    return bytes((pallet.index, 0)) + encode_compact(now)


@pallet.genesis
def _start(state: State) -> None:
    Now[state] = state.config.genesis_time or 0
