"""The words of this package: what was found where, and what takes its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Area = Literal[
    "axon", "dendrite", "synapse", "subtensor", "metagraph", "weights", "wallet", "mock", "config", "logging",
    "balance", "dependency", "other",
]  # fmt: skip
"""What a call is about; docs/porting.md has a section for each."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """What takes the place of a call: the area it belongs to, and one line that says what to use."""

    area: Area
    use: str


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One call of an older SDK: file relative to the scanned folder, line from 1, column from 1, and its text.

    `guessed` is True when only the name of a variable (`metagraph`, `self.subtensor`) says what it holds.
    """

    file: str
    line: int
    column: int
    found: str
    area: Area
    use: str
    guessed: bool = False
