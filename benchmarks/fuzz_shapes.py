"""Inputs that get past the first check: JSON with one thing wrong, and encodings that can be read.

Chance alone almost never makes them, and what lies behind the first check is where mistakes hide.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random
from typing import Any

from subnet.devnet.scale import (
    CALL,
    Array,
    Bool,
    Compact,
    Enum,
    Int,
    Option,
    Outer,
    Struct,
    Text,
    Tuple,
    Type,
    Vec,
    encode_compact,
)

_DEEPEST = 4  # calls within calls
_SCALARS: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        2**31,
        2**53,
        2**64,
        10**400,
        1.5,
        float("inf"),
        "",
        "0x",
        "0x0",
        "0xzz",
        "é",
    ),
    *(
        [],
        {},
        [[]],
        [None],
        {"count": 2},
        {"to": 0},
        {"count": -1},
        {"count": 10**9},
        "\ud800",
        "0x" + "ff" * 40,
    ),
)


def frame(rng: Random, seeds: Sequence[bytes], words: Sequence[str]) -> bytes:
    """A recorded request with some of it exchanged; sometimes several in a batch."""
    requests = [json.loads(rng.choice(seeds)) for _ in range(rng.choice((1, 1, 1, 1, 3)))]
    for request in requests:
        if isinstance(request, dict):
            _change_request(rng, request, words)
    return json.dumps(requests if len(requests) > 1 else requests[0]).encode()


def _change_request(rng: Random, request: dict[str, Any], words: Sequence[str]) -> None:
    chance = rng.random()
    if chance < 0.1:
        request["method"] = rng.choice(words)
    elif chance < 0.15:
        request[rng.choice(("id", "params", "method", "jsonrpc", "more"))] = rng.choice(_SCALARS)
    elif chance < 0.2:
        request.pop(rng.choice(list(request)))
    elif isinstance(request.get("params"), list):
        request["params"] = _changed(rng, request["params"], words)


def _changed(rng: Random, value: Any, words: Sequence[str]) -> Any:
    """The value with something within exchanged, added or taken away."""
    if isinstance(value, list) and value and rng.random() < 0.8:
        place = rng.randrange(len(value))
        chance = rng.random()
        if chance < 0.1:
            return [*value[:place], *value[place + 1 :]]
        if chance < 0.2:
            return [*value[:place], rng.choice(_SCALARS), *value[place:]]
        return [*value[:place], _changed(rng, value[place], words), *value[place + 1 :]]
    if isinstance(value, str) and len(value) > 4 and rng.random() < 0.6:
        return _text(rng, value, words)
    if isinstance(value, int) and rng.random() < 0.5:
        return value + rng.choice((-1, 1, 255, -(2**40)))
    return rng.choice((*_SCALARS, rng.choice(words)))


def _text(rng: Random, value: str, words: Sequence[str]) -> str:
    """Hexadecimal text stays such: a digit, a piece, an end changes."""
    place = rng.randrange(2, len(value))
    return rng.choice(
        (
            value[:place] + rng.choice("0123456789abcdefABCDEFg") + value[place + 1 :],
            value[: place & ~1],
            value + rng.choice(("00", "ff", "0", value[2:])),
            value[2:],
            rng.choice(words),
        )
    )


class Encodings:
    """Random encodings of any type; `accounts` and `netuids` are those that exist."""

    def __init__(self, rng: Random, accounts: Sequence[bytes], netuids: Sequence[int]) -> None:
        self.rng, self.accounts, self.netuids = rng, accounts, netuids

    def of(self, kind: Type[Any], depth: int = 0) -> bytes:
        """Bytes that the type reads, unless it demands more than its shape says."""
        match kind:
            case Struct():
                if kind.path.endswith("::NetUid") and self.rng.random() < 0.9:
                    return self.rng.choice(self.netuids).to_bytes(2, "little")
                return b"".join(self.of(inner, depth) for inner in kind.types)
            case Tuple():
                return b"".join(self.of(inner, depth) for inner in kind.items)
            case Enum():
                return self._variant(kind, depth)
            case Option():
                return self.rng.choice((b"\x00", b"\x01" + self.of(kind.inner, depth)))
            case Array():
                return self._array(kind, depth)
            case Vec():
                return self._vec(kind, depth)
            case Compact():
                return encode_compact(self._number(kind.limit.bit_length() - 1)) if kind.limit else b""
            case Int():
                return self._number(kind.bits).to_bytes(kind.bits // 8, "little")
            case Bool():
                return self.rng.choice((b"\x00", b"\x01"))
            case Text():
                return self.rng.choice((b"\x00", b"\x04a", b"\x08\xc3\xa9"))
            case Outer():
                return self.of(kind.bound, depth + 1)
        raise TypeError(type(kind).__name__)

    def _variant(self, kind: Enum, depth: int) -> bytes:
        shapes = list(kind.by_index.items())
        if depth > _DEEPEST:
            shapes = [shape for shape in shapes if not shape[1][1]] or shapes[:1]
        index, (_, types) = self.rng.choice(shapes)
        return bytes((index,)) + b"".join(self.of(inner, depth + (depth > 0)) for inner in types)

    def _array(self, kind: Array, depth: int) -> bytes:
        if kind.is_bytes:
            if kind.length == 32 and self.rng.random() < 0.8:
                return self.rng.choice(self.accounts)
            return self.rng.randbytes(kind.length)
        return b"".join(self.of(kind.inner, depth) for _ in range(kind.length))

    def _vec(self, kind: Vec[Any], depth: int) -> bytes:
        count = self.rng.choice((0, 1, 1, 2, 3, 6, 33)) if depth <= _DEEPEST else 0
        if kind.is_bytes:
            data = self.of(CALL, depth + 1) if self.rng.random() < 0.1 else self.rng.randbytes(count)
            return encode_compact(len(data)) + data
        return encode_compact(count) + b"".join(self.of(kind.inner, depth) for _ in range(count))

    def _number(self, bits: int) -> int:
        """A number that fits, likely one at an edge."""
        near = self.rng.choice((0, 1, 2, 10, 500, 65535, 10**9, 10**12, 2**63, 2**64 - 1, 2**32 - 1))
        edges = (0, 1, (1 << bits) - 1, 1 << (bits - 1), (1 << (bits - 1)) - 1, near, near, near)
        return int(self.rng.choice((*edges, self.rng.getrandbits(bits)))) % (1 << bits)
