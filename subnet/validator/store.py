"""The file in which a validator remembers: SQLite, append-only, one writer.

Write-ahead log with synchronous=FULL: a transaction that was committed survives kill -9 and loss of power, one
that was not leaves nothing. A commit costs one fsync, and there is about one per round.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from subnet.errors import ConditionError

FORMAT = 2
LOCK_SECONDS = 5.0

# Triggers make "append-only" a property of the file, not a habit of this code.
OBSERVATIONS = """
CREATE TABLE observations (
    id INTEGER PRIMARY KEY,
    hotkey TEXT NOT NULL, coldkey TEXT NOT NULL, registered_at INTEGER NOT NULL,
    block INTEGER NOT NULL, epoch INTEGER NOT NULL,
    round_id TEXT NOT NULL, task_id TEXT NOT NULL, family TEXT NOT NULL,
    value REAL, evidence REAL NOT NULL, seconds REAL NOT NULL,
    failure TEXT, parts TEXT NOT NULL, reason TEXT NOT NULL,
    UNIQUE (round_id, task_id, hotkey)
) STRICT;
CREATE INDEX observations_by_hotkey ON observations (hotkey, id);
CREATE TRIGGER observations_stay BEFORE UPDATE ON observations
    BEGIN SELECT RAISE(ABORT, 'observations are facts'); END;
CREATE TRIGGER observations_remain BEFORE DELETE ON observations
    BEGIN SELECT RAISE(ABORT, 'observations are facts'); END;
"""
JOURNAL = """
CREATE TABLE journal (
    id INTEGER PRIMARY KEY,
    plan INTEGER NOT NULL, status TEXT NOT NULL, epoch INTEGER NOT NULL, block INTEGER NOT NULL,
    detail TEXT NOT NULL
) STRICT;
CREATE INDEX journal_by_plan ON journal (plan, id);
CREATE TRIGGER journal_stays BEFORE UPDATE ON journal
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_remains BEFORE DELETE ON journal
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
"""
DRAWS = """
CREATE TABLE draws (epoch INTEGER NOT NULL, first INTEGER NOT NULL, count INTEGER NOT NULL) STRICT;
CREATE INDEX draws_by_epoch ON draws (epoch);
"""
CONTEXT = """
CREATE TABLE context (
    id INTEGER PRIMARY KEY CHECK (id = 1), block INTEGER NOT NULL, epoch INTEGER NOT NULL, text TEXT NOT NULL
) STRICT;
"""
# Format -> what makes it of the one before; 0 is an empty file.
STEPS = {0: OBSERVATIONS + JOURNAL + DRAWS, 1: CONTEXT}


class Store:
    """The open file; made by `Store.open`, shared by ledger and journal."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator[Store]:
        """The store at `path`, made if there is none; ConditionError when it cannot be used.

        The lock file beside it keeps a second validator from writing into the same memory.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = path.with_suffix(".lock").open("ab")
        except OSError as problem:
            raise ConditionError(
                f"cannot use the state folder {path.parent}: {problem.strerror}; choose one with --state"
            ) from problem
        with lock:
            _take(lock, path)
            with _plain_failures(path):
                connection = _connect(path)
            try:
                yield cls(path, connection)
            finally:
                connection.close()

    @classmethod
    @contextmanager
    def reading(cls, path: Path) -> Iterator[Store]:
        """The store at `path` for reading, beside the validator that writes it or alone; ConditionError."""
        if not path.is_file():
            raise ConditionError(f"there is no ledger at {path}: name the validator's folder with --state")
        with _plain_failures(path):
            connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=LOCK_SECONDS
            )
            connection.row_factory = sqlite3.Row
            _check_format(connection, path)
        try:
            yield cls(path, connection)
        finally:
            connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All that is written inside becomes durable together, or not at all; ConditionError if it cannot."""
        with _plain_failures(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                if self._connection.in_transaction:  # a full disk has rolled back already
                    self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def size(self) -> int:
        """How many bytes of the file hold something."""
        pages = self.read("PRAGMA page_count")[0][0] - self.read("PRAGMA freelist_count")[0][0]
        return int(pages * self.read("PRAGMA page_size")[0][0])

    def release(self, pages: int) -> bool:
        """Gives so many cleared pages back to the disk; returns whether there are more."""
        with _plain_failures(self.path):
            # `execute` would take a single step of it, which is one page.
            self._connection.executescript(f"PRAGMA incremental_vacuum({pages})")
        if self.read("PRAGMA freelist_count")[0][0]:
            return True
        self.read("PRAGMA wal_checkpoint(TRUNCATE)")
        return False

    def read(self, query: str, *values: object) -> list[sqlite3.Row]:
        """All rows of a query, its values by place or in one mapping; ConditionError when the file cannot be read."""
        given: Any = values[0] if values and isinstance(values[0], Mapping) else values
        with _plain_failures(self.path):
            return self._connection.execute(query, given).fetchall()


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=LOCK_SECONDS, isolation_level=None)
    connection.row_factory = sqlite3.Row
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == 0:
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")  # so that cleared bytes go back to the disk
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    for step in range(version, FORMAT):
        connection.executescript(f"BEGIN IMMEDIATE; {STEPS[step]} PRAGMA user_version={step + 1}; COMMIT;")
    path.chmod(0o600)
    _check_format(connection, path)
    return connection


def _check_format(connection: sqlite3.Connection, path: Path) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version != FORMAT:
        raise ConditionError(f"{path} has format {version}, this version of Assay reads {FORMAT}")


def _take(lock: IO[bytes], path: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as problem:
        raise ConditionError(
            f"another validator is using {path}: end it, or choose another folder with --state"
        ) from problem


@contextmanager
def _plain_failures(path: Path) -> Iterator[None]:
    """SQLite's failures as one line that says what to do."""
    try:
        yield
    except (sqlite3.OperationalError, sqlite3.DatabaseError) as problem:
        raise ConditionError(f"cannot use {path}: {_advice(problem, path)}") from problem


def _advice(problem: sqlite3.Error, path: Path) -> str:
    code = getattr(problem, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        free = os.statvfs(path.parent)
        return (
            f"the disk is full ({free.f_bavail * free.f_frsize // 1024} KiB free); make room and start again"
        )
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return "another program holds it locked; end that program and start again"
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return f"the file is damaged ({problem}); restore it from a copy, or move it away to begin anew"
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return f"no permission to write it ({problem})"
    return f"{problem}"
