"""author_* and nonces: sending extrinsics and watching them."""

from __future__ import annotations

from typing import Any

from subnet.devnet.pool import Status
from subnet.devnet.rpc.session import Session
from subnet.devnet.rpc.values import from_hex, to_account, to_hex

_LAST = ("finalized", "usurped")


def submit(session: Session, extrinsic: Any) -> str:
    """Takes an extrinsic into the pool and returns its hash."""
    return to_hex(session.node.submit(from_hex(extrinsic, "the extrinsic")))


def submit_and_watch(session: Session, extrinsic: Any) -> str:
    """Takes an extrinsic into the pool and says what becomes of it, until it is finalized or dropped."""
    raw = from_hex(extrinsic, "the extrinsic")
    subscription = session.subscribe("author_extrinsicUpdate")

    def watcher(status: Status) -> None:
        subscription(status)
        if status == "invalid" or (isinstance(status, dict) and any(word in status for word in _LAST)):
            session.unsubscribe(subscription.name)

    try:
        session.node.submit(raw, watcher)
    except BaseException:
        session.unsubscribe(subscription.name)
        raise
    return subscription.name


def unwatch(session: Session, name: Any) -> bool:
    """Ends watching; also true when the extrinsic came to its end before."""
    session.unsubscribe(name)
    return True


def pending(session: Session) -> list[str]:
    """The extrinsics that wait in the pool."""
    return [to_hex(pooled.extrinsic.raw) for pooled in session.node.pool]


def next_nonce(session: Session, account: Any) -> int:
    """The nonce for an account's next extrinsic, those in the pool counted."""
    return session.node.pool.next_nonce(to_account(account))
