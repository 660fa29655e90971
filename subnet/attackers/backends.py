"""Miners that take a seat without doing the work, in the shape of a miner's backend."""

from __future__ import annotations

import asyncio
import hashlib
import string
from random import Random

from subnet.protocol import Completion, Heard, Query

ALPHABET = string.ascii_letters + string.digits + " "


class Garbage:
    """Answers at once with random characters; the same seed and query give the same characters."""

    model = "garbage"

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed

    async def complete(self, query: Query, heard: Heard | None = None) -> Completion:
        """Four random characters for every token that was asked for."""
        digest = hashlib.sha256(f"{self._seed}:{query.id}".encode()).digest()
        text = "".join(Random(digest).choices(ALPHABET, k=4 * query.max_tokens))
        return Completion(text, query.max_tokens)

    async def close(self) -> None:
        """Nothing to free."""


class Silent:
    """Takes every query and never answers."""

    model = "silent"

    async def complete(self, query: Query, heard: Heard | None = None) -> Completion:
        """Waits until it is cancelled."""
        await asyncio.Event().wait()
        raise AssertionError("nobody sets this event")

    async def close(self) -> None:
        """Nothing to free."""
