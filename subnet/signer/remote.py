"""A hotkey that is kept by a signer: what stands in a neuron where a wallet stood.

It has the shape of the SDK's Signer, so that every call of the SDK takes it as the wallet. The SDK hands it whole
extrinsics, because a long payload's hash alone would not let a signer see what it signs.
"""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

from subnet.errors import ConditionError
from subnet.signer.wire import HEADER, MOST_BYTES, Identity, Kind, frame, packed_call

SECONDS = 5.0
"""Deadline of one signature: it takes a tenth of a millisecond."""


class SignerLost(SystemExit):
    """A neuron that cannot sign has to end.

    It is no Exception, so that nobody who looks after one miner's or one caller's failure takes it for that: a
    validator that cannot sign would else score every miner as silent.
    """


class RemoteSigner:
    """The hotkey behind a socket; asked over one connection, which is made again once when it broke."""

    def __init__(self, path: Path) -> None:
        """Raises ConditionError when nobody answers there."""
        self._path = path
        self._socket: socket.socket | None = None
        try:
            _, payload = self._exchanged(frame(Kind.WHO))
            self._identity = Identity.unpacked(payload)
        except (OSError, ValueError) as problem:
            raise ConditionError(
                f"no signer answers at {path} ({problem}); start it: assay signer --socket {path}"
            ) from None

    @property
    def hotkey(self) -> RemoteSigner:
        """Itself: where a wallet is expected, its hotkey is all there is."""
        return self

    @property
    def ss58_address(self) -> str:
        """The hotkey's address."""
        return self._identity.ss58_address

    @property
    def public_key(self) -> bytes:
        """The hotkey's public key."""
        return self._identity.public_key

    @property
    def netuid(self) -> int:
        """The subnet that the signer signs for."""
        return self._identity.netuid

    @property
    def crypto_type(self) -> int:
        """The scheme of its signatures, by the SDK's numbers."""
        return self._identity.crypto_type

    def sign(self, payload: bytes) -> bytes:
        """The signature under a request or a receipt; raises SignerLost when there is none."""
        kind, answer = self._asked(frame(Kind.STATEMENT, payload))
        if kind != Kind.DONE:
            raise SignerLost(f"the signer at {self._path} refuses: {answer.decode(errors='replace')}")
        return answer

    def sign_unsigned_extrinsic(self, unsigned: Any) -> bytes:
        """The signature under an extrinsic that the SDK prepared. Raises ConditionError for one that is refused."""
        parts = packed_call(
            unsigned.call_data, unsigned.included_in_extrinsic, unsigned.included_in_signed_data
        )
        kind, answer = self._asked(frame(Kind.CALL, parts))
        if kind != Kind.DONE:
            raise ConditionError(f"the signer at {self._path} refuses: {answer.decode(errors='replace')}")
        return answer

    def _asked(self, request: bytes) -> tuple[int, bytes]:
        for left in (1, 0):
            try:
                return self._exchanged(request)
            except OSError as problem:
                self._hang_up()
                if not left:
                    raise SignerLost(f"the signer at {self._path} is gone: {problem}") from None
        raise AssertionError("unreachable")

    def _exchanged(self, request: bytes) -> tuple[int, bytes]:
        if self._socket is None:
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.settimeout(SECONDS)
            self._socket.connect(str(self._path))
        self._socket.sendall(request)
        length, kind = HEADER.unpack(self._received(self._socket, HEADER.size))
        if length > MOST_BYTES:
            raise OSError("a reply without end")
        return kind, self._received(self._socket, length)

    @staticmethod
    def _received(connection: socket.socket, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = connection.recv(count - len(data))
            if not more:
                raise OSError("it hung up")
            data += more
        return data

    def _hang_up(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
