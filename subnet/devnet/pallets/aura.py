"""Aura: of its consensus only the block time is left, which clients read from a constant."""

from __future__ import annotations

from subnet.devnet.frame import Pallet
from subnet.devnet.scale import U64

pallet = Pallet("Aura", index=3)

SlotDuration = pallet.constant("SlotDuration", U64, lambda config: config.slot_duration)
