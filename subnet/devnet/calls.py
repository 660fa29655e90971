"""Calls by name, as tests write them: "Balances.force_set_balance" and arguments by their names."""

from __future__ import annotations

from typing import Any

import bittensor_core

from subnet.devnet.chain_types import AccountId32, MultiAddress
from subnet.devnet.frame import CallDecl
from subnet.devnet.runtime import Runtime
from subnet.devnet.scale import CALL, ScaleError, Type, Variant, decode_all


def account_of(address: str) -> bytes:
    """The account id of an SS58 address; raises ValueError."""
    try:
        return bytes(bittensor_core.ss58_decode(address))
    except (ValueError, TypeError):
        raise ValueError(f"{address!r} is not an SS58 address") from None


def call_of(runtime: Runtime, name: str, arguments: dict[str, Any]) -> Variant:
    """The call of this name, "SubtensorModule.start_call"; accounts may be given by their SS58 addresses.

    Raises ValueError when there is no such call, or when the arguments are not those it takes.
    """
    pallet, _, function = name.partition(".")
    decl = runtime.call(pallet, function)
    if decl is None:
        raise ValueError(f"there is no call {name}: write it as Pallet.call")
    values = tuple(_value(kind, arguments[argument]) for argument, kind in _checked(decl, arguments))
    try:
        call: Variant = decode_all(CALL, CALL.encode(Variant(pallet, (Variant(function, values),))))
    except (ScaleError, TypeError) as error:
        raise ValueError(f"{name}: {error}") from None
    return call


def _checked(decl: CallDecl, arguments: dict[str, Any]) -> tuple[tuple[str, Type[Any]], ...]:
    """The call's arguments; raises ValueError unless exactly these are given."""
    names = [name for name, _ in decl.arguments]
    if set(names) != set(arguments):
        raise ValueError(f"{decl.pallet}.{decl.name} takes {', '.join(names) or 'nothing'}")
    return decl.arguments


def _value(kind: Type[Any], value: Any) -> Any:
    if kind is AccountId32 and isinstance(value, str):
        return account_of(value)
    if kind is MultiAddress and isinstance(value, (str, bytes)):
        return Variant("Id", (account_of(value) if isinstance(value, str) else value,))
    return value
