"""What goes over a signer's socket: frames of a length, a kind and a payload; one reply to each request."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from enum import IntEnum

from subnet.signer.calls import Forbidden

HEADER = struct.Struct("<IB")
PARTS = struct.Struct("<II")
MOST_BYTES = 64 * 1024
"""The longest payload; the weights of 4,096 uids, timelocked, take a quarter of it."""


class Kind(IntEnum):
    """What is asked (the first three), and how it is answered."""

    WHO = 1
    STATEMENT = 2
    CALL = 3
    DONE = 4
    FORBIDDEN = 5


@dataclass(frozen=True, slots=True)
class Identity:
    """The public parts of a hotkey, and the subnet for which it is kept."""

    ss58_address: str
    public_key: bytes
    crypto_type: int
    netuid: int

    def packed(self) -> bytes:
        """As a payload."""
        return json.dumps([self.ss58_address, self.public_key.hex(), self.crypto_type, self.netuid]).encode()

    @classmethod
    def unpacked(cls, payload: bytes) -> Identity:
        """From a payload. Raises ValueError."""
        address, public_key, crypto_type, netuid = json.loads(payload)
        return cls(str(address), bytes.fromhex(public_key), int(crypto_type), int(netuid))


def frame(kind: Kind, payload: bytes = b"") -> bytes:
    """A whole frame."""
    return HEADER.pack(len(payload), kind) + payload


def packed_call(call: bytes, explicit: bytes, implicit: bytes) -> bytes:
    """A call and its surroundings as a payload."""
    return PARTS.pack(len(call), len(explicit)) + call + explicit + implicit


def unpacked_call(payload: bytes) -> tuple[bytes, bytes, bytes]:
    """The parts of a call. Raises Forbidden when they do not fit."""
    if len(payload) < PARTS.size:
        raise Forbidden("bytes are missing")
    call, explicit = PARTS.unpack_from(payload)
    middle = PARTS.size + call
    if middle + explicit > len(payload):
        raise Forbidden("bytes are missing")
    return payload[PARTS.size : middle], payload[middle : middle + explicit], payload[middle + explicit :]
