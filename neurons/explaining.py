"""A validator explains to each miner its own score, and to nobody else: signed both ways by btauth/1.

A miner signs an empty JSON object for the validator; the reply is signed by the validator's hotkey for that
miner, with the same protocol, so that the miner can show what it was told.
"""

from __future__ import annotations

import hashlib
import logging
import math
import time
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

from bittensor import http_auth

from subnet.advice.explanation import Explanation, explanation
from subnet.errors import ConditionError
from subnet.protocol import Address, Heard, Hotkey
from subnet.tasks.secret import Secret
from subnet.transport.incoming import Head, Opened
from subnet.transport.listening import listen, serving
from subnet.transport.refusals import Denied, Response
from subnet.transport.signing import (
    ALLOWED_SKEW,
    MAX_AGE,
    JustStarted,
    Nonces,
    Signer,
    TooManyRequests,
    Unauthenticated,
    check_fresh,
    claimed,
    sign,
)
from subnet.validator.context import Context, last_context
from subnet.validator.ledger import related
from subnet.validator.memory import attributed
from subnet.validator.scores import Observation
from subnet.validator.store import Store

log = logging.getLogger(__name__)

EXPLANATION_PATH = "/assay/1/explanation"
QUESTION = b"{}"
ASKED_AT_ONCE = 4
"""Explanations that one miner gets within the freshness window of signatures; an epoch has only one."""

CONTEXT_SECONDS = 2.0
"""How old the list of members may be, so that strangers cost no look into the store."""


class Desk:
    """Makes explanations from a store, each once per epoch."""

    def __init__(self, store: Store, me: Hotkey, secret: Secret) -> None:
        self._store = store
        self._me = me
        self._secret = secret
        self._made: dict[Hotkey, tuple[int, bytes]] = {}
        self._read_at = -math.inf
        self._context: Context | None = None

    def knows(self, hotkey: Hotkey) -> bool:
        """Whether a hotkey was a member when the validator looked last."""
        context = self._newest()
        return context is not None and hotkey in context.members

    def explain(self, hotkey: Hotkey) -> bytes:
        """The explanation for a member, as JSON."""
        context = self._newest()
        assert context is not None  # it is known
        made = self._made.get(hotkey)
        if made is None or made[0] != context.epoch:
            known = related(self._store, hotkey, context.members.get(hotkey))
            own = attributed(known, context.members, context.block).get(hotkey, [])
            epochs = tuple(explanation(own, context.epoch, self._rank))
            told = Explanation(hotkey=hotkey, validator=self._me, epoch=context.epoch, epochs=epochs)
            self._forget_old(context.epoch)
            made = self._made[hotkey] = context.epoch, told.model_dump_json().encode()
        return made[1]

    def _newest(self) -> Context | None:
        if time.monotonic() - self._read_at > CONTEXT_SECONDS:
            self._context, self._read_at = last_context(self._store), time.monotonic()
        return self._context

    def _forget_old(self, epoch: int) -> None:
        self._made = {hotkey: made for hotkey, made in self._made.items() if made[0] == epoch}

    def _rank(self, seen: Observation) -> str:
        asked = hashlib.sha256(f"{seen.round_id}/{seen.task_id}/{seen.hotkey}".encode()).digest()
        return self._secret.query_id(seen.epoch, int.from_bytes(asked[:16], "big"))


class ExplainServer:
    """Answers signed questions at EXPLANATION_PATH; called with a request's head (see `incoming.Handler`)."""

    def __init__(self, signer: Signer, desk: Desk) -> None:
        self._signer = signer
        self._hotkey = Hotkey(signer.ss58_address)
        self._desk = desk
        self._nonces = Nonces(per_hotkey=ASKED_AT_ONCE)

    def __call__(self, head: Head) -> Opened:
        """What takes the question. Raises Denied."""
        if (head.method, head.target) != (b"POST", EXPLANATION_PATH.encode()):
            raise Denied(404, "not-found", f"POST {EXPLANATION_PATH}", close=True)
        if head.headers.get(b"content-length") != b"%d" % len(QUESTION):
            raise Denied(400, "malformed", "the question is an empty JSON object", close=True)
        named = named_headers(head.headers)
        try:
            claim = claimed(named, self._hotkey)
            if not self._desk.knows(claim.caller):
                raise Denied(403, "not-known", "this hotkey has no seat, or was not asked yet", close=True)
            check_fresh(claim, time.time_ns())
        except Unauthenticated as failure:
            raise Denied(401, failure.reason, str(failure), close=True, time=time.time()) from None
        return partial(self._answer, named)

    def _answer(self, named: Mapping[str, str], body: bytes, heard: Heard) -> Response:
        try:
            caller = Hotkey(self._proven(named, body))
        except http_auth.AuthError as failure:
            raise Denied(401, "unproven", str(failure)) from None
        except (TooManyRequests, JustStarted) as failure:
            raise Denied(429, "too-many-requests", str(failure), retry_after=2) from None
        told = self._desk.explain(caller)
        proof = sign(self._signer, told, caller, EXPLANATION_PATH)
        lines = "".join(f"{name}: {value}\r\n" for name, value in proof.items())
        log.info("explained to %s", caller)
        return Response(200, told, lines.encode())

    def _proven(self, named: Mapping[str, str], body: bytes) -> str:
        proven = http_auth.verify(
            named,
            body,
            method="POST",
            path=EXPLANATION_PATH,
            self_hotkey_ss58=self._hotkey,
            max_age=MAX_AGE,
            allowed_skew=ALLOWED_SKEW,
            nonce_store=self._nonces,
        )
        return str(proven.hotkey_ss58)


def explaining(
    store: Store, signer: Signer, folder: Path, where: Address
) -> AbstractAsyncContextManager[Address]:
    """Serves explanations from a store while the context is open; `folder` keeps the secret of what is drawn."""
    try:
        secret = Secret.at(folder / "explanation-secret")
    except (OSError, ValueError) as problem:
        raise ConditionError(f"the explanation secret cannot be used: {problem}") from problem
    desk = Desk(store, Hotkey(signer.ss58_address), secret)
    return serving(ExplainServer(signer, desk), listen(where.host, where.port))


def named_headers(headers: Mapping[bytes, bytes]) -> dict[str, str]:
    """The headers of btauth/1 as text, by lower-case name."""
    return {
        name.decode("latin-1"): value.decode("latin-1")
        for name, value in headers.items()
        if name[:2] == b"x-"
    }
