"""The figures of one run of the local network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Staging:
    """The run's figures: port, blocks per epoch, seconds per block, seed, epochs to run, and where files go."""

    port: int
    tempo: int
    block_time: float
    seed: int
    epochs: int
    verbose: bool
    folder: Path
    keep: bool

    @property
    def endpoint(self) -> str:
        """The chain's websocket."""
        return f"ws://127.0.0.1:{self.port}"
