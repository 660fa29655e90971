"""Storage items of a pallet: how their keys are made, and reading and writing them by name.

Tempo[state, netuid]        the value, or the default (None for an item without one)
Tempo[state, netuid] = 20   del Tempo[state, netuid]
Tempo.has(state, netuid)    whether something is stored at all
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from typing import Any, Generic, TypeVar

import xxhash

from subnet.devnet.scale import ScaleError, Tuple, Type, decode_all
from subnet.devnet.state import ABSENT, Encoded, State

V = TypeVar("V")
HashedKey = tuple[str, Type[Any]]
_CACHED_KEYS = 1 << 14  # of one item; the cache starts anew when full, so that keys by block do not pile up


def blake2_128(data: bytes) -> bytes:
    """16 bytes."""
    return blake2b(data, digest_size=16).digest()


def blake2_256(data: bytes) -> bytes:
    """32 bytes: the chain's hash of blocks, extrinsics and long payloads."""
    return blake2b(data, digest_size=32).digest()


def twox(data: bytes, bits: int) -> bytes:
    """xxHash64 with seeds 0, 1, ... behind one another, as wide as asked."""
    return b"".join(xxhash.xxh64_intdigest(data, seed).to_bytes(8, "little") for seed in range(bits // 64))


class Hasher:
    """How one part of a storage key is made: its hash of `size` bytes, then the part itself if `concat`."""

    def __init__(self, hashed: Callable[[bytes], bytes], size: int, concat: bool) -> None:
        self.hashed, self.size, self.concat = hashed, size, concat

    def __call__(self, part: bytes) -> bytes:
        return self.hashed(part) + part if self.concat else self.hashed(part)


HASHERS = {
    "Blake2_128": Hasher(blake2_128, 16, False),
    "Blake2_256": Hasher(blake2_256, 32, False),
    "Blake2_128Concat": Hasher(blake2_128, 16, True),
    "Twox128": Hasher(lambda part: twox(part, 128), 16, False),
    "Twox256": Hasher(lambda part: twox(part, 256), 32, False),
    "Twox64Concat": Hasher(lambda part: twox(part, 64), 8, True),
    "Identity": Hasher(lambda part: b"", 0, True),
}


class StorageItem(Generic[V]):
    """What a value and a map have in common; `default` is ABSENT for an item that reads None when absent."""

    def __init__(
        self, prefix: str, name: str, value: Type[Any], default: Any, keys: Sequence[HashedKey]
    ) -> None:
        self.name, self.value, self.keys = name, value, tuple(keys)
        self.optional = default is ABSENT
        self.default: V = None if self.optional else default  # type: ignore[assignment]
        self.default_bytes = b"\x00" if self.optional else value.encode(default)
        self.prefix = twox(prefix.encode(), 128) + twox(name.encode(), 128)
        self._hashers = tuple((HASHERS[hasher], kind) for hasher, kind in keys)
        self._raw: dict[tuple[Any, ...], bytes] = {}
        self._parts: dict[bytes, tuple[Any, ...]] = {}

    def raw_key(self, parts: tuple[Any, ...]) -> bytes:
        """The storage key of a value or, with fewer parts than the item has keys, of all under a prefix."""
        found = self._raw.get(parts)
        if found is None:
            found = self.prefix
            for (hasher, kind), part in zip(self._hashers, parts, strict=False):
                found += hasher(kind.encode(part))
            if len(self._raw) >= _CACHED_KEYS:
                self._raw.clear()
            self._raw[parts] = found
        return found

    def parts(self, raw: bytes) -> tuple[Any, ...]:
        """The key parts within a raw key; raises ScaleError for a hasher that hides them."""
        found = self._parts.get(raw)
        if found is None:
            offset, decoded = len(self.prefix), []
            for hasher, kind in self._hashers:
                if not hasher.concat:
                    raise ScaleError(f"the keys of {self.name} cannot be read back")
                part, offset = kind.decode(raw, offset + hasher.size)
                decoded.append(part)
            if offset != len(raw):
                raise ScaleError(f"{len(raw) - offset} bytes left over behind the key of {self.name}")
            found = tuple(decoded)
            if len(self._parts) >= _CACHED_KEYS:
                self._parts.clear()
            self._parts[raw] = found
        return found

    def encode(self, stored: Any) -> bytes:
        """The bytes of a stored value, as clients read them."""
        return stored.data if stored.__class__ is Encoded else self.value.encode(stored)

    def read(self, state: State, raw: bytes) -> V:
        """The value under a raw key of this item."""
        stored = state.get(raw)
        if stored is ABSENT:
            return self.default
        if stored.__class__ is Encoded:
            return decode_all(self.value, stored.data)  # type: ignore[no-any-return]
        return stored  # type: ignore[no-any-return]

    def write(self, state: State, raw: bytes, value: Any) -> None:
        """Stores a value; a chain that runs `checked` raises ScaleError when it is not of the item's type."""
        if state.config.checked:
            self.value.encode(value)
        state.put(raw, value)

    @property
    def key_type(self) -> Type[Any] | None:
        """The type of the whole key, as metadata shows it; None for a plain value."""
        kinds = [kind for _, kind in self.keys]
        return None if not kinds else kinds[0] if len(kinds) == 1 else Tuple(*kinds)


class StorageValue(StorageItem[V]):
    """One value."""

    def __getitem__(self, state: State) -> V:
        return self.read(state, self.prefix)

    def __setitem__(self, state: State, value: V) -> None:
        self.write(state, self.prefix, value)

    def __delitem__(self, state: State) -> None:
        state.remove(self.prefix)

    def has(self, state: State) -> bool:
        """Whether a value is stored at all."""
        return state.get(self.prefix) is not ABSENT

    def update(self, state: State, change: Callable[[V], V]) -> V:
        """Stores `change(value)` and returns it."""
        value = change(self[state])
        self[state] = value
        return value


class StorageMap(StorageItem[V]):
    """Values under one or several keys: `Uids[state, netuid, hotkey]`."""

    def __getitem__(self, where: tuple[Any, ...]) -> V:
        return self.read(where[0], self.raw_key(where[1:]))

    def __setitem__(self, where: tuple[Any, ...], value: V) -> None:
        self.write(where[0], self.raw_key(where[1:]), value)

    def __delitem__(self, where: tuple[Any, ...]) -> None:
        where[0].remove(self.raw_key(where[1:]))

    def has(self, state: State, *keys: Any) -> bool:
        """Whether a value is stored under these keys at all."""
        return state.get(self.raw_key(keys)) is not ABSENT

    def update(self, state: State, *keys_and_change: Any) -> V:
        """Stores `change(value)` under the keys and returns it; the change is the last argument."""
        *keys, change = keys_and_change
        value: V = change(self[state, *keys])
        self[state, *keys] = value
        return value

    def items(self, state: State, *leading: Any) -> Iterator[tuple[tuple[Any, ...], V]]:
        """The remaining key parts (always a tuple) and the value of all entries, in raw key order.

        The keys are listed first, so entries may be changed while iterating.
        """
        for raw in state.keys(self.raw_key(leading)):
            if state.get(raw) is not ABSENT:
                yield self.parts(raw)[len(leading) :], self.read(state, raw)

    def all_keys(self, state: State, *leading: Any) -> list[tuple[Any, ...]]:
        """The remaining key parts of all entries under the leading keys, in raw key order."""
        return [self.parts(raw)[len(leading) :] for raw in state.keys(self.raw_key(leading))]

    def clear(self, state: State, *leading: Any) -> int:
        """Deletes all entries under the leading keys; returns how many there were."""
        found = state.keys(self.raw_key(leading))
        for raw in found:
            state.remove(raw)
        return len(found)
