"""What a validator publishes of its task secrets: the next epoch's hash, and a past epoch's secret.

A hotkey has one place on a subnet for what it publishes, and about 26 publications of this size per epoch. So one
text holds both halves:

    assay/1 EPOCH HASH PAST SECRET        (hash and secret in URL-safe base64; PAST and SECRET are - for none)

In epoch n it pledges the secret of epoch n + 1 and reveals that of an epoch which is over. Everything here is pure:
when to publish is decided from what the chain shows.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from subnet.tasks.secret import SECRET_BYTES, EpochSecret, Secret

MARK = "assay/1"
MOST_CHARS = 128
"""What one raw field of a commitment holds."""
BEHIND = 16
"""Epochs that a validator which was away reveals one after the other; older ones stay unrevealed."""


@dataclass(frozen=True, slots=True)
class Pledge:
    """The hash of one epoch's secret, and the secret of a `past` epoch, both 32 bytes."""

    epoch: int
    commitment: bytes
    past: int | None = None
    secret: bytes = b""

    def text(self) -> str:
        """As it is published: at most MOST_CHARS characters."""
        past, secret = ("-", "-") if self.past is None else (str(self.past), _packed(self.secret))
        return f"{MARK} {self.epoch} {_packed(self.commitment)} {past} {secret}"

    @classmethod
    def read(cls, text: str) -> Pledge | None:
        """What a published text pledges, or None when it is no pledge."""
        words = text.split(" ")
        if len(text) > MOST_CHARS or len(words) != 5 or words[0] != MARK:
            return None
        epoch, past = _number(words[1]), _number(words[3])
        commitment, secret = _unpacked(words[2]), _unpacked(words[4])
        if epoch is None or commitment is None or (past is None) != (words[3:] == ["-", "-"]):
            return None
        if past is not None and secret is None:
            return None
        return cls(epoch, commitment, past, secret or b"")

    def keeps(self, secret: EpochSecret) -> bool:
        """Whether this is the pledge of that epoch's secret."""
        return self.epoch == secret.epoch and self.commitment == secret.commitment()

    def revealed(self) -> EpochSecret | None:
        """The secret that it reveals."""
        return None if self.past is None else EpochSecret(self.past, self.secret)


def due(secret: Secret, shown: Pledge | None, epoch: int, retired: int) -> Pledge | None:
    """What is to be published in this epoch, None when all that is due is shown.

    `shown` is what the chain shows of this validator, `retired` the newest epoch of which nobody can be asked a task
    any more. Secrets are revealed one after the other, so that an absence leaves no gap behind.
    """
    past = retired
    if shown is not None and shown.past is not None:
        past = min(retired, max(shown.past + 1, retired - BEHIND + 1))
    if past < 0:
        wanted = Pledge(epoch + 1, secret.of_epoch(epoch + 1).commitment())
        return None if shown is not None and shown.epoch == wanted.epoch else wanted
    wanted = Pledge(
        epoch + 1, secret.of_epoch(epoch + 1).commitment(), past, secret.of_epoch(past).revealed()
    )
    if shown is not None and shown.epoch == wanted.epoch and shown.past is not None and shown.past >= retired:
        return None
    return wanted


def _packed(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _unpacked(text: str) -> bytes | None:
    try:
        value = base64.b64decode(text + "=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return value if len(value) == SECRET_BYTES else None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None
