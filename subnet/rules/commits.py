"""Commit-reveal of weights: what is hashed, in which epoch it may be revealed, and drand rounds."""

import hashlib
from collections.abc import Sequence
from enum import Enum

MAX_LIVE_COMMITS = 10
MAX_TIMELOCKED_BYTES = 5000
COMMIT_REVEAL_VERSION = 4
NO_COMMIT = 2**64 - 1
DRAND_GENESIS = 1_692_803_367
DRAND_PERIOD = 3


class Window(Enum):
    """Where a commit stands: not yet revealable, revealable in this epoch, or lost."""

    EARLY = "early"
    OPEN = "open"
    EXPIRED = "expired"


def window(commit_epoch: int, epoch: int, reveal_period: int) -> Window:
    """Where a commit of `commit_epoch` stands in `epoch` (both with lookahead, see `schedule`)."""
    opens = commit_epoch + reveal_period
    if epoch == opens:
        return Window.OPEN
    return Window.EARLY if epoch < opens else Window.EXPIRED


def timelock_target(epoch: int, reveal_period: int) -> int | None:
    """Epoch whose timelocked commits are revealed while `epoch` runs; older queues are dropped."""
    return epoch - reveal_period if epoch >= reveal_period else None


def commit_block(blocks: Sequence[int]) -> int:
    """Block of a hotkey's earliest live commit, u64 maximum when it has none (the epoch's commit mask)."""
    return min(blocks, default=NO_COMMIT)


def _compact(length: int) -> bytes:
    if length < 1 << 6:
        return (length << 2).to_bytes(1, "little")
    if length < 1 << 14:
        return (length << 2 | 1).to_bytes(2, "little")
    return (length << 2 | 2).to_bytes(4, "little")


def _u16s(values: Sequence[int]) -> bytes:
    return _compact(len(values)) + b"".join(value.to_bytes(2, "little") for value in values)


def legacy_preimage(
    account: bytes,
    index: int,
    uids: Sequence[int],
    values: Sequence[int],
    salt: Sequence[int],
    version_key: int,
) -> bytes:
    """Bytes that a legacy commit hashes: the SCALE tuple of all it binds.

    `account` is the raw 32-byte hotkey, `index` the mechanism's storage index. OverflowError when a number
    does not fit its type, ValueError for an account that is not 32 bytes.
    """
    if len(account) != 32:
        raise ValueError(f"an account id has 32 bytes, not {len(account)}")
    body = _u16s(uids) + _u16s(values) + _u16s(salt)
    return account + index.to_bytes(2, "little") + body + version_key.to_bytes(8, "little")


def legacy_hash(preimage: bytes) -> bytes:
    """The 32-byte commit: blake2b-256 of the preimage."""
    return hashlib.blake2b(preimage, digest_size=32).digest()


def drand_round(unix_seconds: int) -> int:
    """Quicknet round that is current at a time, 0 before the beacon's first."""
    if unix_seconds < DRAND_GENESIS:
        return 0
    return (unix_seconds - DRAND_GENESIS) // DRAND_PERIOD + 1


def drand_time(number: int) -> int:
    """Unix second at which a quicknet round is published."""
    return DRAND_GENESIS + (number - 1) * DRAND_PERIOD


def drand_message(number: int) -> bytes:
    """The 32 bytes a quicknet pulse signs: sha256 of the round as eight big-endian bytes."""
    return hashlib.sha256(number.to_bytes(8, "big")).digest()
