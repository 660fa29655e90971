"""How a pallet is declared: storage, calls, events, errors, constants and hooks, each written down once.

    pallet = Pallet("SubtensorModule", index=7)
    Tempo = pallet.map("Tempo", key=[("Identity", NetUid)], value=U16, default=10)
    TempoSet = pallet.event(3, "TempoSet", [(None, NetUid), (None, U16)])

    @pallet.call(1, [("netuid", NetUid), ("tempo", U16)])
    def set_tempo(state: State, origin: Origin, netuid: int, tempo: int) -> None:
        origin.root()
        Tempo[state, netuid] = tempo
        state.deposit(TempoSet(netuid, tempo))

Metadata, storage keys, the decoding of arguments and the numbers of errors all derive from these lines. Indices
are explicit, so the order of imports never matters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from inspect import getdoc
from typing import Any, Generic, TypeVar, overload

from subnet.devnet.config import ChainConfig
from subnet.devnet.dispatch import (
    ArithmeticError_,
    BadOrigin,
    BoundCall,
    DispatchError,
    Event,
    ModuleError,
    Origin,
    Other,
    PoolError,
    TokenError,
    custom,
    invalid,
)
from subnet.devnet.scale import Enum, Field, Type, field_names, tuple_type
from subnet.devnet.state import ABSENT, State
from subnet.devnet.storage import HashedKey, StorageItem, StorageMap, StorageValue

__all__ = [
    "ArithmeticError_",
    "BadOrigin",
    "BoundCall",
    "DispatchError",
    "ModuleError",
    "Origin",
    "Other",
    "Pallet",
    "PoolError",
    "RuntimeApi",
    "State",
    "StorageMap",
    "StorageValue",
    "TokenError",
    "custom",
    "ensure",
    "invalid",
]

V = TypeVar("V")
D = TypeVar("D")
F = TypeVar("F", bound=Callable[..., Any])
Check = Callable[[State, bytes, BoundCall], None]
Hook = Callable[[State], None]
Argument = tuple[str, Type[Any]]

DEFAULT_WEIGHT = 250_000_000  # picoseconds of ref time, so a call costs 125,000 rao besides its length


class ErrorDecl:
    """An error of a pallet: `raise SettingTooFast()` or `ensure(condition, SettingTooFast)`."""

    def __init__(self, pallet: int, index: int, name: str, doc: str) -> None:
        self.pallet, self.index, self.name, self.doc = pallet, index, name, doc

    def __call__(self) -> ModuleError:
        return ModuleError(self.pallet, self.index, self.name, self.doc)


def ensure(condition: object, error: Callable[[], Exception]) -> None:
    """Raises `error()` unless the condition holds; takes a declared error or an exception class."""
    if not condition:
        raise error()


class EventDecl:
    """An event of a pallet; calling it gives the event to deposit. Raises ScaleError for values that do not fit."""

    def __init__(self, pallet: Pallet, index: int, name: str, fields: Sequence[Field]) -> None:
        self.pallet, self.index, self.name, self.fields = pallet, index, name, tuple(fields)
        self._head = bytes((pallet.index, index))
        self._types = tuple(kind for _, kind in fields)
        self._tuple = tuple_type(name, field_names(fields))

    def __call__(self, *values: Any, **named: Any) -> Event:
        fields = tuple(self._tuple(*values, **named))
        encoded = b"".join([kind.encode(value) for kind, value in zip(self._types, fields, strict=True)])
        return Event(self.pallet.name, self.name, fields, self._head + encoded)


class Constant(Generic[V]):
    """A constant of the runtime, read as `SlotDuration[state]`; it may follow from how the chain was started."""

    def __init__(self, name: str, kind: Type[V], value: V | Callable[[ChainConfig], V]) -> None:
        self.name, self.kind, self._value = name, kind, value

    def of(self, config: ChainConfig) -> V:
        """Its value on a chain with this configuration."""
        return self._value(config) if callable(self._value) else self._value

    def __getitem__(self, state: State) -> V:
        return self.of(state.config)


@dataclass(frozen=True)
class CallDecl:
    """A call of a pallet. Without a `function` it exists for clients only and every attempt fails."""

    pallet: str
    index: int
    name: str
    arguments: tuple[Argument, ...]
    function: Callable[..., None] | None
    doc: str = ""
    pays: bool = True
    operational: bool = False
    weight: int = DEFAULT_WEIGHT

    @cached_property
    def _tuple(self) -> Any:
        return tuple_type(self.name, field_names(self.arguments))

    def bind(self, values: tuple[Any, ...]) -> BoundCall:
        """The call with its arguments by name."""
        return BoundCall(self.pallet, self.name, self._tuple._make(values))


class Pallet:
    """A pallet under declaration; `path` is the crate that clients see in type names."""

    def __init__(self, name: str, index: int, prefix: str | None = None, path: str | None = None) -> None:
        self.name, self.index, self.prefix = name, index, prefix or name
        self.path = path or f"pallet_{name.lower()}"
        self.storage: list[StorageItem[Any]] = []
        self.calls: dict[int, CallDecl] = {}
        self.events: dict[int, EventDecl] = {}
        self.errors: dict[int, ErrorDecl] = {}
        self.constants: list[Constant[Any]] = []
        self.initialize: list[tuple[int, Hook]] = []
        self.at_genesis: list[Hook] = []
        self.checks: list[tuple[tuple[str, ...], Check]] = []

    @overload
    def value(self, name: str, value: Type[V], default: V) -> StorageValue[V]: ...
    @overload
    def value(self, name: str, value: Type[V]) -> StorageValue[V | None]: ...
    def value(self, name: str, value: Type[Any], default: Any = ABSENT) -> StorageValue[Any]:
        """Declares one stored value; without a default it reads None while absent."""
        item: StorageValue[Any] = StorageValue(self.prefix, name, value, default, ())
        self.storage.append(item)
        return item

    @overload
    def map(self, name: str, key: Sequence[HashedKey], value: Type[V], default: V) -> StorageMap[V]: ...
    @overload
    def map(self, name: str, key: Sequence[HashedKey], value: Type[V]) -> StorageMap[V | None]: ...
    def map(
        self, name: str, key: Sequence[HashedKey], value: Type[Any], default: Any = ABSENT
    ) -> StorageMap[Any]:
        """Declares values under keys, each with its hasher; without a default absent ones read None."""
        item: StorageMap[Any] = StorageMap(self.prefix, name, value, default, key)
        self.storage.append(item)
        return item

    def constant(self, name: str, kind: Type[V], value: V | Callable[[ChainConfig], V]) -> Constant[V]:
        """Declares a constant: a value, or a function of the chain's configuration."""
        constant = Constant(name, kind, value)
        self.constants.append(constant)
        return constant

    def event(self, index: int, name: str, fields: Sequence[Field] = ()) -> EventDecl:
        """Declares an event; `state.deposit(WeightsSet(index, uid))` puts it into the block."""
        return _declared(self.events, index, EventDecl(self, index, name, fields))

    def error(self, index: int, name: str, doc: str = "") -> ErrorDecl:
        """Declares an error; `doc` is the text that users of the SDK read."""
        return _declared(self.errors, index, ErrorDecl(self.index, index, name, doc))

    def call(
        self,
        index: int,
        arguments: Sequence[Argument] = (),
        *,
        pays: bool = True,
        operational: bool = False,
        weight: int = DEFAULT_WEIGHT,
    ) -> Callable[[F], F]:
        """Declares the decorated function as a call of its name: `(state, origin, *arguments)`.

        It fails by raising DispatchError, and then leaves no trace. `pays` False takes no fee when it is sent
        on its own; `weight` is its ref time in picoseconds.
        """

        def declare(function: F) -> F:
            named, doc = function.__name__, getdoc(function) or ""
            decl = CallDecl(
                self.name, index, named, tuple(arguments), function, doc, pays, operational, weight
            )
            _declared(self.calls, index, decl)
            return function

        return declare

    def refused_call(self, index: int, name: str, arguments: Sequence[Argument] = ()) -> None:
        """Declares a call that clients may know but this chain does not make: it fails as CallFiltered."""
        _declared(self.calls, index, CallDecl(self.name, index, name, tuple(arguments), None))

    def on_initialize(self, order: int) -> Callable[[Hook], Hook]:
        """Runs the decorated function at the start of each block; lower orders, of any pallet, come first."""

        def declare(hook: Hook) -> Hook:
            self.initialize.append((order, hook))
            return hook

        return declare

    def genesis(self, hook: Hook) -> Hook:
        """Runs the decorated function when block 0 is made, pallets in the order of their index."""
        self.at_genesis.append(hook)
        return hook

    def validate(self, *calls: str) -> Callable[[Check], Check]:
        """Runs the decorated `(state, who, call)` before these calls enter the pool, and again a block.

        `call.name` and `call.args.<argument>` say what is called; it refuses by raising `custom(6)`. Calls
        within other calls (a batch, sudo) are not checked here: the call itself must refuse those.
        """

        def declare(check: Check) -> Check:
            self.checks.append((calls, check))
            return check

        return declare

    def enum(self, kind: str) -> Enum | None:
        """The enum of this pallet's "Call", "Event" or "Error"; None when it has none."""
        shapes: list[tuple[int, str, Sequence[Field]]]
        docs: dict[int, str] = {}
        if kind == "Call":
            shapes = [(c.index, c.name, c.arguments) for _, c in sorted(self.calls.items())]
            docs = {c.index: c.doc for c in self.calls.values()}
        elif kind == "Event":
            shapes = [(e.index, e.name, e.fields) for _, e in sorted(self.events.items())]
        else:
            shapes = [(e.index, e.name, ()) for _, e in sorted(self.errors.items())]
            docs = {e.index: e.doc for e in self.errors.values()}
        return Enum(f"{self.path}::pallet::{kind}", shapes, docs=docs) if shapes else None


def _declared(table: dict[int, D], index: int, decl: D) -> D:
    if index in table:
        raise ValueError(f"index {index} is declared twice: {table[index]!r} and {decl!r}")
    table[index] = decl
    return decl


@dataclass(frozen=True)
class MethodDecl:
    """A function that clients call by `state_call`; it reads a state and changes nothing."""

    name: str
    inputs: tuple[Argument, ...]
    output: Type[Any]
    function: Callable[..., Any]


class RuntimeApi:
    """A group of functions that clients call by `state_call("<api>_<method>", arguments)`.

    Clients look up in the runtime's version whether it is there, by `identity`, and in which `version`.
    """

    def __init__(self, name: str, version: int = 1) -> None:
        self.name, self.version = name, version
        self.identity = blake2b(name.encode(), digest_size=8).digest()
        self.methods: dict[str, MethodDecl] = {}

    def method(self, inputs: Sequence[Argument] = (), *, output: Type[Any]) -> Callable[[F], F]:
        """Declares the decorated `(state, *inputs)` as a method of its name."""

        def declare(function: F) -> F:
            name = function.__name__
            self.methods[name] = MethodDecl(name, tuple(inputs), output, function)
            return function

        return declare
