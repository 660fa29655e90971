"""dev_*: time and state as tools, with the names that chopsticks and anvil gave them."""

from __future__ import annotations

from typing import Any, get_args

from subnet.devnet.config import Mode
from subnet.devnet.dispatch import DispatchError
from subnet.devnet.rpc.session import Session
from subnet.devnet.rpc.values import bad, find_block, from_hex, to_count, to_hex
from subnet.devnet.state import StateDiscarded

_MOST_BLOCKS = 10_000_000
_LATEST_TIME = 2**53  # milliseconds


async def new_block(session: Session, options: Any = None) -> str:
    """Makes `count` blocks (1), or as many as it takes to reach block `to`; returns the hash of the last."""
    wanted = options if isinstance(options, dict) else {"count": 1 if options is None else options}
    if len(wanted) > 1 or not wanted.keys() <= {"count", "to"}:
        raise bad('the options are {"count": blocks} or {"to": block}')
    if "to" in wanted:
        target, head = to_count(wanted["to"], "to", 2**32 - 1), session.node.state.block
        if target < head:
            raise bad(f"block {target} is made already")
        wanted = {"count": target - head}
    return await session.producer.make_blocks(to_count(wanted.get("count", 1), "count", _MOST_BLOCKS))


def set_storage(session: Session, entries: Any, at: Any = None) -> str:
    """Writes raw storage at the head, all of it or nothing: [key, value or null] each; returns the head's hash."""
    if at is not None and find_block(session.node, at) != session.node.blocks.number:
        raise bad("storage can be written at the last block only")
    if not isinstance(entries, list):
        raise bad("the entries must be a list of [key, value]")
    try:
        session.node.set_storage([_entry(entry) for entry in entries])
    except DispatchError as error:
        raise bad(str(error)) from None
    return to_hex(session.node.blocks.head_hash)


def _entry(entry: Any) -> tuple[bytes, bytes | None]:
    if not isinstance(entry, list) or len(entry) != 2:
        raise bad("an entry must be [key, value]")
    key, value = entry
    return from_hex(key, "the key"), None if value is None else from_hex(value, "the value")


def set_block_build_mode(session: Session, mode: Any) -> str:
    """Says when blocks are made from now on: "interval", "instant" or "manual" (any case)."""
    name = str(mode).lower()
    if name not in get_args(Mode):
        raise bad('the mode must be "interval", "instant" or "manual"')
    session.producer.set_mode(name)  # type: ignore[arg-type]
    return name


def time_travel(session: Session, time: Any) -> int:
    """Lets the next block be at a time (milliseconds since 1970, later than now); returns it."""
    target = to_count(time, "the time", _LATEST_TIME)
    try:
        return session.node.travel(target)
    except ValueError as error:
        raise bad(str(error)) from None


def snapshot(session: Session) -> str:
    """Names the chain as it is now, for `dev_revert`."""
    return to_hex(session.node.snapshot())


def revert(session: Session, name: Any) -> bool:
    """Takes the chain back to a snapshot, or by its hash to any block whose state is kept."""
    try:
        session.node.restore(from_hex(name, "the snapshot"))
    except StateDiscarded:
        raise bad("there is no such snapshot, or its block is no longer kept") from None
    return True
