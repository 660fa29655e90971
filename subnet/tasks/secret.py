"""Task instances that a miner cannot foresee: they come from a secret of the validator.

Seed and query id are HMAC-SHA256(secret, purpose, epoch, index). Without the secret neither tells anything of
the other, nor of another epoch or index.
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
        """A hash that binds to the secret without telling it: published before, checked after."""
        return hashlib.sha256(b"assay task secret" + self._value).hexdigest()

    def seed(self, epoch: int, index: int) -> int:
        """The seed, of 63 bits, of the task with this index in this epoch."""
        return int.from_bytes(self._derived("seed", epoch, index)[:8], "big") >> (64 - SEED_BITS)

    def query_id(self, epoch: int, index: int) -> str:
        """The id of the task's query: it says nothing about the seed, the epoch or the index."""
        return self._derived("query", epoch, index).hex()[:QUERY_ID_CHARS]

    def _derived(self, purpose: str, epoch: int, index: int) -> bytes:
        return hmac.digest(self._value, f"{purpose}/{epoch}/{index}".encode(), "sha256")


def _from_hex(path: Path) -> bytes:
    try:
        return bytes.fromhex(path.read_text(encoding="ascii").strip())
    except ValueError:
        raise ValueError(f"{path} does not hold a task secret: 64 hexadecimal digits") from None
