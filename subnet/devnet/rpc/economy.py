"""dev_epochs and dev_audit: what was paid, and whether the books balance."""

from __future__ import annotations

from typing import Any

from subnet.devnet.pallets import assay
from subnet.devnet.pallets.subtensor.audit import audit as audited
from subnet.devnet.rpc.session import Session
from subnet.devnet.rpc.values import to_count


def epochs(session: Session, netuid: Any, since: Any = 0) -> list[dict[str, int]]:
    """What each epoch of a subnet from block `since` on handed out, in rao of alpha by destination."""
    subnet, block = to_count(netuid, "the netuid", 2**16 - 1), to_count(since, "the block", 2**32 - 1)
    return [entry._asdict() for entry in assay.epochs(session.node.state, subnet, block)]


def audit(session: Session) -> list[str]:
    """A line for each book that does not balance at the head; empty on a sound chain."""
    return audited(session.node.state)
