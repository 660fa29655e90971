"""system_*: what kind of a chain this is."""

from __future__ import annotations

from typing import Any

from subnet.devnet.config import SS58_FORMAT
from subnet.devnet.rpc.session import Session

_NAME, _VERSION = "Assay embedded chain", "1.0.0"


def name(session: Session) -> str:
    """What runs here."""
    return _NAME


def version(session: Session) -> str:
    """The version of what runs here."""
    return _VERSION


def chain(session: Session) -> str:
    """The name of the chain."""
    return "Bittensor"


def chain_type(session: Session) -> str:
    """A chain for development."""
    return "Development"


def properties(session: Session) -> dict[str, Any]:
    """How addresses and amounts are written."""
    return {"ss58Format": SS58_FORMAT, "tokenDecimals": 9, "tokenSymbol": "TAO", "isEthereum": False}


def health(session: Session) -> dict[str, Any]:
    """A chain of one node has no peers and is never behind."""
    return {"peers": 0, "isSyncing": False, "shouldHavePeers": False}
