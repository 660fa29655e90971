"""Who sent a request: the SDK's btauth/1, always bound to a receiver, with a bounded memory of nonces.

Signed are the bytes that travel. Checks on the server's side run cheapest first: `claimed` looks at headers
only, before a body is read; `verified` checks the signature over the body; `Nonces` comes last, so that only
who has signed is remembered.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bittensor import http_auth
from bittensor.sp_core import verify as signature_holds
from bittensor.wallets import CRYPTO_TYPE_NAMES

from subnet.errors import TransportError
from subnet.protocol import QUERY_PATH, Hotkey

MAX_AGE = 10.0
"""Seconds that a signature stays valid, counted on the server's clock."""

ALLOWED_SKEW = 2.0
"""Seconds that a caller's clock may run ahead of the server's."""

SECOND = 1_000_000_000
"""Nanoseconds, the unit of a nonce."""

HOTKEY_HEADER = http_auth.HEADER_HOTKEY.lower()
RECEIVER_HEADER = http_auth.HEADER_RECEIVER.lower()
NONCE_HEADER = http_auth.HEADER_NONCE.lower()
SIGNATURE_HEADER = http_auth.HEADER_SIGNATURE.lower()
VERSION_HEADER = http_auth.HEADER_VERSION.lower()
CRYPTO_HEADER = http_auth.HEADER_CRYPTO.lower()
DEFAULT_SCHEME = "sr25519"
"""What a signature is made with when a request names nothing else."""

CRYPTO_TYPES = {name: number for number, name in CRYPTO_TYPE_NAMES.items()}
SS58_LENGTHS = range(46, 50)
NONCE_DIGITS = range(1, 21)
SIGNATURE = re.compile(r"(0x)?[0-9a-fA-F]{128}")


class Signer(Protocol):
    """A hotkey that can sign: an SDK keypair, or whatever speaks for one in another process."""

    @property
    def ss58_address(self) -> str: ...

    @property
    def public_key(self) -> bytes: ...

    @property
    def crypto_type(self) -> int: ...

    def sign(self, payload: bytes) -> bytes: ...


class Unauthenticated(TransportError):
    """A request does not prove who sent it; `reason` is a fixed word that a caller may be told."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class TooManyRequests(TransportError):
    """A caller has used up its share of nonces in the freshness window."""

    retry = True


class JustStarted(TransportError):
    """A request may be older than this server, which therefore cannot tell whether it was answered before."""

    retry = True


@dataclass(slots=True)
class Claim:
    """What a request's headers say, by shape only: nothing is proven yet."""

    caller: Hotkey
    receiver: Hotkey
    nonce_ns: int
    crypto_type: int
    signature: bytes

    def payload(self, body: bytes, path: str = QUERY_PATH) -> bytes:
        """The bytes that the signature must cover.

        They name caller, receiver, nonce and the body's digest, so that no other request has the same ones.
        """
        return _payload(self.crypto_type, self.caller, self.receiver, self.nonce_ns, body, path)


class Nonces:
    """The nonces accepted within the freshness window, at most `per_hotkey` for each caller.

    A full share refuses instead of forgetting, because what is forgotten can be replayed. A request could
    have been accepted before this store existed when its nonce is older than the start plus what a caller's
    clock may be ahead; those are refused, so that what was captured before a restart is worthless after it.
    Forgotten is what would be stale by now, and nothing up to it is accepted again: so no step of a clock and
    no delay on the way brings a nonce back. Entries are written only after a signature holds, so strangers
    cannot fill the store.
    """

    retention = MAX_AGE + ALLOWED_SKEW

    def __init__(
        self,
        per_hotkey: int = 65_536,
        clock: Callable[[], float] = time.monotonic,
        since_ns: int | None = None,
    ) -> None:
        self._per_hotkey = per_hotkey
        self._clock = clock
        self._since_ns = time.time_ns() + round(ALLOWED_SKEW * SECOND) if since_ns is None else since_ns
        self._seen: dict[str, _Seen] = {}

    def check_and_store(self, hotkey_ss58: str, nonce_ns: int) -> bool:
        """True, and the nonce is remembered, when it is new; False when it was seen.

        Raises JustStarted for a nonce that may be older than the store and TooManyRequests when the share is
        used up.
        """
        if nonce_ns < self._since_ns:
            raise JustStarted("this server has just started: sign again in a moment")
        seen = self._seen.get(hotkey_ss58)
        if seen is None:
            seen = self._seen[hotkey_ss58] = _Seen()
        now = self._clock()
        seen.forget(now)
        if nonce_ns <= seen.floor or nonce_ns in seen.nonces:
            return False
        if len(seen.nonces) >= self._per_hotkey:
            raise TooManyRequests(f"more than {self._per_hotkey} requests within {self.retention:g} s")
        seen.nonces.add(nonce_ns)
        seen.expiry.append((now + self.retention, nonce_ns))
        return True

    def __len__(self) -> int:
        return sum(len(seen.nonces) for seen in self._seen.values())


@dataclass(slots=True)
class _Seen:
    """One caller's nonces, when each may be forgotten, soonest first, and the highest that was."""

    floor: int = -1
    nonces: set[int] = field(default_factory=set)
    expiry: deque[tuple[float, int]] = field(default_factory=deque)

    def forget(self, now: float) -> None:
        """Drops what no request could repeat any more, because it would be stale."""
        while self.expiry and self.expiry[0][0] <= now:
            nonce = self.expiry.popleft()[1]
            self.nonces.discard(nonce)
            self.floor = max(self.floor, nonce)


def sign(
    signer: Signer, body: bytes, receiver: Hotkey, path: str = QUERY_PATH, nonce_ns: int | None = None
) -> dict[str, str]:
    """Headers that prove that the signer's hotkey sends exactly `body` to `receiver`, now."""
    headers: dict[str, str] = http_auth.sign(
        signer, method="POST", path=path, body=body, receiver_ss58=receiver, nonce_ns=nonce_ns
    )
    return headers


def signed(signer: Signer, body: bytes, receiver: Hotkey, nonce_ns: int) -> tuple[dict[str, str], bytes]:
    """The same headers, and the payload under the signature; half the cost, since nothing is resolved."""
    payload = _payload(signer.crypto_type, signer.ss58_address, receiver, nonce_ns, body, QUERY_PATH)
    headers = {
        http_auth.HEADER_VERSION: http_auth.VERSION,
        http_auth.HEADER_HOTKEY: signer.ss58_address,
        http_auth.HEADER_NONCE: str(nonce_ns),
        http_auth.HEADER_SIGNATURE: "0x" + bytes(signer.sign(payload)).hex(),
        http_auth.HEADER_RECEIVER: receiver,
    }
    if signer.crypto_type != CRYPTO_TYPES[DEFAULT_SCHEME]:
        headers[http_auth.HEADER_CRYPTO] = CRYPTO_TYPE_NAMES[signer.crypto_type]
    return headers, payload


def claimed(headers: Mapping[str, str], receiver: Hotkey) -> Claim:
    """What a request claims; `headers` have lower-case names. Shapes only, no arithmetic on keys.

    Raises Unauthenticated when the claim is absent, has not the shape of a signed request, or addresses
    another receiver.
    """
    caller = headers.get(HOTKEY_HEADER, "")
    if len(caller) not in SS58_LENGTHS or not (caller.isascii() and caller.isalnum()):
        raise _unsigned(http_auth.HEADER_HOTKEY)
    if headers.get(RECEIVER_HEADER) != receiver:
        raise Unauthenticated("wrong-receiver", f"this server is {receiver}: sign for it")
    if headers.get(VERSION_HEADER) != http_auth.VERSION:
        raise _unsigned(http_auth.HEADER_VERSION)
    nonce = headers.get(NONCE_HEADER, "")
    if len(nonce) not in NONCE_DIGITS or not (nonce.isascii() and nonce.isdecimal()):
        raise _unsigned(http_auth.HEADER_NONCE)
    crypto_type = CRYPTO_TYPES.get(headers.get(CRYPTO_HEADER, DEFAULT_SCHEME))
    if crypto_type is None:
        raise _unsigned(http_auth.HEADER_CRYPTO)
    signature = headers.get(SIGNATURE_HEADER, "")
    if not SIGNATURE.fullmatch(signature):
        raise _unsigned(http_auth.HEADER_SIGNATURE)
    return Claim(Hotkey(caller), receiver, int(nonce), crypto_type, bytes.fromhex(signature[-128:]))


def check_fresh(claim: Claim, now_ns: int) -> None:
    """Raises Unauthenticated, and says by how much clocks seem to differ, outside of the freshness window."""
    ahead = (claim.nonce_ns - now_ns) / SECOND
    if ahead > ALLOWED_SKEW:
        raise Unauthenticated("stale", f"signed {ahead:.1f} s in the future by this server's clock; {CLOCKS}")
    if ahead < -MAX_AGE:
        raise Unauthenticated("stale", f"signed {-ahead:.1f} s ago by this server's clock; {CLOCKS}")


CLOCKS = "set both clocks by NTP"


def verified(claim: Claim, body: bytes, path: str = QUERY_PATH) -> bytes:
    """The payload that the claimed caller provably signed for this body.

    It is fresh when `check_fresh` said so; whether it comes for the first time is for `Nonces` to say. The SDK's
    own `verify` does the same in one go, and a test holds them together; here the headers are judged before
    the body is read. Raises Unauthenticated with the reason.
    """
    payload = claim.payload(body, path)
    try:
        holds = signature_holds(payload, claim.signature, claim.caller, claim.crypto_type)
    except ValueError:
        raise _unsigned(http_auth.HEADER_HOTKEY) from None
    if not holds:
        raise Unauthenticated("bad-signature", "the signature does not hold for this hotkey and request")
    return payload


def _unsigned(header: str) -> Unauthenticated:
    return Unauthenticated("unsigned", f"missing or malformed {header}")


def _payload(crypto_type: int, sender: str, receiver: str, nonce_ns: int, body: bytes, path: str) -> bytes:
    payload: bytes = http_auth.build_payload(
        scheme=CRYPTO_TYPE_NAMES[crypto_type],
        method="POST",
        path=path,
        body=body,
        nonce_ns=nonce_ns,
        sender_ss58=sender,
        receiver_ss58=receiver,
    )
    return payload
