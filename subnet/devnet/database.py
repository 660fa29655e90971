"""The database under a kept chain: one process at a time, all or nothing, and values that prove to be whole."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from struct import Struct
from typing import Any
from zlib import crc32

from subnet.devnet.dispatch import DispatchError
from subnet.devnet.scale import ScaleError
from subnet.devnet.state import ABSENT
from subnet.errors import ConditionError

APPLICATION, FORMAT = 0x41737361, 1  # tell our files from other databases
_SIGNATURE = b"SQLite format 3\x00"
_HEADER = Struct(">16s44xI4xI28x")  # signature, user version and application id
_LOG_PAGES = 4096  # after which the log is moved into the file, 16 MiB
_SIZES = Struct("<II")  # of a key and its value
_CHECKSUM = Struct("<I")
_DELETED = 2**32 - 1  # in the place of a value's size
_DAMAGED = "{} is damaged ({}): delete it to begin a new chain"
_CANNOT_OPEN = "cannot open the chain in {}: {}"
_REFUSALS = {
    sqlite3.SQLITE_BUSY: "{} is in use: stop the chain that keeps it, or choose another file",
    sqlite3.SQLITE_CANTOPEN: _CANNOT_OPEN,
    sqlite3.SQLITE_READONLY: _CANNOT_OPEN,
    sqlite3.SQLITE_PERM: _CANNOT_OPEN,
    sqlite3.SQLITE_IOERR: _CANNOT_OPEN,
    sqlite3.SQLITE_FULL: _CANNOT_OPEN,
}


class Damaged(Exception):
    """The file does not hold what it should; the text says what is wrong."""


def check_ours(path: Path) -> None:
    """Raises ConditionError unless a file is a chain of this format. It is read only: a stranger's stays as it is."""
    with path.open("rb") as file:
        head = file.read(_HEADER.size)
    signature, made, application = _HEADER.unpack(head) if len(head) == _HEADER.size else (b"", 0, 0)
    if (signature, application) != (_SIGNATURE, APPLICATION):
        raise ConditionError(f"{path} is no chain: choose another file")
    if made != FORMAT:
        raise other_version(path, f"its files have format {made}, those of this version {FORMAT}")


def other_version(path: Path, how: str) -> ConditionError:
    """What to say of a whole chain that this version cannot go on with."""
    return ConditionError(
        f"{path} was made by another version of Assay ({how}): go on with that version, or choose another file"
    )


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """All that the body writes is kept together, or nothing of it when it raises."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        with suppress(sqlite3.Error):  # SQLite may have rolled back already
            database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that nobody shares; it is closed when the body raises, and otherwise left open."""
    database = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
        with transaction(database):
            pass  # a lock for writing is held from the first one on
        yield database
    except BaseException:
        database.close()
        raise


@contextmanager
def refusing_damage(path: Path) -> Iterator[None]:
    """Says in one line what is wrong with a file that cannot be used."""
    try:
        yield
    except OSError as error:
        raise ConditionError(_CANNOT_OPEN.format(path, error.strerror)) from None
    except sqlite3.Error as error:
        code = (
            getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
        )  # the rest says more than is needed
        raise ConditionError(_REFUSALS.get(code, _DAMAGED).format(path, error)) from None
    except (Damaged, ScaleError, DispatchError, ValueError, TypeError, KeyError) as error:
        reason = " ".join(str(error).split())  # SQLite finds more than fits on a line
        raise ConditionError(_DAMAGED.format(path, reason)) from None


def encoded_changes(changes: dict[bytes, Any], encode: Callable[[bytes, Any], bytes]) -> bytes:
    """Keys and encoded values of one block behind a checksum."""
    parts = []
    for key, stored in changes.items():
        if stored is ABSENT:
            parts += [_SIZES.pack(len(key), _DELETED), key]
        else:
            value = encode(key, stored)
            parts += [_SIZES.pack(len(key), len(value)), key, value]
    return sealed(b"".join(parts))


def read_changes(
    database: sqlite3.Connection, last: int
) -> Iterator[tuple[int, list[tuple[bytes, bytes | None]]]]:
    """The numbers of recent blocks up to `last`, and the keys and values they changed; None for deleted ones."""
    rows = database.execute("SELECT number, changes FROM recent WHERE number <= ? ORDER BY number", (last,))
    for number, changes in rows:
        yield number, list(_decoded_changes(unsealed(changes)))


def _decoded_changes(data: bytes) -> Iterator[tuple[bytes, bytes | None]]:
    offset = 0
    while offset < len(data):
        key_size, size = _SIZES.unpack_from(data, offset)
        start = offset + _SIZES.size
        offset = start + key_size + (0 if size == _DELETED else size)
        yield data[start : start + key_size], None if size == _DELETED else data[start + key_size : offset]


def sealed(value: bytes, key: bytes = b"") -> bytes:
    """A value behind a checksum of itself and its key."""
    return _CHECKSUM.pack(crc32(value, crc32(key))) + value


def unsealed(data: bytes, key: bytes = b"") -> bytes:
    """The value behind a checksum; raises Damaged."""
    value = data[_CHECKSUM.size :]
    if sealed(value, key) != data:
        raise Damaged("a checksum does not fit")
    return value
