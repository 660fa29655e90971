"""chain_*: blocks, their headers and hashes, and following the head."""

from __future__ import annotations

from typing import Any

from subnet.devnet.blocks import Block, Header
from subnet.devnet.rpc.session import Session
from subnet.devnet.rpc.values import bad, find_block, from_hex, to_hex
from subnet.devnet.scale import decode_compact


def header_json(header: Header) -> dict[str, Any]:
    """A header as clients read it."""
    return {
        "parentHash": to_hex(header.parent_hash),
        "number": hex(header.number),
        "stateRoot": to_hex(header.state_root),
        "extrinsicsRoot": to_hex(header.extrinsics_root),
        "digest": {"logs": _logs(header.digest)},
    }


def _logs(digest: bytes) -> list[str]:
    """The digest's logs; this chain writes one to each header."""
    count, start = decode_compact(digest, 0)
    return [to_hex(digest[start:])] if count else []


def head(session: Session) -> str:
    """The hash of the last block; it is final."""
    return to_hex(session.node.blocks.head_hash)


def block_hash(session: Session, number: Any = None) -> str | list[str | None] | None:
    """The hash of a block by number (also hexadecimal, or a list of numbers); null when there is none yet."""
    if number is None:
        return head(session)
    if isinstance(number, list):
        return [_hash_of(session, item) for item in number]
    return _hash_of(session, number)


def _hash_of(session: Session, number: Any) -> str | None:
    if isinstance(number, str):
        number = int.from_bytes(
            from_hex("0" * (len(number) % 2) + number.removeprefix("0x"), "the number"), "big"
        )
    if not isinstance(number, int) or number < 0:
        raise bad("the block number must be a number")
    found = session.node.blocks.hash_of(number)
    return None if found is None else to_hex(found)


def header(session: Session, block: Any = None) -> dict[str, Any] | None:
    """The header of a block, by default the last; null for an unknown hash."""
    number = find_block(session.node, block)
    return None if number is None else header_json(session.node.blocks.header(number))


def block(session: Session, block: Any = None) -> dict[str, Any] | None:
    """A block with its extrinsics; null for an unknown hash and for blocks whose extrinsics are no longer kept."""
    number = find_block(session.node, block)
    extrinsics = None if number is None else session.node.blocks.extrinsics(number)
    if number is None or extrinsics is None:
        return None
    body = {
        "header": header_json(session.node.blocks.header(number)),
        "extrinsics": [to_hex(extrinsic) for extrinsic in extrinsics],
    }
    return {"block": body, "justifications": None}


def subscribe_heads(session: Session) -> str:
    """Sends the header of the last block now and of each new one; blocks are final at once."""
    subscription = session.subscribe("chain_newHead")

    def listener(block: Block) -> None:
        subscription(header_json(block.header))

    listeners = session.node.head_listeners
    listeners.add(listener)
    session.on_end(subscription.name, lambda: listeners.discard(listener))
    subscription(header_json(session.node.blocks.head))
    return subscription.name


def unsubscribe(session: Session, name: Any) -> bool:
    """Ends a subscription."""
    return session.unsubscribe(name)
