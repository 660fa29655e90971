"""The few calls a neuron makes on the chain, read strictly from SCALE: whatever else there is has no name here.

Indices and argument types are the chain's own (pallets SubtensorModule and Commitments, as in its metadata).
"""

from __future__ import annotations

from dataclasses import dataclass

SUBTENSOR, COMMITMENTS = 7, 18
WIDTHS = {"u8": 1, "u16": 2, "u32": 4, "u64": 8, "u128": 16}
SERVING = "netuid version:u32 ip:u128 port:u16 ip_type:u8 protocol:u8 placeholder1:u8 placeholder2:u8"
LAYOUTS: dict[tuple[int, int], tuple[str, str]] = {
    (SUBTENSOR, 0): ("set_weights", "netuid dests:u16s weights:u16s version_key:u64"),
    (SUBTENSOR, 119): ("set_mechanism_weights", "netuid mecid:u8 dests:u16s weights:u16s version_key:u64"),
    (SUBTENSOR, 113): ("commit_timelocked_weights", "netuid commit:u8s reveal_round:u64 version:u16"),
    (SUBTENSOR, 118): (
        "commit_timelocked_mechanism_weights",
        "netuid mecid:u8 commit:u8s reveal_round:u64 version:u16",
    ),
    (SUBTENSOR, 4): ("serve_axon", SERVING),
    (SUBTENSOR, 40): ("serve_axon_tls", SERVING + " certificate:u8s"),
    (COMMITMENTS, 0): ("set_commitment", "netuid info:text"),
}
IMPLICIT_BYTES = 4 + 4 + 32 + 32 + 1
"""What is signed without being sent: spec and transaction version, genesis, the era's block, no metadata hash."""


class Forbidden(Exception):
    """This is not signed; the text says why."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call by its name on the chain, and the subnet that it is for."""

    name: str
    netuid: int


def read_call(data: bytes) -> Call:
    """The call that these bytes are, to the last one. Raises Forbidden when it is none of LAYOUTS."""
    layout = LAYOUTS.get((data[0], data[1])) if len(data) > 1 else None
    if layout is None:
        raise Forbidden("a call that no neuron makes")
    name, fields = layout
    reader = Reader(data, 2)
    netuid = reader.number(2)
    for field in fields.split()[1:]:
        reader.skip(field.split(":")[1])
    reader.end()
    return Call(name, netuid)


def check_extra(explicit: bytes, implicit: bytes) -> None:
    """Raises Forbidden unless a call's surroundings are an era that ends, a nonce, no tip, and nothing unusual."""
    reader = Reader(explicit, 0)
    if reader.number(1) == 0:
        raise Forbidden("an extrinsic that never expires")
    reader.number(1)
    reader.compact()
    if reader.compact() != 0:
        raise Forbidden("a tip")
    if reader.number(1) != 0:
        raise Forbidden("a metadata hash")
    reader.end()
    if len(implicit) != IMPLICIT_BYTES or implicit[-1] != 0:
        raise Forbidden("an extrinsic of another shape")


class Reader:
    """SCALE from left to right; raises Forbidden where bytes are missing or left over."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data = data
        self._at = at

    def number(self, width: int) -> int:
        """An unsigned number of so many bytes."""
        return int.from_bytes(self._take(width), "little")

    def compact(self) -> int:
        """A compact number below 2**30: nothing here is larger."""
        first = self._take(1)[0]
        mode = first & 3
        if mode == 3:
            raise Forbidden("a number that is too large")
        return int.from_bytes(bytes([first]) + self._take((0, 1, 3)[mode]), "little") >> 2

    def skip(self, kind: str) -> None:
        """One argument: a number, a vector of numbers (with an s), or a commitment's one short text."""
        if kind in WIDTHS:
            self._take(WIDTHS[kind])
        elif kind == "text":
            self._text()
        else:
            self._take(self.compact() * WIDTHS[kind.removesuffix("s")])

    def end(self) -> None:
        """Nothing is left."""
        if self._at != len(self._data):
            raise Forbidden("bytes after the end")

    def _text(self) -> None:
        if self.compact() != 1:
            raise Forbidden("a commitment of several fields")
        kind = self.number(1)
        if not 1 <= kind <= 129:
            raise Forbidden("a commitment that is no short text")
        self._take(kind - 1)

    def _take(self, count: int) -> bytes:
        taken = self._data[self._at : self._at + count]
        if len(taken) < count:
            raise Forbidden("bytes are missing")
        self._at += count
        return taken
