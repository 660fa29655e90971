"""TLS without authorities: a miner's own key, bound to its hotkey by the chain and pinned by whoever asks it.

`serve_axon_tls` stores up to 65 bytes for a hotkey, the first of which names an algorithm: 1 is Ed25519 here, and
32 bytes of public key follow. That record is signed by the hotkey, so that no name, date or authority in the
certificate means anything: TLS 1.3 proves that the other side holds the key, and the key is the one on the chain.
"""

from __future__ import annotations

import os
import ssl
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from subnet.errors import ConditionError, TransportError

ED25519 = 1
"""The algorithm byte of the records that this kit writes, and understands."""

# A certificate needs dates; nobody looks at these.
VALID_FROM = datetime(2020, 1, 1, tzinfo=UTC)
VALID_UNTIL = datetime(2120, 1, 1, tzinfo=UTC)


class WrongKey(TransportError):
    """The other side does not hold the key that the chain shows."""


def own_key(path: Path) -> str:
    """The record, as hex text, of the key in a file that only its owner may read; it is made when there is none.

    Raises ConditionError.
    """
    try:
        if not path.exists():
            _make(path)
        if not path.is_file():
            raise ConditionError(f"the TLS key {path} is no file: name one with --tls-key")
        if path.stat().st_mode & 0o077:
            raise ConditionError(
                f"{path} can be read by others: chmod 600 {path}, or delete it for a new key"
            )
        key = load_pem_private_key(path.read_bytes(), None)
    except OSError as problem:
        raise ConditionError(
            f"the TLS key {path} cannot be made or read: {problem.strerror}; name another file with --tls-key"
        ) from None
    except (ValueError, TypeError) as problem:
        raise ConditionError(
            f"the TLS key in {path} cannot be used ({type(problem).__name__}): delete it for a new one"
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise ConditionError(f"the TLS key in {path} is not of the kind Ed25519: delete it for a new one")
    return record(key.public_key())


def record(key: Ed25519PublicKey) -> str:
    """What the chain stores for a key, as hex text."""
    return bytes([ED25519]).hex() + key.public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def serving_context(path: Path) -> ssl.SSLContext:
    """What a server needs to prove that it holds the key in the file. Raises ConditionError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.num_tickets = 0  # connections are kept, and every new one shows the key again
    try:
        context.load_cert_chain(path)
    except OSError as problem:
        raise ConditionError(f"the TLS key in {path} cannot be used: {problem.strerror or problem}") from None
    return context


def asking_context() -> ssl.SSLContext:
    """What a client needs; it proves nothing about the other side before `check_pinned` has."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def check_pinned(connection: ssl.SSLObject, expected: str) -> None:
    """Raises WrongKey unless the other side of a finished handshake holds the key of this record."""
    if expected[:2] != bytes([ED25519]).hex():
        raise WrongKey("the chain shows a TLS key of an unknown kind")
    try:
        shown = x509.load_der_x509_certificate(connection.getpeercert(binary_form=True) or b"").public_key()
    except ValueError:
        raise WrongKey("TLS: no certificate that can be read") from None
    if not isinstance(shown, Ed25519PublicKey) or record(shown) != expected:
        raise WrongKey("TLS: another key than the one on the chain")


def _make(path: Path) -> None:
    """Writes a new key and the certificate that TLS wants around it, for the owner's eyes only."""
    key = Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "assay")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(VALID_FROM)
        .not_valid_after(VALID_UNTIL)
        .sign(key, None)
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    whole = path.with_name(f"{path.name}.{os.getpid()}")
    whole.unlink(missing_ok=True)
    whole.touch(mode=0o600, exist_ok=False)
    whole.write_bytes(pem + certificate.public_bytes(Encoding.PEM))
    whole.rename(path)
