"""The chain of blocks: headers and their hashes for all of them, the extrinsics of the last ones."""

from __future__ import annotations

from functools import cached_property
from hashlib import blake2b
from typing import NamedTuple

from subnet.devnet.chain_types import Digest
from subnet.devnet.records import Records
from subnet.devnet.scale import Variant, encode_compact
from subnet.devnet.storage import blake2_256

AURA = b"aura"
NO_PARENT = bytes(32)
_HASH = 32  # bytes
_REST = 32 + 32 + 15  # bytes: of a header's two roots and its digest; the number and the parent follow


class Header(NamedTuple):
    """What a block's hash is made of.

    The roots are hashes of what they stand for, not of a trie: no client here asks for proofs.
    """

    parent_hash: bytes
    number: int
    state_root: bytes
    extrinsics_root: bytes
    digest: bytes

    def encode(self) -> bytes:
        """The SCALE bytes, whose blake2b-256 is the block's hash."""
        number = encode_compact(self.number)
        return self.parent_hash + number + self.state_root + self.extrinsics_root + self.digest


def slot_digest(slot: int) -> bytes:
    """The log in which an Aura author names its slot."""
    return Digest.encode(((Variant("PreRuntime", (AURA, slot.to_bytes(8, "little"))),),))


class Block:
    """A finished block; `extrinsics` is None when they are no longer kept."""

    def __init__(self, header: Header, extrinsics: tuple[bytes, ...] | None) -> None:
        self.header, self.extrinsics = header, extrinsics
        self.number = header.number

    @cached_property
    def hash(self) -> bytes:
        """The name of the block."""
        return blake2_256(self.header.encode())


def root_of(*parts: bytes) -> bytes:
    """A hash of parts behind one another, used where another chain has the root of a trie."""
    digest = blake2b(digest_size=32)
    for part in parts:
        digest.update(part)
    return digest.digest()


class Blocks:
    """All blocks by number and by hash; extrinsics are kept for the last `retained` ones.

    What is kept of every block is packed, so that a chain that runs for months grows by `_HASH + _REST` bytes
    a block and by nothing else.
    """

    def __init__(self, genesis: Block, retained: int) -> None:
        self._hashes, self._rests = Records(_HASH), Records(_REST)
        self._bodies: dict[int, tuple[bytes, ...] | None] = {}
        self._retained = retained
        self.add(genesis)

    @property
    def number(self) -> int:
        """The number of the last block."""
        return len(self._hashes) - 1

    @property
    def genesis_hash(self) -> bytes:
        """The hash of block 0, which every signature covers."""
        return self._hashes[0]

    @property
    def head_hash(self) -> bytes:
        """The hash of the last block."""
        return self._hashes[self.number]

    @property
    def head(self) -> Header:
        """The header of the last block."""
        return self.header(self.number)

    def add(self, block: Block) -> None:
        """Puts a child of the last block on top; raises ValueError for a header that this chain does not make."""
        header = block.header
        rest = header.state_root + header.extrinsics_root + header.digest
        if len(rest) != _REST:
            raise ValueError(f"the digest of block {block.number} is not the author's slot")
        self._hashes.append(block.hash)
        self._rests.append(rest)
        self._bodies[block.number] = block.extrinsics
        self._bodies.pop(block.number - self._retained, None)

    def hash_of(self, number: int) -> bytes | None:
        """The hash of a block, None when there is no such block yet."""
        return self._hashes[number] if 0 <= number <= self.number else None

    def number_of(self, block: bytes) -> int | None:
        """The number of the block with a hash, None for an unknown one."""
        return self._hashes.find(block)

    def header(self, number: int) -> Header:
        """The header of an existing block."""
        rest = self._rests[number]
        parent = self._hashes[number - 1] if number else NO_PARENT
        return Header(parent, number, rest[:_HASH], rest[_HASH : 2 * _HASH], rest[2 * _HASH :])

    def extrinsics(self, number: int) -> tuple[bytes, ...] | None:
        """The extrinsics of a block with their lengths, None when they are no longer kept."""
        return self._bodies.get(number)

    def revert(self, number: int) -> None:
        """Forgets all blocks behind `number`."""
        for block in range(number + 1, self.number + 1):
            self._bodies.pop(block, None)
        self._hashes.cut(number + 1)
        self._rests.cut(number + 1)
