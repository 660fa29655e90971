"""The table of types inside metadata: each shape once, numbered from 0, as `scale-info` writes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from subnet.devnet.scale import (
    U8,
    Array,
    Bool,
    Compact,
    Enum,
    Field,
    Int,
    Option,
    Outer,
    Parameter,
    Struct,
    Text,
    Tuple,
    Type,
    Vec,
    encode_compact,
)

_PRIMITIVES = (
    "bool",
    "char",
    "str",
    "u8",
    "u16",
    "u32",
    "u64",
    "u128",
    "u256",
    "i8",
    "i16",
    "i32",
    "i64",
    "i128",
)
Item = TypeVar("Item")


def text(value: str) -> bytes:
    """A string with its length."""
    raw = value.encode()
    return encode_compact(len(raw)) + raw


def vec(items: Iterable[Item], encode: Callable[[Item], bytes]) -> bytes:
    """Encoded items behind their count."""
    encoded = [encode(item) for item in items]
    return encode_compact(len(encoded)) + b"".join(encoded)


def optional(value: Item | None, encode: Callable[[Item], bytes]) -> bytes:
    """0, or 1 and the encoded value."""
    return b"\x00" if value is None else b"\x01" + encode(value)


def docs(lines: str) -> bytes:
    """Documentation, line by line; nothing for an empty text."""
    return vec(lines.splitlines(), text)


def type_name(kind: Type[Any]) -> str:
    """How a type is called where a field of it is described; some clients cannot do without."""
    match kind:
        case Struct() | Enum():
            return kind.path.split("::")[-1]
        case Option() | Vec() | Compact():
            return f"{type(kind).__name__}<{type_name(kind.inner)}>"
        case Array():
            return f"[{type_name(kind.inner)}; {kind.length}]"
        case Tuple():
            return f"({', '.join(map(type_name, kind.items))})"
        case Int() | Bool() | Text() | Outer():
            return kind.name
    raise TypeError(f"{type(kind).__name__} has no place in metadata")


class Registry:
    """Gives each distinct type a number; two types are the same when everything clients see of them is."""

    def __init__(self) -> None:
        self._types: list[bytes] = []
        self._numbers: dict[bytes, int] = {}
        self._seen: dict[int, tuple[int, Type[Any]]] = {}  # by id(); holding the type keeps the id its own

    def number(self, kind: Type[Any]) -> int:
        """The number of a type, taking it and all that it is made of into the table."""
        seen = self._seen.get(id(kind))
        if seen is not None:
            return seen[0]
        number = self._outer(kind) if isinstance(kind, Outer) else self._enter(kind)
        self._seen[id(kind)] = (number, kind)
        return number

    def compact(self, kind: Type[Any]) -> bytes:
        """The number of a type as metadata refers to it."""
        return encode_compact(self.number(kind))

    def encode(self) -> bytes:
        """The table itself."""
        entries = (encode_compact(number) + body for number, body in enumerate(self._types))
        return encode_compact(len(self._types)) + b"".join(entries)

    def _outer(self, kind: Outer) -> int:
        """An outer type contains itself, so that it gets its number before it is described."""
        number = len(self._types)
        self._types.append(b"")
        self._seen[id(kind)] = (number, kind)
        self._seen[id(kind.bound)] = (number, kind.bound)
        self._types[number] = self._body(kind.bound)
        return number

    def _enter(self, kind: Type[Any]) -> int:
        body = self._body(kind)
        if body not in self._numbers:
            self._numbers[body] = len(self._types)
            self._types.append(body)
        return self._numbers[body]

    def _body(self, kind: Type[Any]) -> bytes:
        path, params, shape = self._described(kind)
        segments = path.split("::") if path else []
        return vec(segments, text) + vec(params, self._parameter) + shape + docs("")

    def _described(self, kind: Type[Any]) -> tuple[str, Sequence[Parameter], bytes]:
        match kind:
            case Struct():
                return kind.path, kind.params, b"\x00" + vec(kind.fields, self._field)
            case Enum():
                return kind.path, kind.params, self._variants(kind)
            case Option():
                some = self._variant(1, "Some", [(None, kind.inner)], "")
                return "Option", [("T", kind.inner)], b"\x01\x08" + self._variant(0, "None", [], "") + some
            case Vec():
                return "", [], b"\x02" + self.compact(kind.inner)
            case Array():
                return "", [], b"\x03" + kind.length.to_bytes(4, "little") + self.compact(kind.inner)
            case Tuple():
                return "", [], b"\x04" + vec(kind.items, self.compact)
            case Int() | Bool() | Text():
                return "", [], b"\x05" + U8.encode(_PRIMITIVES.index(kind.name))
            case Compact():
                return "", [], b"\x06" + self.compact(kind.inner)
        raise TypeError(f"{type(kind).__name__} has no place in metadata")

    def _variants(self, kind: Enum) -> bytes:
        shapes = [self._variant(i, name, fields, kind.docs.get(i, "")) for i, name, fields in kind.variants]
        return b"\x01" + vec(shapes, bytes)

    def _variant(self, index: int, name: str, fields: Sequence[Field], about: str) -> bytes:
        return text(name) + vec(fields, self._field) + U8.encode(index) + docs(about)

    def _field(self, field: Field) -> bytes:
        name, kind = field
        return optional(name, text) + self.compact(kind) + b"\x01" + text(type_name(kind)) + docs("")

    def _parameter(self, parameter: Parameter) -> bytes:
        name, kind = parameter
        return text(name) + b"\x01" + self.compact(kind)
