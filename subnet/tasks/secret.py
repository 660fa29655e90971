"""Task instances that a miner cannot foresee: they come from a secret of the validator, one for each epoch.

    epoch's secret = HMAC-SHA256(secret, epoch)
    seed, query id = HMAC-SHA256(epoch's secret, purpose, index)

Before an epoch its secret's hash is published, after it the secret itself (`subnet.tasks.pledge`): anyone can then
make the tasks again. An epoch's secret tells nothing of another epoch's, nor of the secret behind them; without
it neither a seed nor an id tells anything of another.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from subnet.protocol import SEED_BITS

SECRET_BYTES = 32
QUERY_ID_CHARS = 32


class Secret:
    """A validator's 32 secret bytes; they are never shown, logged or sent."""

    def __init__(self, value: bytes) -> None:
        if len(value) != SECRET_BYTES:
            raise ValueError(f"a task secret has {SECRET_BYTES} bytes")
        self._value = value

    def __repr__(self) -> str:
        return f"Secret(commitment={self.commitment()[:8]}...)"

    @classmethod
    def at(cls, path: Path) -> Secret:
        """The secret kept at `path` (64 hexadecimal digits), made there, for its owner only, at first use.

        Raises ValueError when the file holds something else, OSError when it cannot be read or made.
        """
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return cls(_from_hex(path))
        value = secrets.token_bytes(SECRET_BYTES)
        with os.fdopen(handle, "w") as file:
            file.write(value.hex())
            file.flush()
            os.fsync(file.fileno())
        return cls(value)

    def commitment(self) -> str:
        """A hash that binds to the secret without telling it."""
        return hashlib.sha256(b"assay task secret" + self._value).hexdigest()

    def of_epoch(self, epoch: int) -> EpochSecret:
        """The secret from which one epoch's tasks are made."""
        return EpochSecret(epoch, hmac.digest(self._value, f"epoch/{epoch}".encode(), "sha256"))

    def seed(self, epoch: int, index: int) -> int:
        """The seed of the task with this index in this epoch."""
        return self.of_epoch(epoch).seed(index)

    def query_id(self, epoch: int, index: int) -> str:
        """The id of the task's query: it says nothing about the seed, the epoch or the index."""
        return self.of_epoch(epoch).query_id(index)


class EpochSecret:
    """The 32 bytes behind one epoch's tasks; public once the epoch is over."""

    def __init__(self, epoch: int, value: bytes) -> None:
        if len(value) != SECRET_BYTES:
            raise ValueError(f"an epoch's secret has {SECRET_BYTES} bytes")
        self.epoch = epoch
        self._value = value

    def __repr__(self) -> str:
        return f"EpochSecret(epoch={self.epoch}, commitment={self.commitment().hex()[:8]}...)"

    def commitment(self) -> bytes:
        """SHA-256 that binds to this epoch and its secret: 32 bytes, published before the epoch."""
        return hashlib.sha256(f"assay epoch secret/{self.epoch}/".encode() + self._value).digest()

    def revealed(self) -> bytes:
        """The secret itself, to be published once nobody can be asked its tasks any more."""
        return self._value

    def seed(self, index: int) -> int:
        """The seed, of 63 bits, of the task with this index."""
        return int.from_bytes(self._derived("seed", index)[:8], "big") >> (64 - SEED_BITS)

    def sampling_seed(self, index: int) -> int:
        """The seed, of 63 bits, that the task with this index is to be sampled with; it tells nothing of the task."""
        return int.from_bytes(self._derived("sampling", index)[:8], "big") >> (64 - SEED_BITS)

    def query_id(self, index: int) -> str:
        """The id of the query of the task with this index."""
        return self._derived("query", index).hex()[:QUERY_ID_CHARS]

    def _derived(self, purpose: str, index: int) -> bytes:
        return hmac.digest(self._value, f"{purpose}/{index}".encode(), "sha256")


def _from_hex(path: Path) -> bytes:
    try:
        return bytes.fromhex(path.read_text(encoding="ascii").strip())
    except ValueError:
        raise ValueError(f"{path} does not hold a task secret: 64 hexadecimal digits") from None
