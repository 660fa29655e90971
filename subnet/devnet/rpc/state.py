"""state_*: storage by raw key, runtime calls, metadata and the version of the runtime."""

from __future__ import annotations

from typing import Any

from subnet.devnet.blocks import Block
from subnet.devnet.rpc.session import Session
from subnet.devnet.rpc.values import RpcError, bad, find_block, from_hex, state_at, to_count, to_hex
from subnet.devnet.scale import ScaleError
from subnet.devnet.state import ABSENT, State
from subnet.devnet.storage import blake2_256

_EXECUTION_FAILED = 4003
_LONGEST_PAGE = 1000
_MOST_KEYS = 100_000  # of one request
_METADATA = "Metadata_metadata_at_version"


def _read(session: Session, state: State, key: Any) -> bytes | None:
    raw = from_hex(key, "the storage key")
    stored = state.get(raw)
    return None if stored is ABSENT else session.node.runtime.encoded(raw, stored)


def storage(session: Session, key: Any, at: Any = None) -> str | None:
    """The value under a raw key, null when nothing is stored."""
    value = _read(session, state_at(session.node, at), key)
    return None if value is None else to_hex(value)


def storage_hash(session: Session, key: Any, at: Any = None) -> str | None:
    """The hash of the value under a raw key."""
    value = _read(session, state_at(session.node, at), key)
    return None if value is None else to_hex(blake2_256(value))


def storage_size(session: Session, key: Any, at: Any = None) -> int | None:
    """The length of the value under a raw key, in bytes."""
    value = _read(session, state_at(session.node, at), key)
    return None if value is None else len(value)


def _changes(session: Session, keys: list[Any], at: Any) -> dict[str, Any]:
    state = state_at(session.node, at)
    return {"block": at or to_hex(session.node.blocks.head_hash), "changes": _values(session, state, keys)}


def _values(session: Session, state: State, keys: list[Any]) -> list[list[Any]]:
    values = [(key, _read(session, state, key)) for key in keys]
    return [[key, None if value is None else to_hex(value)] for key, value in values]


def _checked_keys(keys: Any) -> list[Any]:
    if not isinstance(keys, list) or len(keys) > _MOST_KEYS:
        raise bad(f"the keys must be a list of at most {_MOST_KEYS}")
    return keys


def query_at(session: Session, keys: Any, at: Any = None) -> list[dict[str, Any]]:
    """The values under several raw keys, which are repeated as they came."""
    return [_changes(session, _checked_keys(keys), at)]


def keys_paged(session: Session, prefix: Any, count: Any, start: Any = None, at: Any = None) -> list[str]:
    """Up to `count` keys under a prefix and behind `start`, in byte order."""
    size = to_count(count, "the page size", _LONGEST_PAGE)
    after = b"" if start is None else from_hex(start, "the start key")
    state = state_at(session.node, at)
    return [to_hex(key) for key in state.keys(from_hex(prefix or "0x", "the prefix"), after, size)]


def keys(session: Session, prefix: Any, at: Any = None) -> list[str]:
    """All keys under a prefix, up to a bound."""
    state = state_at(session.node, at)
    return [to_hex(key) for key in state.keys(from_hex(prefix, "the prefix"), b"", _MOST_KEYS)]


def pairs(session: Session, prefix: Any, at: Any = None) -> list[list[Any]]:
    """All keys and values under a prefix, up to a bound."""
    return _values(session, state_at(session.node, at), keys(session, prefix, at))


def call(session: Session, method: Any, arguments: Any, at: Any = None) -> str:
    """The encoded result of a runtime API method."""
    state, runtime = state_at(session.node, at), session.node.runtime
    if not isinstance(method, str) or method not in runtime.methods:
        reason = f"Exported method {str(method)[:100]} is not found"
        raise RpcError(_EXECUTION_FAILED, f"Client error: Execution failed: Other: {reason}")
    try:
        return to_hex(runtime.call_api(state, method, from_hex(arguments, "the arguments")))
    except ScaleError as error:
        raise RpcError(_EXECUTION_FAILED, f"Client error: Execution failed: {method}: {error}") from None


def metadata(session: Session, at: Any = None) -> str:
    """Metadata V14; V15 is read by `state_call`."""
    if find_block(session.node, at) is None:
        raise bad("the block is unknown")
    return session.node.metadata_v14


def version(session: Session, at: Any = None) -> dict[str, Any]:
    """The version of the runtime and the APIs that it has; it never changes on this chain."""
    known = session.node.runtime.version
    return {
        "specName": known.spec_name,
        "implName": known.impl_name,
        "authoringVersion": known.authoring_version,
        "specVersion": known.spec_version,
        "implVersion": known.impl_version,
        "apis": [[to_hex(identity), number] for identity, number in known.apis],
        "transactionVersion": known.transaction_version,
        "stateVersion": known.system_version,
    }


def subscribe_version(session: Session) -> str:
    """Sends the version of the runtime, once."""
    subscription = session.subscribe("state_runtimeVersion")
    subscription(version(session))
    return subscription.name


def subscribe_storage(session: Session, keys: Any = None) -> str:
    """Sends the values under raw keys now, and again those that a block changed."""
    wanted = _checked_keys([] if keys is None else keys)
    subscription = session.subscribe("state_storage")
    node = session.node
    last = dict(map(tuple, _values(session, node.state, wanted)))

    def listener(block: Block) -> None:
        changed = [[key, value] for key, value in _values(session, node.state, wanted) if last[key] != value]
        if changed:
            last.update(map(tuple, changed))
            subscription({"block": to_hex(block.hash), "changes": changed})

    node.head_listeners.add(listener)
    session.on_end(subscription.name, lambda: node.head_listeners.discard(listener))
    subscription(_changes(session, wanted, None))
    return subscription.name
