"""Third level: a machine's signed statement of what it runs, for miners whose hardware can make one.

A quote is bound to a nonce that the validator has just drawn, names the digest of what was measured (the software
that serves, with its weights), and expires. Who may sign quotes is the business of a `Root`: a vendor's chain of
certificates for real hardware; here an Ed25519 key stands for it, so that all above the signature can be tested.

It proves what tokens cannot, which machine did the work; it is worth as much as the hardware it trusts.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

MAX_QUOTE_BYTES = 64 * 1024
NONCE_BYTES = 32
SIGNATURE_BYTES = 64


class QuoteRefused(Exception):
    """A quote does not prove what was asked for; the message says why in one line."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What a machine says: the nonce it was given and the digest of what it runs (both hexadecimal), bound to the
    key of the neuron it speaks for, and the time at which it said so, in seconds since 1970.
    """

    nonce: str
    digest: str
    hotkey: str
    issued: float


class Root(Protocol):
    """Whoever vouches for machines."""

    def opened(self, quote: bytes) -> Statement:
        """The statement in a quote whose signature holds; raises QuoteRefused."""
        ...


@dataclass(frozen=True, slots=True)
class Policy:
    """What a quote must say: one of the `allowed` digests, and no more than `seconds` ago."""

    allowed: frozenset[str]
    seconds: float = 300.0
    ahead: float = 30.0
    """How far a machine's clock may run before ours."""


def attested(root: Root, quote: bytes, expected: Statement, policy: Policy) -> Statement:
    """The statement of a quote that answers our nonce for this hotkey; raises QuoteRefused.

    `expected` holds the nonce that was sent, the hotkey that was asked, and our time as `issued`; its digest is not
    looked at, the policy's are.
    """
    if len(quote) > MAX_QUOTE_BYTES:
        raise QuoteRefused("the quote is too large")
    said = root.opened(quote)
    if said.nonce != expected.nonce:
        raise QuoteRefused("the quote answers another nonce")
    if said.hotkey != expected.hotkey:
        raise QuoteRefused("the quote speaks for another hotkey")
    if said.digest not in policy.allowed:
        raise QuoteRefused("what the machine runs is not among the allowed digests")
    if not -policy.ahead <= expected.issued - said.issued <= policy.seconds:
        raise QuoteRefused("the quote has expired or comes from the future")
    return said


@dataclass(frozen=True, slots=True)
class SoftwareRoot:
    """A root that trusts one Ed25519 key: for tests and for owners who run all machines themselves.

    It proves that the key's holder made the statement, and nothing about hardware.
    """

    key: Ed25519PublicKey

    def opened(self, quote: bytes) -> Statement:
        """As `Root.opened`: 64 bytes of signature, then the signed statement as JSON."""
        signature, said = quote[:SIGNATURE_BYTES], quote[SIGNATURE_BYTES:]
        try:
            self.key.verify(signature, said)
            fields = json.loads(said)
            statement = Statement(**fields)
        except InvalidSignature as failure:
            raise QuoteRefused("the quote's signature does not hold") from failure
        except (ValueError, TypeError, RecursionError) as failure:
            raise QuoteRefused("the quote is no statement") from failure
        texts = (statement.nonce, statement.digest, statement.hotkey)
        if not (all(isinstance(text, str) for text in texts) and isinstance(statement.issued, int | float)):
            raise QuoteRefused("the quote is no statement")
        return statement


def software_quoter(key: Ed25519PrivateKey) -> Callable[[Statement], bytes]:
    """Makes the quotes that `SoftwareRoot` opens."""

    def quote(statement: Statement) -> bytes:
        said = json.dumps(asdict(statement), sort_keys=True).encode()
        return key.sign(said) + said

    return quote
