"""SCALE: the byte format of a Substrate chain, as types that encode, decode and describe themselves.

A `Type` turns one canonical, immutable Python value into bytes and back; `metadata.py` reads the same
objects to describe them to clients, so a shape is written down once.

| type | value |
|---|---|
| `U8`..`U256`, `I8`..`I128`, `Compact(T)` | int, range-checked |
| `BOOL`, `TEXT` | bool, str |
| `BYTES` = `Vec(U8)`, `Array(U8, n)` | bytes |
| `Vec(T)`, `Array(T, n)`, `Tuple(A, B)` | tuple |
| `Option(T)` | value or None; a one-tuple or None when T is an Option |
| `Struct(path, fields)` | a generated named tuple; with one unnamed field, that field's own value |
| `Enum(path, variants)` | `Variant(name, fields)` |
| `Outer(name)` | the runtime's own call or event, bound when a runtime is assembled |

Decoding is strict: bytes come from clients. Lengths are held against the bytes that are left before
anything is allocated, compacts must be minimal, and nesting of calls is bounded.
"""

from __future__ import annotations

import keyword
from collections import namedtuple
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from subnet.devnet.compact import ScaleError, decode_compact, encode_compact, take
from subnet.devnet.primitives import (
    BOOL,
    I8,
    I16,
    I32,
    I64,
    I128,
    TEXT,
    U8,
    U16,
    U32,
    U64,
    U128,
    U256,
    Bool,
    Int,
    Text,
    Type,
    decode_all,
)
from subnet.devnet.sequences import Array, Tuple, Vec, decode_fields, encode_fields

__all__ = [
    "BOOL",
    "BYTES",
    "CALL",
    "EVENT",
    "I8",
    "I16",
    "I32",
    "I64",
    "I128",
    "TEXT",
    "U8",
    "U16",
    "U32",
    "U64",
    "U128",
    "U256",
    "Array",
    "Bool",
    "Compact",
    "Enum",
    "Field",
    "Int",
    "Option",
    "Outer",
    "ScaleError",
    "Struct",
    "Text",
    "Tuple",
    "Type",
    "Variant",
    "Vec",
    "decode_all",
    "decode_compact",
    "encode_compact",
]

Field = tuple[str | None, "Type[Any]"]
Parameter = tuple[str, "Type[Any]"]  # a type parameter: clients look some up by their names

_ONE_BYTE = tuple(bytes((value << 2,)) for value in range(64))  # compacts
MAX_CALL_DEPTH = 64  # a nested call costs a few Python frames: deeper ones would meet the recursion limit


class Compact(Type[int]):
    """An integer type in as few bytes as it needs. `Compact(Tuple())`, which metadata knows, has no bytes."""

    def __init__(self, inner: Type[Any]) -> None:
        self.inner = inner
        base = inner.bare
        self.empty = isinstance(base, Tuple) and not base.items
        self.limit = 1 << base.bits if isinstance(base, Int) else 0

    def encode(self, value: int) -> bytes:
        if self.empty:
            return b""
        if not isinstance(value, int) or not 0 <= value < self.limit:
            raise ScaleError(f"{value!r} does not fit a compact below {self.limit}")
        return encode_compact(value)

    def encode_all(self, values: Iterable[int]) -> bytes:
        encode, most = (
            self.encode,
            min(self.limit, 64),
        )  # columns of metagraphs are long, and most values small
        return b"".join([_ONE_BYTE[v] if v.__class__ is int and 0 <= v < most else encode(v) for v in values])

    def decode(self, data: bytes, offset: int = 0) -> tuple[int, int]:
        if self.empty:
            return 0, offset
        value, end = decode_compact(data, offset)
        if value >= self.limit:
            raise ScaleError(f"compact {value} is out of range")
        return value, end


class Option(Type[Any]):
    """A value or None; where the value may be None itself, `(value,)` or None."""

    def __init__(self, inner: Type[Any]) -> None:
        self.inner = inner
        self.nested = isinstance(inner.bare, Option)

    def encode(self, value: Any) -> bytes:
        if value is None:
            return b"\x00"
        return b"\x01" + self.inner.encode(value[0] if self.nested else value)

    def decode(self, data: bytes, offset: int = 0) -> tuple[Any, int]:
        tag = take(data, offset, 1)[0]
        if tag == 0:
            return None, offset + 1
        if tag != 1:
            raise ScaleError(f"{tag} is neither None nor Some")
        value, end = self.inner.decode(data, offset + 1)
        return (value,) if self.nested else value, end


def field_names(fields: Sequence[Field]) -> list[str]:
    """Python names of fields: unnamed ones count as f0, f1; keywords get an underscore behind."""
    names = [name or f"f{index}" for index, (name, _) in enumerate(fields)]
    return [f"{name}_" if keyword.iskeyword(name) else name for name in names]


def tuple_type(name: str, fields: list[str]) -> Any:
    return namedtuple(name, fields)  # the fields are data here, so a checker cannot know them


class Struct(Type[Any]):
    """Named fields; calling the type builds a value: `AxonInfo(block=1, ...)`."""

    def __init__(self, path: str, fields: Sequence[Field], params: Sequence[Parameter] = ()) -> None:
        self.path, self.fields, self.params = path, tuple(fields), tuple(params)
        self.types = tuple(kind for _, kind in fields)
        self.is_transparent = len(fields) == 1 and fields[0][0] is None
        self.tuple_type = tuple_type(path.split("::")[-1], field_names(fields))
        if self.is_transparent:  # the wrapper costs nothing: its methods are the inner type's
            self.format = self.types[0].format
            self.encode = self.types[0].encode  # type: ignore[method-assign]
            self.decode = self.types[0].decode  # type: ignore[method-assign]

    @property
    def bare(self) -> Type[Any]:
        return self.types[0].bare if self.is_transparent else self

    def __call__(self, *values: Any, **named: Any) -> Any:
        return values[0] if self.is_transparent else self.tuple_type(*values, **named)

    def encode(self, value: Any) -> bytes:
        if isinstance(value, Mapping):
            try:
                value = self.tuple_type(**value)
            except TypeError as error:
                raise ScaleError(str(error)) from None
        return encode_fields(self.types, value)

    def decode(self, data: bytes, offset: int = 0) -> tuple[Any, int]:
        values, offset = decode_fields(self.types, data, offset)
        return self.tuple_type._make(values), offset


class Variant(NamedTuple):
    """One value of an enum."""

    name: str
    fields: tuple[Any, ...] = ()


class Enum(Type[Any]):
    """One of several variants, told apart by an index byte; a plain str encodes a variant without fields."""

    def __init__(
        self,
        path: str,
        variants: Sequence[tuple[int, str, Sequence[Field]]],
        params: Sequence[Parameter] = (),
        docs: Mapping[int, str] | None = None,
    ) -> None:
        self.path, self.variants, self.params, self.docs = path, tuple(variants), tuple(params), docs or {}
        shapes = {index: (name, tuple(kind for _, kind in fields)) for index, name, fields in variants}
        self.by_index = shapes
        self.by_name = {name: (index, types) for index, (name, types) in shapes.items()}

    def encode(self, value: Variant | str) -> bytes:
        name, fields = (value, ()) if isinstance(value, str) else value
        try:
            index, types = self.by_name[name]
        except KeyError:
            raise ScaleError(f"{self.path} has no variant {name!r}") from None
        return bytes((index,)) + encode_fields(types, fields)

    def decode(self, data: bytes, offset: int = 0) -> tuple[Variant, int]:
        index = take(data, offset, 1)[0]
        if index not in self.by_index:
            raise ScaleError(f"{self.path} has no variant {index}")
        name, types = self.by_index[index]
        fields, offset = decode_fields(types, data, offset + 1)
        return Variant(name, fields), offset


class Outer(Type[Any]):
    """A type of the assembled runtime, such as "RuntimeCall"; unknown until a runtime binds it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.target: Type[Any] | None = None
        self.depth = 0

    def bind(self, target: Type[Any]) -> None:
        """From now on this type is `target`."""
        self.target = target

    def encode(self, value: Any) -> bytes:
        return self.bound.encode(value)

    def decode(self, data: bytes, offset: int = 0) -> tuple[Any, int]:
        if self.depth >= MAX_CALL_DEPTH:
            raise ScaleError(f"{self.name} is nested deeper than {MAX_CALL_DEPTH}")
        self.depth += 1
        try:
            return self.bound.decode(data, offset)
        finally:
            self.depth -= 1

    @property
    def bound(self) -> Type[Any]:
        """The type this stands for; raises ScaleError before a runtime was assembled."""
        if self.target is None:
            raise ScaleError(f"{self.name} belongs to a runtime, and none is assembled")
        return self.target


BYTES: Type[bytes] = Vec(U8)  # type: ignore[assignment]
CALL, EVENT = Outer("RuntimeCall"), Outer("RuntimeEvent")
