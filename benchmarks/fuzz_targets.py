"""What hostile bytes are fed to, and what must hold for each of them.

frames      a frame of a websocket client: answered by JSON-RPC, never by an internal error
extrinsics  an extrinsic as it came, or a call that is signed properly, included and followed by an epoch
scale       an encoding of some type of the chain: refused by ScaleError, or written again as the same bytes

A target raises for an input that does anything else. After each input the chain is what it was before, so that
an input found once does the same again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import fuzz_shapes
from bittensor_core import Keypair
from fuzz_world import Broken, Chain, HurriedProducer

from subnet.devnet.dispatch import PoolError
from subnet.devnet.extrinsic import Era, Signature, sign
from subnet.devnet.node import Node
from subnet.devnet.rpc import METHODS
from subnet.devnet.rpc.answer import answer
from subnet.devnet.rpc.session import Session
from subnet.devnet.scale import CALL, EVENT, ScaleError, Type, decode_all, encode_compact

_SEEDS = Path(__file__).with_name("fuzz_seeds.json")  # recorded from the SDK, btcli and other clients
_ALICE = Keypair.create_from_uri("//Alice")
_INTERNAL_ERROR = -32603


class Frames:
    """A frame as text or bytes."""

    def __init__(self) -> None:
        self.chain = Chain()
        self._seeds = self.seeds()
        self._words = [token.decode() for token in self.tokens()]

    def seeds(self) -> list[bytes]:
        """Frames of real clients, with this chain's head where theirs was."""
        return [_about(frame, self.chain.head).encode() for frame in _recorded("frames")]

    def tokens(self) -> list[bytes]:
        """Words that reach further than chance."""
        words = [*METHODS, *self.chain.node.runtime.methods, "jsonrpc", "id", "method", "params", "2.0"]
        shapes = [
            "null",
            "[]",
            "{}",
            "[[]]",
            '"0x"',
            '""',
            "-1",
            "1e400",
            "18446744073709551616",
            "true",
            "[" * 99,
        ]
        items = ["0x" + item.prefix.hex() for item in self.chain.node.runtime.items.values()]
        return [word.encode() for word in [*words, *shapes, *items, self.chain.head]]

    def vary(self, rng: Random) -> bytes:
        """A request of a real client with something wrong in it."""
        return fuzz_shapes.frame(rng, self._seeds, self._words)

    def run(self, data: bytes) -> None:
        """Answers the frame as the server does; raises Broken for an internal error or a pallet's bug."""
        node = self.chain.node
        session = Session(node, HurriedProducer(node), _encoded)
        try:
            reply = _finished(answer(session, _as_frame(data)))
            if reply is not None and not node.written:
                self._check(reply)
        finally:
            session.close()
            if node.head_listeners:
                raise Broken("a subscription outlives its connection")
            if (
                node.blocks.head_hash.hex() != self.chain.head[2:]
                or len(node.pool)
                or b"dev_" in data
                or b"\\u" in data
            ):
                self.chain.reset()

    def _check(self, reply: str) -> None:
        answers = json.loads(reply, parse_constant=_no_json)
        for one in answers if isinstance(answers, list) else [answers]:
            if one.get("error", {}).get("code") == _INTERNAL_ERROR:
                raise Broken(one["error"]["message"])
        if self.chain.node.failures:
            raise Broken(self.chain.node.failures[0])


class Extrinsics:
    """An even first byte and an extrinsic, or an odd one and a call that Alice, who may sudo, signs."""

    def __init__(self) -> None:
        self.chain = Chain()

    def seeds(self) -> list[bytes]:
        """Extrinsics of real clients, and the calls in them."""
        raws = [bytes.fromhex(raw) for raw in _recorded("extrinsics")]
        calls = [Node.decoded(raw).call_bytes for raw in raws]
        return (
            [b"\x00" + raw for raw in raws]
            + [b"\x01" + call for call in calls]
            + [b"\x01" + call for call in self._smallest_calls()]
        )

    def _smallest_calls(self) -> Iterator[bytes]:
        """Each call of the runtime that can be read from zeros."""
        for pallet in self.chain.node.runtime.pallets:
            for index in pallet.calls:
                zeros = bytes((pallet.index, index)) + bytes(512)
                try:
                    yield zeros[: CALL.decode(zeros)[1]]
                except ScaleError:
                    continue

    def tokens(self) -> list[bytes]:
        """Accounts, subnets and amounts that exist."""
        numbers = [self.chain.netuid.to_bytes(2, "little"), b"\xff" * 8, bytes(8), bytes(7) + b"\x80"]
        heads = [bytes((p.index, index)) for p in self.chain.node.runtime.pallets for index in p.calls]
        return self.chain.accounts() + numbers + heads

    def vary(self, rng: Random) -> bytes:
        """A call that can be read, by Alice; sometimes an extrinsic with a bad length or signature."""
        call = self.chain.encodings(rng).of(CALL)
        if rng.random() < 0.8:
            return b"\x01" + call
        body: bytes = (
            b"\x84\x00"
            + _ALICE.public_key
            + b"\x01"
            + rng.randbytes(64)
            + rng.randbytes(rng.randint(3, 9))
            + call
        )
        return b"\x00" + encode_compact(len(body) + rng.choice((0, 0, 0, 1))) + body

    def run(self, data: bytes) -> None:
        """Submits the extrinsic, and makes the block of the next epoch too if its call succeeded."""
        raw = self._signed(data[1:]) if data[:1] and data[0] & 1 else data[1:]
        if raw is None:
            return
        node = self.chain.node
        try:
            node.submit(raw)
        except PoolError:
            return
        try:
            node.make_block()
            if node.events()[-1].event.fields[0].name != "ExtrinsicFailed":
                node.make_block()  # the epoch
            if node.failures:
                raise Broken(node.failures[0])
        finally:
            self.chain.reset()

    def _signed(self, call: bytes) -> bytes | None:
        """The call in an extrinsic by Alice; None for what is no call."""
        try:
            decoded = decode_all(CALL, call)
        except ScaleError:
            return None
        if CALL.encode(decoded) != call:
            raise Broken("a call is written differently from how it was read")
        node = self.chain.node
        signature = Signature(
            _ALICE.public_key, "Sr25519", b"", Era(), node.pool.next_nonce(_ALICE.public_key), 0, 0
        )
        signed: bytes = sign(call, _ALICE, signature, node.blocks.genesis_hash, node.blocks.genesis_hash)
        return signed


class Scale:
    """Two bytes that choose a type, and an encoding."""

    def __init__(self) -> None:
        self.chain = Chain()
        self.types = list(self._types())

    def _types(self) -> Iterator[Type[Any]]:
        runtime = self.chain.node.runtime
        yield from (CALL, EVENT)
        for item in runtime.items.values():
            yield item.value
        for method in runtime.methods.values():
            yield from (kind for _, kind in method.inputs)
            yield method.output

    def seeds(self) -> list[bytes]:
        """What the chain stores, and what it defaults to."""
        runtime, state = self.chain.node.runtime, self.chain.node.state
        numbers = {prefix: number for number, prefix in enumerate(runtime.items, start=2)}
        found = [_numbered(numbers[prefix], item.default_bytes) for prefix, item in runtime.items.items()]
        for key in state.keys(b""):
            value = runtime.encoded(key, state.get(key))
            if len(value) < 2000:
                found.append(_numbered(numbers[key[:32]], value))
        calls = [Node.decoded(bytes.fromhex(raw)).call_bytes for raw in _recorded("extrinsics")]
        return sorted({*found, *(_numbered(0, call) for call in calls)})

    def tokens(self) -> list[bytes]:
        """Lengths at the edges."""
        return [
            b"\xfc",
            b"\x01\x01",
            b"\xfd\xff",
            b"\x02\x00\x01\x00",
            b"\xfe\xff\xff\xff",
            b"\x03\x00\x00\x00\x40",
            b"\x33" + b"\xff" * 16,
        ]

    def vary(self, rng: Random) -> bytes:
        """A random encoding of a random type."""
        number = rng.randrange(len(self.types))
        return _numbered(number, self.chain.encodings(rng).of(self.types[number]))

    def run(self, data: bytes) -> None:
        """Reads and writes; raises Broken when the bytes are not the same again."""
        kind = self.types[int.from_bytes(data[:2], "little") % len(self.types)]
        try:
            value = decode_all(kind, data[2:])
        except ScaleError:
            return
        if kind.encode(value) != data[2:]:
            raise Broken(f"{repr(value)[:300]} is written differently from how it was read")


TARGETS = {"frames": Frames, "extrinsics": Extrinsics, "scale": Scale}
Target = Frames | Extrinsics | Scale


def _encoded(message: dict[str, Any]) -> None:
    json.dumps(message, allow_nan=False)  # updates must be JSON too


def _recorded(kind: str) -> list[str]:
    seeds: dict[str, list[str]] = json.loads(_SEEDS.read_text())
    return seeds[kind]


def _numbered(number: int, encoded: bytes) -> bytes:
    return number.to_bytes(2, "little") + encoded


def _about(frame: str, head: str) -> str:
    """The frame with hashes of blocks replaced by the hash of a block that is there."""
    request = json.loads(frame)
    if isinstance(request, dict) and request["method"].startswith(("state_", "chain_", "dev_")):
        request["params"] = [head if _is_hash(value) else value for value in request.get("params", [])]
    return json.dumps(request, separators=(",", ":"))


def _is_hash(value: Any) -> bool:
    return (
        isinstance(value, str) and len(value) == 66 and not value.startswith(("0x26aa", "0x658f", "0x3d9c"))
    )


def _as_frame(data: bytes) -> str | bytes:
    """Text where it is text, as the websocket hands it on."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


def _finished(coroutine: Any) -> Any:
    """What a coroutine returns that waits for nothing but its turn."""
    try:
        while coroutine.send(None) is None:
            pass
    except StopIteration as done:
        return done.value
    coroutine.close()
    raise Broken("the answer to a frame waits")


def _no_json(name: str) -> Any:
    raise Broken(f"the reply holds {name}, which is no JSON")
