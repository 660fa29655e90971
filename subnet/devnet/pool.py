"""Extrinsics that wait for a block: by account in the order of their nonces, across accounts by priority."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any

from subnet.devnet.dispatch import PoolError
from subnet.devnet.executive import Validity
from subnet.devnet.extrinsic import Extrinsic

Status = str | dict[str, str]
Watcher = Callable[[Status], None]

_LARGEST_POOL = 8192  # extrinsics
_LARGEST_POOL_BYTES = 20 * 1024 * 1024  # as on the real chain
_ALREADY_IMPORTED, _TOO_LOW_PRIORITY, _DROPPED = 1013, 1014, 1016


@dataclass
class Pooled:
    """An extrinsic in the pool; `order` counts arrivals."""

    extrinsic: Extrinsic
    account: bytes
    nonce: int
    validity: Validity
    order: int
    watchers: list[Watcher] = field(default_factory=list)

    def notify(self, status: Status) -> None:
        """Tells everybody who watches it."""
        for watcher in self.watchers:
            watcher(status)


class Pool:
    """The extrinsics that wait; `nonce_of` says which nonce of an account is next."""

    def __init__(self, nonce_of: Callable[[bytes], int]) -> None:
        self._nonce_of = nonce_of
        self._accounts: dict[bytes, dict[int, Pooled]] = {}
        self._hashes: dict[bytes, Pooled] = {}
        self._arrivals = self._bytes = 0

    def __len__(self) -> int:
        return len(self._hashes)

    def __iter__(self) -> Iterator[Pooled]:
        return iter(list(self._hashes.values()))

    def __contains__(self, extrinsic_hash: bytes) -> bool:
        return extrinsic_hash in self._hashes

    def refuse_known(self, extrinsic: Extrinsic) -> None:
        """Raises PoolError for an extrinsic that is here already."""
        if extrinsic.hash in self._hashes:
            raise PoolError(_ALREADY_IMPORTED, "Transaction Already Imported", f"0x{extrinsic.hash.hex()}")

    def add(self, extrinsic: Extrinsic, validity: Validity, watcher: Watcher | None = None) -> Pooled:
        """Takes in a checked extrinsic; raises PoolError when it is known, outbid, or the pool is full."""
        self.refuse_known(extrinsic)
        signature: Any = extrinsic.signature
        rival = self._accounts.get(signature.account, {}).get(signature.nonce)
        if rival is not None:
            self._outbid(rival, validity, f"0x{extrinsic.hash.hex()}")
        elif len(self._hashes) >= _LARGEST_POOL or self._bytes + len(extrinsic.raw) > _LARGEST_POOL_BYTES:
            raise PoolError(_DROPPED, "Immediately Dropped", "The transaction pool is full.")
        self._arrivals += 1
        self._bytes += len(extrinsic.raw)
        pooled = Pooled(extrinsic, signature.account, signature.nonce, validity, self._arrivals)
        self._accounts.setdefault(signature.account, {})[signature.nonce] = pooled
        self._hashes[extrinsic.hash] = pooled
        if watcher is not None:
            pooled.watchers.append(watcher)
        pooled.notify("ready" if self.is_ready(pooled) else "future")
        return pooled

    def _outbid(self, rival: Pooled, validity: Validity, by: str) -> None:
        """Makes room for a better one with the same nonce; raises PoolError when it is not better."""
        old, new = rival.validity.priority, validity.priority
        if new <= old:
            reason = (
                "The transaction has too low priority to replace another transaction already in the pool."
            )
            raise PoolError(_TOO_LOW_PRIORITY, f"Priority is too low: ({new} vs {old})", reason)
        del self._hashes[rival.extrinsic.hash]
        self._bytes -= len(rival.extrinsic.raw)
        rival.notify({"usurped": by})

    def is_ready(self, pooled: Pooled) -> bool:
        """Whether nothing but a block is missing: the account's earlier nonces are used or wait here too."""
        return pooled.nonce < self.next_nonce(pooled.account)

    def next_nonce(self, account: bytes) -> int:
        """The first nonce of an account that is neither used nor waiting."""
        nonce, mine = self._nonce_of(account), self._accounts.get(account, {})
        while nonce in mine:
            nonce += 1
        return nonce

    def remove(self, pooled: Pooled) -> None:
        """Takes an extrinsic out."""
        del self._hashes[pooled.extrinsic.hash]
        self._bytes -= len(pooled.extrinsic.raw)
        mine = self._accounts[pooled.account]
        del mine[pooled.nonce]
        if not mine:
            del self._accounts[pooled.account]

    def drop(self, pooled: Pooled) -> None:
        """Takes out an extrinsic that can never be included, and says so."""
        self.remove(pooled)
        pooled.notify("invalid")

    def sweep(self, block: int) -> None:
        """Drops what can no longer be included in `block`, for its age or because its nonce was used."""
        for pooled in self:
            if pooled.validity.valid_until <= block or pooled.nonce < self._nonce_of(pooled.account):
                self.drop(pooled)

    def has_ready(self) -> bool:
        """Whether a block would include something."""
        return any(self._nonce_of(account) in mine for account, mine in self._accounts.items())

    def ready(self) -> Iterator[Pooled]:
        """What to include next, again and again: the caller applies and removes each before it asks on.

        One that is not removed keeps its place, and its account waits for the next block.
        """
        queue: list[tuple[int, int, bytes]] = []

        def enqueue(account: bytes) -> None:
            candidate = self._accounts.get(account, {}).get(self._nonce_of(account))
            if candidate is not None:
                heappush(queue, (-candidate.validity.priority, candidate.order, account))

        for account in list(self._accounts):
            enqueue(account)
        while queue:
            account = heappop(queue)[2]
            candidate = self._accounts.get(account, {}).get(self._nonce_of(account))
            if candidate is None:
                continue
            yield candidate
            if candidate.extrinsic.hash not in self._hashes:
                enqueue(account)
