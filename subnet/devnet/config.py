"""What a chain is started with. Everything else follows from it and from the extrinsics it is sent."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, replace
from typing import Literal

Mode = Literal["interval", "instant", "manual"]
Preset = Literal["localnet", "mainnet"]

SPEC_NAME = "node-subtensor"
SPEC_VERSION = 461
TRANSACTION_VERSION = 1
SS58_FORMAT = 42
_SEEDED_GENESIS = 1_767_225_600_000  # 2026-01-01: the same for every run, and a time that clients can believe


@dataclass(frozen=True)
class ChainConfig:
    """How a chain keeps time and what it starts with.

    `block_time` is in seconds and becomes `Aura.SlotDuration`, which clients read as the block time; `mode`
    says when blocks are made: every `block_time`, one for each transaction, or on request. A `seed` makes the
    chain repeatable, genesis hash and shield key included; without one each chain is a new one.
    `genesis_time` is in milliseconds since 1970; None stands for the clock, or for 2026 where a seed is given.
    The accounts in `funded` start with a million TAO each, next to the development accounts.
    `retained_blocks` is how far back state can be read. A `checked` chain encodes each value when it is written,
    so that a pallet that stores a value of the wrong type fails there and not when a client reads it.
    """

    block_time: float = 1.0
    mode: Mode = "interval"
    preset: Preset = "localnet"
    seed: str | None = None
    genesis_time: int | None = None
    retained_blocks: int = 1024
    checked: bool = False
    funded: tuple[bytes, ...] = ()

    @property
    def slot_duration(self) -> int:
        """Milliseconds from one block to the next, at least 1."""
        return max(1, round(self.block_time * 1000))

    def settled(self) -> ChainConfig:
        """The same with what was left open: a seed of its own for a chain without one, and the time of block 0."""
        start = self.genesis_time
        if start is None:
            start = _SEEDED_GENESIS if self.seed is not None else time.time_ns() // 1_000_000
        return replace(
            self, seed=self.seed if self.seed is not None else secrets.token_hex(16), genesis_time=start
        )
