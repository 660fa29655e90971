"""The storage of the chain: raw keys to Python values, at the head and at past blocks.

Values stay Python values and are encoded only when a client reads them. Each block is a layer that remembers the
values that it replaced, and so is each write between blocks: a past block is the head seen through those layers, a
call that fails is undone with one, and a whole chain can be taken back to an earlier layer. Nothing here knows a
clock or chance.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count, takewhile
from typing import Any, NamedTuple

from subnet.devnet.config import ChainConfig
from subnet.devnet.dispatch import Dispatcher, Event

PREFIX = 32  # bytes: twox128 of the pallet, twox128 of the item
ABSENT: Any = type("Absent", (), {"__repr__": lambda _: "ABSENT"})()
_VIEWS = 32  # past blocks that clients read at the same time; a view costs a dictionary
Journal = dict[bytes, Any]


class StateDiscarded(Exception):
    """The state of this block is no longer kept."""


class Layer(NamedTuple):
    """What one block or one write behind it replaced; `serial` is 0 for a block's own layer."""

    block: int
    serial: int
    replaced: Journal


class Encoded:
    """A stored value that came as bytes; decoded when a pallet reads it."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data


class KeyIndex:
    """The stored keys in byte order, in one sorted list for each storage item."""

    def __init__(self) -> None:
        self._items: dict[bytes, list[bytes]] = {}

    def add(self, key: bytes) -> None:
        """Takes up a key that was not there."""
        insort(self._items.setdefault(key[:PREFIX], []), key)

    def remove(self, key: bytes) -> None:
        """Drops a key that was there."""
        keys = self._items[key[:PREFIX]]
        del keys[bisect_left(keys, key)]

    def under(self, prefix: bytes, after: bytes = b"", limit: int | None = None) -> list[bytes]:
        """Up to `limit` keys that start with `prefix` and lie behind `after`, in byte order."""
        if len(prefix) >= PREFIX:
            return self._range(self._items.get(prefix[:PREFIX], []), prefix, after, limit)
        found: list[bytes] = []
        for item in sorted(item for item in self._items if item.startswith(prefix)):
            left = None if limit is None else limit - len(found)
            found += self._range(self._items[item], prefix, after, left)
        return found

    @staticmethod
    def _range(keys: list[bytes], prefix: bytes, after: bytes, limit: int | None) -> list[bytes]:
        start = max(bisect_left(keys, prefix), bisect_right(keys, after) if after else 0)
        end = bisect_left(keys, prefix + b"\xff" * 64, lo=start)
        return keys[start : end if limit is None else min(end, start + limit)]


class State:
    """The storage at the head, which calls may change.

    `block` is the number of the block being made or, between blocks, of the last one; `extrinsic` the index of
    the extrinsic being applied, None outside of one. Writes between blocks, which `amend` must announce, count as
    part of the last block.
    """

    def __init__(self, config: ChainConfig, runtime: Dispatcher) -> None:
        self.config, self.runtime = config, runtime
        self.block = 0
        self.extrinsic: int | None = None
        self.events: list[tuple[int | None, Event]] = []
        self._values: dict[bytes, Any] = {}
        self._index = KeyIndex()
        self._oldest = 0  # the first block whose state can be read
        self._layers: list[Layer] = []  # of that block and of all behind it
        self._serials = count(1)
        self._undo: list[Journal] = []
        self._views: dict[int, PastState] = {}
        self._add_layer(0)

    def get(self, key: bytes) -> Any:
        """The value stored under a raw key, or ABSENT."""
        return self._values.get(key, ABSENT)

    def put(self, key: bytes, value: Any) -> None:
        """Stores a value under a raw key."""
        old = self._values.get(key, ABSENT)
        self._undo[-1].setdefault(key, old)
        if old is ABSENT:
            self._index.add(key)
        self._values[key] = value

    def remove(self, key: bytes) -> None:
        """Deletes a raw key; nothing happens when it is not there."""
        old = self._values.pop(key, ABSENT)
        if old is not ABSENT:
            self._undo[-1].setdefault(key, old)
            self._index.remove(key)

    def keys(self, prefix: bytes, after: bytes = b"", limit: int | None = None) -> list[bytes]:
        """Up to `limit` stored keys under `prefix` and behind `after`, in byte order."""
        return self._index.under(prefix, after, limit)

    def deposit(self, event: Event) -> None:
        """Adds an event to the block; it disappears with the transaction that it happened in."""
        self.events.append((self.extrinsic, event))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything done inside is undone when the body raises. May be nested."""
        events = len(self.events)
        self._undo.append({})
        try:
            yield
        except BaseException:
            self._restore(self._undo.pop())
            del self.events[events:]
            raise
        done = self._undo.pop()
        outer = self._undo[-1]
        for key, old in done.items():
            outer.setdefault(key, old)

    @contextmanager
    def ahead(self, block: int) -> Iterator[None]:
        """Lets the body, which must not write, see the head's state as a call in `block` would."""
        head, self.block = self.block, block
        try:
            yield
        finally:
            self.block = head

    def _restore(self, journal: Journal) -> None:
        for key, old in journal.items():
            if old is ABSENT:
                if self._values.pop(key, ABSENT) is not ABSENT:
                    self._index.remove(key)
            else:
                if key not in self._values:
                    self._index.add(key)
                self._values[key] = old

    def open_block(self) -> None:
        """Starts the next block: from here on writes and events belong to it."""
        self.block += 1
        self.events = []
        self._add_layer(0)
        if self.block - self._oldest > self.config.retained_blocks:
            self._oldest += 1
            while self._layers[0].block < self._oldest:
                del self._layers[0]

    def amend(self) -> int:
        """Opens the last block for more writes, which can be taken back alone, by the number that is returned."""
        self._views = {}  # views of the block as it was until now
        return self._add_layer(next(self._serials))

    def _add_layer(self, serial: int) -> int:
        self._layers.append(Layer(self.block, serial, {}))
        self._undo = [self._layers[-1].replaced]
        return serial

    @property
    def amendment(self) -> int:
        """The number of the last write behind the last block, 0 when there was none."""
        return self._layers[-1].serial

    def revert(self, block: int, amendment: int = 0) -> None:
        """Takes the storage back to a block as it was made or, given its number, as of a write behind that block.

        Raises StateDiscarded for a block that is no longer kept and for a write that is not there.
        """
        self._check(block)
        if not any((layer.block, layer.serial) == (block, amendment) for layer in self._layers):
            raise StateDiscarded(block)
        while (self._layers[-1].block, self._layers[-1].serial) != (block, amendment):
            self._restore(self._layers.pop().replaced)
        self.block, self._undo = block, [self._layers[-1].replaced]
        self.events, self._views = [], {}

    def changes(self) -> dict[bytes, Any]:
        """What the last block and writes behind it changed: the values at the head, ABSENT for deleted ones."""
        mine = takewhile(lambda layer: layer.block == self.block, reversed(self._layers))
        return {key: self.get(key) for layer in mine for key in layer.replaced}

    def replace(self, block: int, values: dict[bytes, Any]) -> None:
        """Takes over the storage of a chain at its block `block`; nothing before it can be read."""
        self.block, self._oldest, self._values = block, block, dict(values)
        self._index = KeyIndex()
        for key in sorted(values):
            self._index.add(key)
        self._layers, self.events, self._views = [], [], {}
        self._add_layer(0)

    def settle(self, value: Callable[[bytes, Any], Any]) -> None:
        """Writes `value(key, value)` in the place of each value at the head, which must mean the same."""
        for key, stored in self._values.items():
            self._values[key] = value(key, stored)

    def at(self, block: int) -> State:
        """The storage as it was at the end of a block, for reading; raises StateDiscarded."""
        self._check(block)
        view = self._views.get(block)
        if view is None:
            if len(self._views) >= _VIEWS:
                del self._views[next(iter(self._views))]
            view = self._views[block] = PastState(self, block)
        return view

    def replaced_since(self, block: int) -> list[Journal]:
        """What each layer behind `block` replaced, oldest first."""
        newer = takewhile(lambda layer: layer.block > block, reversed(self._layers))
        return [layer.replaced for layer in newer][::-1]

    def _check(self, block: int) -> None:
        if not self._oldest <= block <= self.block:
            raise StateDiscarded(block)


class PastState(State):
    """The storage at the end of a past block, read-only."""

    def __init__(self, head: State, block: int) -> None:
        self.config, self.runtime, self.block = head.config, head.runtime, block
        self.extrinsic, self.events = None, []
        self._head = head
        self._seen = block
        self._old: Journal = {}

    def get(self, key: bytes) -> Any:
        old = self._replaced()
        return old[key] if key in old else self._head.get(key)

    def keys(self, prefix: bytes, after: bytes = b"", limit: int | None = None) -> list[bytes]:
        old = self._replaced()
        changed = {key: value for key, value in old.items() if key.startswith(prefix) and key > after}
        if not changed:
            return self._head.keys(prefix, after, limit)
        found = {key for key in self._head.keys(prefix, after) if key not in changed}
        found.update(key for key, value in changed.items() if value is not ABSENT)
        return sorted(found)[:limit]

    def put(self, key: bytes, value: Any) -> None:
        raise RuntimeError("a past block cannot be changed")

    def remove(self, key: bytes) -> None:
        raise RuntimeError("a past block cannot be changed")

    def at(self, block: int) -> State:
        return self._head.at(block)

    def _replaced(self) -> Journal:
        """The values at this block of all keys that later blocks changed."""
        head = self._head
        if self._seen < head.block:
            for journal in head.replaced_since(self._seen):
                for key, value in journal.items():
                    self._old.setdefault(key, value)
            self._seen = head.block
        return self._old
