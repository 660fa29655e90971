"""Who sent a request: the SDK's btauth/1, always bound to a receiver, with a bounded memory of nonces.

Signed are the bytes that travel. The order of checks on the server's side is `claimed_caller` (headers only,
before a body is read), then `verified` (signature, freshness, replay; needs the body).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Protocol

from bittensor import http_auth

from subnet.errors import TransportError
from subnet.protocol import QUERY_PATH, Hotkey

MAX_AGE = 10.0
"""Seconds that a signature stays valid, counted on the server's clock."""

ALLOWED_SKEW = 2.0
"""Seconds that a caller's clock may run ahead of the server's."""

HOTKEY_HEADER = http_auth.HEADER_HOTKEY.lower()
RECEIVER_HEADER = http_auth.HEADER_RECEIVER.lower()
SS58_LENGTHS = range(46, 50)


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


class Nonces:
    """The nonces accepted within the freshness window, at most `per_hotkey` for each caller.

    A full share refuses instead of forgetting, because what is forgotten can be replayed. Nonces from before
    the store existed are refused too: a request captured before a restart is worthless after it. Entries are
    written only after a signature holds, so strangers cannot fill the store.
    """

    retention = MAX_AGE + ALLOWED_SKEW

    def __init__(
        self,
        per_hotkey: int = 16_384,
        clock: Callable[[], float] = time.monotonic,
        since_ns: int | None = None,
    ) -> None:
        self._per_hotkey = per_hotkey
        self._clock = clock
        self._since_ns = time.time_ns() if since_ns is None else since_ns
        self._expiry: dict[str, dict[int, float]] = {}

    def check_and_store(self, hotkey_ss58: str, nonce_ns: int) -> bool:
        """True, and the nonce is remembered, when it is new; False when it was seen.

        Raises StaleRequest for a nonce older than the store and TooManyRequests when the share is used up.
        """
        if nonce_ns < self._since_ns:
            raise http_auth.StaleRequest("signed before this server started")
        seen = self._expiry.setdefault(hotkey_ss58, {})
        now = self._clock()
        while seen and (oldest := next(iter(seen.items())))[1] <= now:
            del seen[oldest[0]]
        if nonce_ns in seen:
            return False
        if len(seen) >= self._per_hotkey:
            raise TooManyRequests(f"more than {self._per_hotkey} requests within {self.retention:g} s")
        seen[nonce_ns] = now + self.retention
        return True

    def __len__(self) -> int:
        return sum(map(len, self._expiry.values()))


def sign(
    signer: Signer, body: bytes, receiver: Hotkey, path: str = QUERY_PATH, nonce_ns: int | None = None
) -> dict[str, str]:
    """Headers that prove that the signer's hotkey sends exactly `body` to `receiver`, now."""
    headers: dict[str, str] = http_auth.sign(
        signer, method="POST", path=path, body=body, receiver_ss58=receiver, nonce_ns=nonce_ns
    )
    return headers


def claimed_caller(headers: Mapping[str, str], receiver: Hotkey) -> Hotkey:
    """The hotkey that a request says it comes from, by shape only; nothing is proven yet.

    `headers` have lower-case names. Raises Unauthenticated when the claim is absent, has not the shape of an
    address, or addresses another receiver.
    """
    claim = headers.get(HOTKEY_HEADER, "")
    if len(claim) not in SS58_LENGTHS or not (claim.isascii() and claim.isalnum()):
        raise Unauthenticated("unsigned", f"missing or malformed {http_auth.HEADER_HOTKEY}")
    if headers.get(RECEIVER_HEADER) != receiver:
        raise Unauthenticated("wrong-receiver", f"this server is {receiver}: sign for it")
    return Hotkey(claim)


def verified(
    headers: Mapping[str, str],
    body: bytes,
    receiver: Hotkey,
    nonces: http_auth.NonceStore,
    path: str = QUERY_PATH,
) -> Hotkey:
    """The hotkey that provably sent `body` to `receiver` within the freshness window, for the first time.

    Raises Unauthenticated with the reason, or TooManyRequests.
    """
    try:
        caller = http_auth.verify(
            headers,
            body,
            method="POST",
            path=path,
            self_hotkey_ss58=receiver,
            max_age=MAX_AGE,
            allowed_skew=ALLOWED_SKEW,
            nonce_store=nonces,
        )
    except http_auth.AuthError as failure:
        raise Unauthenticated(REASONS.get(type(failure), "unsigned"), str(failure)) from None
    return Hotkey(caller.hotkey_ss58)


REASONS: dict[type[Exception], str] = {
    http_auth.MalformedAuth: "unsigned",
    http_auth.WrongReceiver: "wrong-receiver",
    http_auth.StaleRequest: "stale",
    http_auth.ReplayedRequest: "replayed",
    http_auth.BadSignature: "bad-signature",
}
