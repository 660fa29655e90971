"""The key of the MEV shield: clients encrypt an extrinsic for the author of the block, who includes it unread.

The envelope is ML-KEM-768 for the key and XChaCha20-Poly1305 for the extrinsic:
twox128(public key), u16 length 1088, KEM ciphertext, 24 bytes of nonce, sealed extrinsic.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import NamedTuple

from Crypto.Cipher import ChaCha20_Poly1305
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey

from subnet.devnet.storage import twox

KEY_HASH = 16  # bytes
KEM_CIPHERTEXT = 1088
NONCE = 24
TAG = 16


class Envelope(NamedTuple):
    """The parts of a ciphertext."""

    key_hash: bytes
    kem_ciphertext: bytes
    nonce: bytes
    sealed: bytes


class EnvelopeError(ValueError):
    """Bytes that are not an envelope, or not one for this key."""


def parse(ciphertext: bytes) -> Envelope:
    """The parts of a ciphertext; raises EnvelopeError."""
    start = KEY_HASH + 2
    nonce = start + KEM_CIPHERTEXT
    if len(ciphertext) < nonce + NONCE + TAG:
        raise EnvelopeError("the ciphertext is too short for an envelope")
    if int.from_bytes(ciphertext[KEY_HASH:start], "little") != KEM_CIPHERTEXT:
        raise EnvelopeError("the key part of the ciphertext has another length")
    return Envelope(
        ciphertext[:KEY_HASH],
        ciphertext[start:nonce],
        ciphertext[nonce : nonce + NONCE],
        ciphertext[nonce + NONCE :],
    )


class ShieldKey:
    """A key pair made from a seed, so that a chain that is started again has the same one."""

    def __init__(self, seed: str) -> None:
        self._private, self.public = _key_pair(seed)
        self.key_hash = twox(self.public, 128)

    def open(self, ciphertext: bytes) -> bytes:
        """The extrinsic within an envelope; raises EnvelopeError."""
        envelope = parse(ciphertext)
        if envelope.key_hash != self.key_hash:
            raise EnvelopeError("the envelope is for another key")
        secret = self._private.decapsulate(envelope.kem_ciphertext)
        cipher = ChaCha20_Poly1305.new(key=secret, nonce=envelope.nonce)
        try:
            return cipher.decrypt_and_verify(envelope.sealed[:-TAG], envelope.sealed[-TAG:])
        except ValueError:
            raise EnvelopeError("the envelope was tampered with") from None


def _key_pair(seed: str) -> tuple[MLKEM768PrivateKey, bytes]:
    """The first key from the seed that no client can take for text: the SDK reads UTF-8 bytes as a string."""
    attempt = 0
    while True:
        secret = blake2b(f"shield {attempt} {seed}".encode(), digest_size=64).digest()
        private = MLKEM768PrivateKey.from_seed_bytes(secret)
        public = private.public_key().public_bytes_raw()
        if not _is_text(public):
            return private, public
        attempt += 1


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
