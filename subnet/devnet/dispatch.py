"""Who calls, and how a call fails: the words that pallets, runtime and pool share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple, Protocol

from subnet.devnet.scale import Variant

INVALID_TRANSACTION = 1010


class DispatchError(Exception):
    """A call failed: its writes and events are undone, and the client reads why from the block's events."""

    def variant(self) -> Variant:
        """This failure as a value of `sp_runtime::DispatchError`."""
        return Variant("Other")


class Other(DispatchError):
    """A failure without a name of its own; the text stays in this process."""


class BadOrigin(DispatchError):
    """The caller is not the one who may do this."""

    def variant(self) -> Variant:
        return Variant("BadOrigin")


class CannotLookup(DispatchError):
    """An address that is not an account id."""

    def variant(self) -> Variant:
        return Variant("CannotLookup")


class TokenError(DispatchError):
    """A balance does not allow it: FundsUnavailable, NotExpendable, BelowMinimum, ..."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def variant(self) -> Variant:
        return Variant("Token", (Variant(self.name),))


class ArithmeticError_(DispatchError):  # noqa: N801 - Python has taken the chain's name for it
    """Underflow, Overflow or DivisionByZero."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def variant(self) -> Variant:
        return Variant("Arithmetic", (Variant(self.name),))


class ModuleError(DispatchError):
    """An error that a pallet declares."""

    def __init__(self, pallet: int, index: int, name: str, doc: str) -> None:
        super().__init__(f"{name}: {doc}" if doc else name)
        self.pallet, self.index, self.name = pallet, index, name

    def variant(self) -> Variant:
        return Variant("Module", ((self.pallet, bytes((self.index, 0, 0, 0))),))


class PoolError(Exception):
    """A transaction is refused before it reaches a block; the three fields are the JSON-RPC error."""

    def __init__(self, code: int, message: str, data: str | None = None) -> None:
        super().__init__(f"{message}: {data}" if data else message)
        self.code, self.message, self.data = code, message, data


def invalid(reason: str) -> PoolError:
    """An invalid transaction; clients recognise the reason's text."""
    return PoolError(INVALID_TRANSACTION, "Invalid Transaction", reason)


def custom(number: int) -> PoolError:
    """A refusal by one of Subtensor's own checks, such as 6 for a rate limit."""
    return invalid(f"Custom error: {number}")


@dataclass(frozen=True)
class Origin:
    """Who a call comes from."""

    kind: Literal["signed", "root", "none"]
    account: bytes = b""

    ROOT: ClassVar[Origin]
    NONE: ClassVar[Origin]

    @classmethod
    def signed_by(cls, account: bytes) -> Origin:
        """The origin of an extrinsic that `account` signed."""
        return cls("signed", account)

    def signed(self) -> bytes:
        """The account that signed; raises BadOrigin when none did."""
        if self.kind != "signed":
            raise BadOrigin
        return self.account

    def root(self) -> None:
        """Raises BadOrigin unless the call comes from root."""
        if self.kind != "root":
            raise BadOrigin

    def none(self) -> None:
        """Raises BadOrigin unless the block's author put the call in."""
        if self.kind != "none":
            raise BadOrigin


Origin.ROOT, Origin.NONE = Origin("root"), Origin("none")


class Event(NamedTuple):
    """An event with the bytes that clients read: encoding it where it is made keeps bad values out of blocks."""

    pallet: str
    name: str
    fields: tuple[Any, ...]
    encoded: bytes


class BoundCall(NamedTuple):
    """A decoded call: `args` is a named tuple of its arguments."""

    pallet: str
    name: str
    args: Any


class Dispatcher(Protocol):
    """What pallets need of the runtime: to make other pallets' calls, and what it calls itself."""

    @property
    def version(self) -> Any:
        """The version of the runtime, and the APIs that it has."""

    def dispatch(self, state: Any, origin: Origin, call: Variant) -> None:
        """Makes a call within the running transaction; raises DispatchError."""

    def declared(self, call: Variant) -> Any:
        """The declaration of a decoded call."""

    def bound(self, call: Variant) -> BoundCall:
        """The call's pallet, name and arguments."""

    def stored(self, key: bytes, value: bytes) -> Any:
        """What to store for bytes under a raw key; raises DispatchError when they are not of the item's type."""
