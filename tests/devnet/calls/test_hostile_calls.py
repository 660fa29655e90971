"""Whatever a client sends, a call succeeds or fails by an error of the chain; nothing else comes out of a pallet."""

from random import Random
from typing import Any

import pytest

from subnet.devnet.dispatch import DispatchError, Origin, PoolError
from subnet.devnet.frame import CallDecl
from subnet.devnet.pallets.subtensor.audit import audit
from subnet.devnet.runtime import PALLETS
from subnet.devnet.scale import (
    Array,
    Compact,
    Enum,
    Option,
    Outer,
    Struct,
    Tuple,
    Type,
    Variant,
    Vec,
)

CALLS = [
    call
    for pallet in PALLETS
    if pallet.name in ("SubtensorModule", "AdminUtils", "Commitments", "Drand", "Proxy", "Multisig")
    for call in pallet.calls.values()
    if call.function is not None
]
ROUNDS = 15
REMARK = Variant("System", (Variant("remark", (b"",)),))


def number(bits: int, signed: bool, random: Random) -> int:
    """Small, at a limit, or anything."""
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    return random.choice([*range(5), 2, 2, min(1000, high), low, high, random.randint(low, high)])


def value_of(kind: Type[Any], random: Random, known: list[bytes]) -> Any:
    """A random value of a type; account ids are often ones that mean something."""
    kind = kind.bare
    match kind:
        case Outer():
            return REMARK
        case Array(inner=_, length=32) if kind.is_bytes:
            return random.choice([*known, random.randbytes(32)])
        case Array() if kind.is_bytes:
            return random.randbytes(kind.length)
        case Array():
            return tuple(value_of(kind.inner, random, known) for _ in range(kind.length))
        case Vec() if kind.is_bytes:
            return random.randbytes(random.choice([0, 1, 33, 65, 300, 6000]))
        case Vec():
            return tuple(
                value_of(kind.inner, random, known) for _ in range(random.choice([0, 1, 2, 2, 3, 300]))
            )
        case Tuple():
            return tuple(value_of(item, random, known) for item in kind.items)
        case Option():
            return random.choice([None, value_of(kind.inner, random, known)])
        case Struct():
            return kind.tuple_type._make(value_of(item, random, known) for item in kind.types)
        case Enum():
            _, name, fields = random.choice(kind.variants)
            return Variant(name, tuple(value_of(item, random, known) for _, item in fields))
        case Compact():
            return value_of(kind.inner, random, known)
    if kind.__class__.__name__ == "Bool":
        return random.random() < 0.5
    return number(kind.bits, kind.signed, random)  # type: ignore[attr-defined]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.pallet}.{call.name}")
def test_random_arguments_cause_nothing_but_errors_of_the_chain(
    chain: Any, hotkey: Any, call: CallDecl
) -> None:
    random = Random(f"{call.pallet}.{call.name}")
    netuid = chain.subnet()
    chain.seat(netuid, "miner")
    known = [chain.alice, chain.bob, hotkey("owner"), hotkey("miner"), bytes(32)]
    for _ in range(ROUNDS):
        who = random.choice(known)
        values = tuple(value_of(kind, random, known) for _, kind in call.arguments)
        origin = random.choice([Origin.signed_by(who), Origin.signed_by(who), Origin.ROOT])
        try:
            chain.refusal(who, f"{call.pallet}.{call.name}", *values)
            chain.call(origin, f"{call.pallet}.{call.name}", *values)
        except (DispatchError, PoolError):
            continue
        chain.blocks()
        assert audit(chain.state) == []
