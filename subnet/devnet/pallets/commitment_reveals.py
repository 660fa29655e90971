"""Timelocked fields of commitments open by themselves once the chain holds the pulse of their round (rules 6.5).

An opened field leaves the commitment and is kept beside it; one that cannot be opened says so in its place.
"""

from typing import Any

from subnet.devnet.pallets import drand
from subnet.devnet.pallets.commitments import (
    SEALED,
    CommitmentInfo,
    CommitmentOf,
    CommitmentRevealed,
    CommitmentRevealFailed,
    RevealedCommitments,
    TimelockedIndex,
    pallet,
)
from subnet.devnet.quicknet import opened
from subnet.devnet.scale import Variant
from subnet.devnet.state import State

__all__ = ["pallet"]

KEPT_REVEALS = 10


@pallet.on_initialize(order=80)
def reveal_commitments(state: State) -> None:
    """Opens what the stored pulses open; what has nothing sealed left is no longer looked at."""
    waiting = TimelockedIndex[state]
    left = tuple(entry for entry in waiting if _still_sealed(state, *entry))
    if left != waiting:
        TimelockedIndex[state] = left


def _still_sealed(state: State, netuid: int, hotkey: bytes) -> bool:
    """Opens the fields of one commitment; whether it has to be looked at again."""
    registration = CommitmentOf[state, netuid, hotkey]
    if registration is None:
        return False
    fields = [_after_opening(state, netuid, hotkey, field) for field in registration.info.fields]
    kept = tuple(field for field in fields if field is not None)
    if kept != registration.info.fields:
        _store(state, netuid, hotkey, registration, kept)
    return any(field.name == SEALED for field in kept)


def _after_opening(state: State, netuid: int, hotkey: bytes, field: Variant) -> Variant | None:
    """What becomes of a field: itself, None when it has opened, or the note that it could not be opened."""
    if field.name != SEALED:
        return field
    encrypted, reveal_round = field.fields
    pulse = drand.Pulses[state, reveal_round]
    if pulse is None:
        return field
    content = opened(encrypted, pulse.signature)
    if content is None:
        state.deposit(CommitmentRevealFailed(netuid, hotkey, reveal_round, "Decrypt"))
        return Variant("TimelockRevealFailed", (encrypted, reveal_round))
    revealed = (*(RevealedCommitments[state, netuid, hotkey] or ()), (content, state.block))
    RevealedCommitments[state, netuid, hotkey] = revealed[-KEPT_REVEALS:]
    state.deposit(CommitmentRevealed(netuid, hotkey))
    return None


def _store(state: State, netuid: int, hotkey: bytes, registration: Any, fields: tuple[Variant, ...]) -> None:
    if fields:
        CommitmentOf[state, netuid, hotkey] = registration._replace(info=CommitmentInfo(fields))
    else:
        del CommitmentOf[state, netuid, hotkey]
