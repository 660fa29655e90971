"""Sequences of SCALE: arrays, vectors and tuples, with a fast path where all that is in them has a fixed width."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import starmap
from typing import Any, TypeVar

from subnet.devnet.compact import ScaleError, decode_length, encode_compact, take
from subnet.devnet.primitives import U8, Type

V = TypeVar("V")


class Array(Type[Any]):
    """Exactly `length` items: bytes for `U8`, otherwise a tuple."""

    def __init__(self, inner: Type[Any], length: int) -> None:
        self.inner, self.length = inner, length
        self.is_bytes = inner.bare is U8

    def encode(self, value: Any) -> bytes:
        if len(value) != self.length:
            raise ScaleError(f"{len(value)} items, expected {self.length}")
        return _encode_items(self, value)

    def decode(self, data: bytes, offset: int = 0) -> tuple[Any, int]:
        return _decode_items(self, data, offset, self.length)


class Vec(Type[tuple[V, ...]]):
    """Any number of items: bytes for `U8` (name that type `BYTES`), otherwise a tuple."""

    def __init__(self, inner: Type[V]) -> None:
        self.inner = inner
        self.is_bytes = inner.bare is U8

    def encode(self, value: Any) -> bytes:
        return encode_compact(len(value)) + _encode_items(self, value)

    def decode(self, data: bytes, offset: int = 0) -> tuple[Any, int]:
        count, offset = decode_length(data, offset)
        return _decode_items(self, data, offset, count)


def _encode_items(kind: Array | Vec[Any], value: Any) -> bytes:
    if kind.is_bytes:
        if not isinstance(value, bytes):
            raise ScaleError(f"{type(value).__name__} where bytes are expected")
        return value
    if isinstance(value, (str, bytes)):
        raise ScaleError(f"{type(value).__name__} where a tuple is expected")
    form = kind.inner.format
    if not form:
        return kind.inner.encode_all(value)
    try:
        if len(form) == 1:
            return struct.pack(f"<{len(value)}{form}", *value)
        return b"".join(starmap(struct.Struct(f"<{form}").pack, value))
    except (struct.error, TypeError) as error:
        raise ScaleError(str(error)) from None


def _decode_items(kind: Array | Vec[Any], data: bytes, offset: int, count: int) -> tuple[Any, int]:
    if kind.is_bytes:
        return take(data, offset, count), offset + count
    form, decode = kind.inner.format, kind.inner.decode
    if form:
        size = struct.calcsize(f"<{form}") * count
        packed = take(data, offset, size)
        rows = (
            struct.unpack(f"<{count}{form}", packed)
            if len(form) == 1
            else struct.iter_unpack(f"<{form}", packed)
        )
        return tuple(rows), offset + size
    items = []
    for _ in range(count):
        item, offset = decode(data, offset)
        items.append(item)
    return tuple(items), offset


class Tuple(Type[tuple[Any, ...]]):
    """Items of different types behind one another."""

    def __init__(self, *items: Type[Any]) -> None:
        self.items = items
        formats = [item.format or "" for item in items]
        if items and all(len(form) == 1 for form in formats):
            self.format = "".join(formats)

    def encode(self, value: tuple[Any, ...]) -> bytes:
        return encode_fields(self.items, value)

    def decode(self, data: bytes, offset: int = 0) -> tuple[tuple[Any, ...], int]:
        return decode_fields(self.items, data, offset)


def encode_fields(types: Sequence[Type[Any]], values: Any) -> bytes:
    """Values of different types behind one another."""
    if len(values) != len(types):
        raise ScaleError(f"{len(values)} fields, expected {len(types)}")
    return b"".join([kind.encode(value) for kind, value in zip(types, values, strict=True)])


def decode_fields(types: Sequence[Type[Any]], data: bytes, offset: int) -> tuple[tuple[Any, ...], int]:
    """The values of different types at an offset, and the offset behind them."""
    values = []
    for kind in types:
        value, offset = kind.decode(data, offset)
        values.append(value)
    return tuple(values), offset
