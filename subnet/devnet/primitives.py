"""What SCALE types are made of: the base type, integers, booleans and text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Generic, TypeVar

from subnet.devnet.compact import ScaleError, decode_length, encode_compact, take

V = TypeVar("V")
_FORMATS = {(1, False): "B", (2, False): "H", (4, False): "I", (8, False): "Q", (8, True): "q"}


class Type(Generic[V]):
    """One SCALE type.

    `format` is what `struct` calls a fixed-width integer, or several of them for a tuple: the fast path of vectors.
    """

    format: str | None = None

    @property
    def bare(self) -> Type[Any]:
        """What is left when wrappers of one unnamed field are taken off."""
        return self

    def encode(self, value: V) -> bytes:
        """The bytes of `value`; raises ScaleError when the type cannot hold it."""
        raise NotImplementedError

    def encode_all(self, values: Iterable[V]) -> bytes:
        """Many values behind one another; raises ScaleError as `encode` does."""
        return b"".join([self.encode(value) for value in values])

    def decode(self, data: bytes, offset: int = 0) -> tuple[V, int]:
        """The value at `offset` and the offset behind it; raises ScaleError."""
        raise NotImplementedError


def decode_all(kind: Type[V], data: bytes) -> V:
    """The value that is exactly `data`; trailing bytes raise ScaleError."""
    value, end = kind.decode(data, 0)
    if end != len(data):
        raise ScaleError(f"{len(data) - end} bytes left over")
    return value


class Int(Type[int]):
    """A fixed-width little-endian integer."""

    def __init__(self, bits: int, signed: bool = False) -> None:
        self.name = f"{'i' if signed else 'u'}{bits}"
        self.size, self.signed, self.bits = bits // 8, signed, bits
        self.format = _FORMATS.get((self.size, signed))

    def encode(self, value: int) -> bytes:
        try:
            return value.to_bytes(self.size, "little", signed=self.signed)
        except (OverflowError, AttributeError):
            raise ScaleError(f"{value!r} is not a {self.name}") from None

    def decode(self, data: bytes, offset: int = 0) -> tuple[int, int]:
        raw = take(data, offset, self.size)
        return int.from_bytes(raw, "little", signed=self.signed), offset + self.size


class Bool(Type[bool]):
    """One byte, 0 or 1."""

    name = "bool"

    def encode(self, value: bool) -> bytes:
        if value is not True and value is not False:
            raise ScaleError(f"{value!r} is not a bool")
        return b"\x01" if value else b"\x00"

    def decode(self, data: bytes, offset: int = 0) -> tuple[bool, int]:
        raw = take(data, offset, 1)[0]
        if raw > 1:
            raise ScaleError(f"{raw} is not a bool")
        return raw == 1, offset + 1


class Text(Type[str]):
    """UTF-8 with a compact length."""

    name = "str"

    def encode(self, value: str) -> bytes:
        raw = value.encode()
        return encode_compact(len(raw)) + raw

    def decode(self, data: bytes, offset: int = 0) -> tuple[str, int]:
        size, offset = decode_length(data, offset)
        try:
            return take(data, offset, size).decode(), offset + size
        except UnicodeDecodeError:
            raise ScaleError("text is not UTF-8") from None


U8, U16, U32, U64, U128, U256 = (Int(bits) for bits in (8, 16, 32, 64, 128, 256))
I8, I16, I32, I64, I128 = (Int(bits, signed=True) for bits in (8, 16, 32, 64, 128))
BOOL, TEXT = Bool(), Text()
