"""Records of one size, packed in pieces: many of them cost their bytes, and growing never copies those before."""

from __future__ import annotations

_PIECE = 1024  # records


class Records:
    """A list of records of `size` bytes."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._pieces: list[bytearray] = []
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: int) -> bytes:
        """A record; the index must be that of one."""
        start = index % _PIECE * self.size
        return bytes(self._pieces[index // _PIECE][start : start + self.size])

    def append(self, record: bytes) -> None:
        """Puts a record behind the others; raises ValueError when its size is another."""
        if len(record) != self.size:
            raise ValueError(f"{len(record)} bytes, expected {self.size}")
        if self._length % _PIECE == 0:
            self._pieces.append(bytearray())
        self._pieces[-1] += record
        self._length += 1

    def find(self, record: bytes) -> int | None:
        """The index of the last record that equals this one, None when there is none."""
        if len(record) != self.size:
            return None
        for number in range(len(self._pieces) - 1, -1, -1):
            piece = self._pieces[number]
            found = piece.rfind(record)
            while found > 0 and found % self.size:  # across two records
                found = piece.rfind(record, 0, found + self.size - 1)
            if found >= 0:
                return number * _PIECE + found // self.size
        return None

    def cut(self, length: int) -> None:
        """Forgets all records from the index `length` on."""
        del self._pieces[-(-length // _PIECE) :]
        if length % _PIECE:
            del self._pieces[-1][length % _PIECE * self.size :]
        self._length = min(length, self._length)
