"""The node: makes blocks out of the extrinsics it was sent, and tells those who watch.

Everything here runs to its end without giving way to other tasks, so that a client never sees half a block.
Blocks are final at once. When blocks are made is the producer's business, and where they are kept a file's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from subnet.devnet.block_maker import BlockMaker
from subnet.devnet.blocks import NO_PARENT, Block, Blocks, Header, root_of, slot_digest
from subnet.devnet.chain_types import Weight
from subnet.devnet.config import ChainConfig
from subnet.devnet.dispatch import DispatchError, Origin, PoolError
from subnet.devnet.executive import Executive
from subnet.devnet.extrinsic import Extrinsic, behind_length, decode_extrinsic
from subnet.devnet.genesis import make_genesis
from subnet.devnet.pallets import assay, system, timestamp
from subnet.devnet.pool import Pool, Watcher
from subnet.devnet.runtime import Runtime
from subnet.devnet.scale import ScaleError, Variant, encode_compact
from subnet.devnet.shield import ShieldKey
from subnet.devnet.state import Encoded, State, StateDiscarded

_BAD_FORMAT, _UNVERIFIED = 1001, 1002
_HASH, _SERIAL = 32, 8  # bytes
_INITIALIZATION = b"\x02"
_INHERENT_INCLUDED = system.ExtrinsicSuccess((Weight(0, 0), "Mandatory", "Yes"))
HeadListener = Callable[[Block], None]


class Node:
    """A chain and the pool of extrinsics for its next block."""

    def __init__(self, config: ChainConfig) -> None:
        self.config = config.settled()
        self.runtime = Runtime(self.config)
        self.state = State(self.config, self.runtime)
        make_genesis(self.runtime, self.state)
        self.blocks = Blocks(self._genesis(), self.config.retained_blocks)
        self.executive = Executive(self.runtime, self.state, self.blocks)
        self.pool = Pool(lambda account: system.nonce(self.state, account))
        self.shield = ShieldKey(str(self.config.seed))
        self.head_listeners: set[HeadListener] = set()
        self.pool_listeners: set[Callable[[], None]] = set()
        self.metadata_v14 = f"0x{self.runtime.metadata_v14.hex()}"
        self.mode = self.config.mode  # may change while the chain runs
        self.keep: Callable[[], None] = lambda: None  # writes down what the last block is now

    @property
    def failures(self) -> list[str]:
        """What went wrong inside of pallets by mistakes of theirs; empty on a sound chain."""
        return self.executive.failures

    def submit(self, raw: bytes, watcher: Watcher | None = None) -> bytes:
        """Takes an extrinsic into the pool and returns its hash; raises PoolError."""
        extrinsic = self.decoded(raw)
        self.pool.refuse_known(extrinsic)
        validity = self.executive.validate(extrinsic, self.state.block + 1)
        self.pool.add(extrinsic, validity, watcher)
        for listener in tuple(self.pool_listeners):
            listener()
        return extrinsic.hash

    @staticmethod
    def decoded(raw: bytes) -> Extrinsic:
        """The extrinsic that the bytes are; raises PoolError.

        On another chain only the length is the node's to check, and the rest fails in the runtime.
        """
        try:
            behind_length(raw)
        except ScaleError as error:
            raise PoolError(_BAD_FORMAT, f"Extrinsic has invalid format: {error}") from None
        try:
            return decode_extrinsic(raw)
        except ScaleError as error:
            reason = f"Runtime error: Execution failed: {error}"
            raise PoolError(_UNVERIFIED, f"Verification Error: {reason}", reason) from None

    def dispatch(self, origin: Origin, call: Variant) -> Block:
        """Makes a block that begins with a call which nobody signed; raises DispatchError when the call failed.

        Raises PoolError, and makes no block, when a client would be refused before.
        """
        if origin.kind == "signed":
            with self.state.ahead(self.state.block + 1):
                self.runtime.check(self.state, origin.account, call)
        failures: list[DispatchError] = []

        def begin() -> None:
            try:
                self.runtime.dispatch(self.state, origin, call)
            except DispatchError as error:
                failures.append(error)

        block = self.make_block(begin)
        for failure in failures:
            raise failure
        return block

    def make_block(self, begin: Callable[[], None] | None = None) -> Block:
        """Makes the next block, tells watchers and listeners, and returns it; `begin` runs before its extrinsics."""
        number, now = self.state.block + 1, self._now()
        self.state.open_block()
        digest = slot_digest(now // self.config.slot_duration)
        self._initialize(number, now, digest)
        if begin is not None:
            begin()
        maker = BlockMaker(self, timestamp.call_bytes(now))
        self.state.extrinsic = 0
        self.state.deposit(_INHERENT_INCLUDED)
        self.state.extrinsic = None
        maker.include_pool()
        block = Block(self._header(number, maker.extrinsics, digest), tuple(maker.extrinsics))
        self.blocks.add(block)
        self.keep()
        self._announce(block, maker.included)
        return block

    def _initialize(self, number: int, now: int, digest: bytes) -> None:
        state = self.state
        system.Number[state] = number
        system.ParentHash[state] = system.BlockHash[state, number - 1] = self.blocks.head_hash
        # That of block 0 stays: extrinsics without an era are signed for it
        if number > system.BLOCK_HASH_COUNT + 1:
            del system.BlockHash[state, number - 1 - system.BLOCK_HASH_COUNT]
        state.put(system.DigestOfBlock.prefix, Encoded(digest))
        timestamp.Now[state] = now
        for hook in self.runtime.initialize:
            try:
                with state.transaction():
                    hook(state)
            except Exception as error:  # noqa: BLE001 - a pallet's bug must not stop the chain; it is reported
                self.executive.report(f"{hook.__module__}.{hook.__qualname__}", error)

    def _header(self, number: int, extrinsics: list[bytes], digest: bytes) -> Header:
        state = self.state
        records = [_phase(index) + event.encoded + b"\x00" for index, event in state.events]
        events = encode_compact(len(records)) + b"".join(records)
        state.put(system.Events.prefix, Encoded(events))
        system.EventCount[state] = len(records)
        parent = self.blocks.head
        return Header(
            self.blocks.head_hash, number, root_of(parent.state_root, events), root_of(*extrinsics), digest
        )

    def _announce(self, block: Block, included: list[Watcher]) -> None:
        name = f"0x{block.hash.hex()}"
        if len(self.pool):
            self.pool.sweep(block.number + 1)
        for watcher in included:
            watcher({"inBlock": name})
            watcher({"finalized": name})
        for listener in tuple(self.head_listeners):
            listener(block)

    def _now(self) -> int:
        """The time of the next block in milliseconds: the clock's, or in steps of the block time."""
        if self.mode == "interval":
            now = time.time_ns() // 1_000_000
        else:
            start = self.config.genesis_time or 0
            now = start + (self.state.block + 1) * self.config.slot_duration
        return max(now + assay.TimeOffset[self.state], timestamp.Now[self.state] + 1)

    def _genesis(self) -> Block:
        """Block 0. Its hash stands for metadata, configuration and state: clients cache metadata by it."""
        root = root_of(self.runtime.metadata_v15, repr(self.config).encode(), self.state_digest())
        return Block(Header(NO_PARENT, 0, root, root_of(), slot_digest(0)), ())

    def state_digest(self) -> bytes:
        """A hash of the whole storage, the same for two chains in the same state."""
        parts = []
        for key in self.state.keys(b""):
            value = self.runtime.encoded(key, self.state.get(key))
            parts += [encode_compact(len(key)), key, encode_compact(len(value)), value]
        return root_of(*parts)

    def travel(self, time_ms: int) -> int:
        """Lets the next block be at `time_ms`, later ones as far behind it as they are; returns `time_ms`.

        Raises ValueError for a time that is not behind the last block's.
        """
        if time_ms <= timestamp.Now[self.state]:
            raise ValueError(f"time goes forward only: the last block is at {timestamp.Now[self.state]}")
        forward = time_ms - self._now()
        self.state.amend()
        assay.TimeOffset.update(self.state, lambda offset: offset + forward)
        self.keep()
        return time_ms

    def set_storage(self, entries: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Writes raw storage as part of the last block, None deletes; raises DispatchError for a bad value.

        Then nothing is written.
        """
        values = [(key, None if value is None else self.runtime.stored(key, value)) for key, value in entries]
        self.state.amend()
        for key, value in values:
            if value is None:
                self.state.remove(key)
            else:
                self.state.put(key, value)
        self.keep()

    def events(self, block: int | None = None) -> tuple[Any, ...]:
        """The event records of a block, by default the last one; raises StateDiscarded."""
        return system.Events[self.state.at(self.state.block if block is None else block)]

    def snapshot(self) -> bytes:
        """A name for the chain as it is now: the last block's hash, and the last write behind that block if any."""
        written = self.state.amendment
        return self.blocks.head_hash + (written.to_bytes(_SERIAL, "big") if written else b"")

    def restore(self, name: bytes) -> None:
        """Takes the chain back to a snapshot or, by its hash, to a block; raises StateDiscarded as `revert` does."""
        number = self.blocks.number_of(name[:_HASH])
        if number is None:
            raise StateDiscarded(name)
        self.revert(number, int.from_bytes(name[_HASH:], "big"))

    def revert(self, block: int, amendment: int = 0) -> None:
        """Takes the chain back to a block as it was made, or as of a write behind it; the pool is emptied.

        Raises StateDiscarded for what is not there or no longer kept.
        """
        self.state.revert(block, amendment)
        self.blocks.revert(block)
        for pooled in self.pool:
            self.pool.drop(pooled)
        self.keep()


def _phase(extrinsic: int | None) -> bytes:
    return _INITIALIZATION if extrinsic is None else b"\x00" + extrinsic.to_bytes(4, "little")
