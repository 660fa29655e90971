"""Lengths and small integers of SCALE: read strictly, because the bytes come from clients."""

from __future__ import annotations


class ScaleError(ValueError):
    """Bytes that are not an encoding of the type, or a value that the type cannot hold."""


def take(data: bytes, offset: int, size: int) -> bytes:
    """`size` bytes at `offset`; raises ScaleError when there are fewer."""
    end = offset + size
    if end > len(data):
        raise ScaleError(f"{end - len(data)} bytes missing")
    return data[offset:end]


def encode_compact(value: int) -> bytes:
    """The shortest compact form of a non-negative integer below 2**536."""
    if value < 0:
        raise ScaleError(f"{value} is negative")
    if value < 1 << 6:
        return bytes((value << 2,))
    if value < 1 << 14:
        return (value << 2 | 1).to_bytes(2, "little")
    if value < 1 << 30:
        return (value << 2 | 2).to_bytes(4, "little")
    size = max(4, (value.bit_length() + 7) // 8)
    if size > 67:
        raise ScaleError("a compact holds at most 67 bytes")
    return bytes((size - 4 << 2 | 3,)) + value.to_bytes(size, "little")


def decode_compact(data: bytes, offset: int) -> tuple[int, int]:
    """A compact integer and the offset behind it; forms longer than needed raise ScaleError."""
    mode = take(data, offset, 1)[0] & 3
    if mode == 0:
        return data[offset] >> 2, offset + 1
    size = (0, 2, 4, (data[offset] >> 2) + 4)[mode]
    start = offset + 1 if mode == 3 else offset
    value = int.from_bytes(take(data, start, size), "little")
    value = value if mode == 3 else value >> 2
    least = (0, 1 << 6, 1 << 14, max(1 << 30, 1 << 8 * (size - 1)))[mode]
    if value < least:
        raise ScaleError("a compact integer is longer than it needs to be")
    return value, start + size


def decode_length(data: bytes, offset: int) -> tuple[int, int]:
    """A count of items of which each takes at least one byte of what is left."""
    count, offset = decode_compact(data, offset)
    if count > len(data) - offset:
        raise ScaleError(f"{count} items do not fit into {len(data) - offset} bytes")
    return count, offset
