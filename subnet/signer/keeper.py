"""Who holds the key: signs what a neuron of one subnet has to sign, so much of it per time, and nothing else."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from subnet.signer.calls import Forbidden, check_extra, read_call
from subnet.signer.statements import check_statement
from subnet.transport.signing import Signer

HASHED_ABOVE = 256
"""Longer payloads of extrinsics are signed by their hash (Substrate's SignedPayload)."""

HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """Most statements in a second, and most calls in an hour; that many may come at once."""

    per_second: float = 2000.0
    calls_per_hour: float = 120.0


class Keeper:
    """A hotkey under rules."""

    def __init__(
        self, key: Signer, netuid: int, bounds: Bounds, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._key = key
        self.netuid = netuid
        self._statements = Budget(bounds.per_second, bounds.per_second, clock)
        self._calls = Budget(bounds.calls_per_hour, bounds.calls_per_hour / HOUR, clock)

    @property
    def key(self) -> Signer:
        """The hotkey itself; its public parts may be told."""
        return self._key

    def statement(self, payload: bytes) -> bytes:
        """The signature under a request or receipt of this hotkey. Raises Forbidden."""
        check_statement(payload, self._key.ss58_address)
        self._statements.spend("requests and receipts")
        return bytes(self._key.sign(payload))

    def call(self, call: bytes, explicit: bytes, implicit: bytes) -> bytes:
        """The signature under a call for this subnet, as an extrinsic with these surroundings. Raises Forbidden."""
        found = read_call(call)
        if found.netuid != self.netuid:
            raise Forbidden(f"{found.name} for subnet {found.netuid}; this signer is for {self.netuid}")
        check_extra(explicit, implicit)
        self._calls.spend("calls")
        payload = call + explicit + implicit
        if len(payload) > HASHED_ABOVE:
            payload = hashlib.blake2b(payload, digest_size=32).digest()
        return bytes(self._key.sign(payload))


class Budget:
    """So many at once, and then as many as come back with time."""

    def __init__(self, most: float, per_second: float, clock: Callable[[], float]) -> None:
        self._most = self._left = most
        self._per_second = per_second
        self._clock = clock
        self._seen = clock()

    def spend(self, what: str) -> None:
        """Takes one. Raises Forbidden when none is left."""
        now = self._clock()
        self._left = min(self._most, self._left + (now - self._seen) * self._per_second)
        self._seen = now
        if self._left < 1.0:
            raise Forbidden(f"more {what} than this signer's limit allows")
        self._left -= 1.0
