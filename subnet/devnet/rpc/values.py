"""What methods have in common: errors with a JSON-RPC code, and reading the values that clients send."""

from __future__ import annotations

from typing import Any

from subnet.devnet.calls import account_of
from subnet.devnet.node import Node
from subnet.devnet.state import State, StateDiscarded

INVALID_PARAMS = -32602
_UNKNOWN_BLOCK = 4003
_HASH = 32


class RpcError(Exception):
    """A request is refused; code, message and data are those of the reply."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.code, self.message, self.data = code, message, data


def bad(message: str) -> RpcError:
    """The client's parameters are not what the method takes."""
    return RpcError(INVALID_PARAMS, "Invalid params", message)


def to_hex(data: bytes) -> str:
    """Bytes as 0x text."""
    return "0x" + data.hex()


def from_hex(value: Any, what: str = "a value") -> bytes:
    """The bytes of hexadecimal text, with or without 0x; raises RpcError."""
    if not isinstance(value, str):
        raise bad(f"{what} must be hexadecimal text")
    try:
        return bytes.fromhex(value[2:] if value.startswith(("0x", "0X")) else value)
    except ValueError:
        raise bad(f"{what} is not hexadecimal") from None


def to_count(value: Any, what: str, most: int) -> int:
    """A number from 0 to `most`; raises RpcError."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise bad(f"{what} must be a number from 0 to {most}")
    return value


def to_account(value: Any) -> bytes:
    """The account id of an SS58 address or of 32 hexadecimal bytes; raises RpcError."""
    if isinstance(value, str) and value.startswith("0x"):
        account = from_hex(value, "the account")
    else:
        try:
            account = account_of(value)
        except ValueError:
            raise bad("the account is not an SS58 address") from None
    if len(account) != _HASH:
        raise bad("an account id has 32 bytes")
    return account


def find_block(node: Node, block: Any) -> int | None:
    """The number of the block with a hash, of the last block for null; None for an unknown hash."""
    if block is None:
        return node.blocks.number
    return node.blocks.number_of(from_hex(block, "the block hash"))


def state_at(node: Node, block: Any) -> State:
    """The state at the end of a block, by default the last; raises RpcError for unknown and discarded ones."""
    number = find_block(node, block)
    if number is None:
        raise RpcError(
            _UNKNOWN_BLOCK, f"Client error: UnknownBlock: Header was not found in the database: {block}"
        )
    try:
        return node.state.at(number)
    except StateDiscarded:
        raise RpcError(
            _UNKNOWN_BLOCK, f"Client error: UnknownBlock: State already discarded for {block}"
        ) from None
