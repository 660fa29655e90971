"""A chain in a file: a block is kept before anybody hears of it, so that a killed process loses none.

The file is an SQLite database with a write-ahead log. A block is one row: its header, its extrinsics and the values
that it changed. Once blocks leave the window in which state can be read, their changes are folded into the table of
all values, and what is left of them is a header among the past ones. A file is read as bytes from a stranger: headers
must form a chain of hashes that begins with the genesis of the configuration, and values carry checksums.

Nothing waits for the disk when a block is kept: the operating system has it, so a killed process loses nothing. A
power failure may cost the last blocks but not the file, since SQLite syncs whenever it moves the log into the file.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from subnet.devnet.blocks import Block, Header, root_of
from subnet.devnet.config import ChainConfig
from subnet.devnet.database import (
    APPLICATION,
    FORMAT,
    Damaged,
    check_ours,
    encoded_changes,
    opened,
    other_version,
    read_changes,
    refusing_damage,
    sealed,
    transaction,
    unsealed,
)
from subnet.devnet.node import Node
from subnet.devnet.scale import BYTES, Vec, decode_all
from subnet.devnet.state import Encoded
from subnet.devnet.storage import blake2_256
from subnet.errors import ConditionError

_FOLDED_AT_ONCE = 256  # blocks: most values in them are the same ones, written again and again
_BODY = Vec(BYTES)
_HEADER = "number, hash, state_root, extrinsics_root, digest"
_SCHEMA = """
CREATE TABLE chain (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE storage (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE past (number INTEGER PRIMARY KEY, hash, state_root, extrinsics_root, digest);
CREATE TABLE recent (number INTEGER PRIMARY KEY, hash, state_root, extrinsics_root, digest, extrinsics, changes)
"""


class ChainFile:
    """The file of a running chain, which no other process can open until it is closed."""

    def __init__(self, path: Path, database: sqlite3.Connection, node: Node, folded: int) -> None:
        self.path, self._database, self.node = path, database, node
        self._folded = folded  # the block that the table of values stands for, -1 for none
        self._last = node.blocks.number
        self._failure: ConditionError | None = None
        node.keep = self.keep

    def keep(self) -> None:
        """Writes down the last block as it is now, and forgets blocks behind it.

        Raises ConditionError when that cannot be, and from then on always: a file must have no gaps.
        """
        if self._failure is not None:
            raise self._failure
        try:
            self._keep(self.node.blocks.number)
        except sqlite3.Error as error:
            reason = f"cannot keep the chain in {self.path}: {error}"
            self._failure = ConditionError(
                f"{reason}; mend the disk and start again from the last block kept"
            )
            raise self._failure from None

    def _keep(self, head: int) -> None:
        if head > self._last and head % _FOLDED_AT_ONCE:
            write_block(self._database, self.node)
        else:
            with transaction(self._database):
                self._database.execute("DELETE FROM recent WHERE number > ?", (head,))
                self._database.execute("DELETE FROM past WHERE number >= ?", (head,))
                write_block(self._database, self.node)
                self._fold(head - self.node.config.retained_blocks)
        self._last = head

    def _fold(self, until: int) -> None:
        """Moves the changes of blocks up to `until` into the table of values."""
        if until <= self._folded:
            return
        values: dict[bytes, bytes | None] = {}
        for _, changes in read_changes(self._database, until):
            values.update(changes)
        kept = [(key, sealed(value, key)) for key, value in values.items() if value is not None]
        gone = [(key,) for key, value in values.items() if value is None]
        self._database.executemany("INSERT OR REPLACE INTO storage VALUES (?, ?)", kept)
        self._database.executemany("DELETE FROM storage WHERE key = ?", gone)
        headers = f"INSERT INTO past SELECT {_HEADER} FROM recent WHERE number <= ?"
        self._database.execute(headers, (until,))
        self._database.execute("DELETE FROM recent WHERE number <= ?", (until,))
        self._database.execute("INSERT OR REPLACE INTO chain VALUES ('folded', ?)", (until,))
        self._folded = until

    def close(self) -> None:
        """Lets other processes have the file, which then is a single one."""
        self._database.close()


def create(path: Path, node: Node) -> ChainFile:
    """Keeps a new chain in a file that does not exist yet; raises ConditionError when that cannot be."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        part.unlink(missing_ok=True)
        with opened(part) as database:
            with transaction(database):
                for statement in _SCHEMA.split(";"):
                    database.execute(statement)
                database.executemany("INSERT INTO chain VALUES (?, ?)", _description(node))
                write_block(database, node)
            database.execute(f"PRAGMA application_id = {APPLICATION}")
            database.execute(f"PRAGMA user_version = {FORMAT}")
            database.close()
        _publish(part, path)
    except (OSError, sqlite3.Error) as error:
        part.unlink(missing_ok=True)
        reason = error.strerror if isinstance(error, OSError) else error
        raise ConditionError(f"cannot keep the chain in {path}: {reason}") from None
    with refusing_damage(path), opened(path) as database:
        return ChainFile(path, database, node, folded=-1)


def _description(node: Node) -> Iterable[tuple[str, bytes]]:
    config = {**asdict(node.config), "funded": [account.hex() for account in node.config.funded]}
    return [
        ("config", json.dumps(config).encode()),
        ("metadata", blake2_256(node.runtime.metadata_v15)),
    ]


def _publish(part: Path, path: Path) -> None:
    """Gives a finished file its name, which nobody else must have taken in the meantime."""
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        part.replace(path)
    else:
        part.unlink()


def load(path: Path) -> ChainFile:
    """The chain that a file holds, with all its blocks; raises ConditionError when it cannot be used."""
    with refusing_damage(path):
        check_ours(path)
    with refusing_damage(path), opened(path) as database:
        (verdict,) = database.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise Damaged(verdict)
        described = dict(database.execute("SELECT name, value FROM chain"))
        node = Node(_config(path, described["config"]))
        if blake2_256(node.runtime.metadata_v15) != described["metadata"]:
            raise other_version(path, "with other pallets")
        folded = int(described.get("folded", -1))
        _read_blocks(database, node)
        _read_state(database, node, folded)
        return ChainFile(path, database, node, folded)


def _config(path: Path, text: bytes) -> ChainConfig:
    values: dict[str, Any] = json.loads(text)
    if values.keys() != {field.name for field in fields(ChainConfig)}:
        raise other_version(path, "with other settings")
    return ChainConfig(**{**values, "funded": tuple(bytes.fromhex(account) for account in values["funded"])})


def _read_blocks(database: sqlite3.Connection, node: Node) -> None:
    """Puts the file's blocks on the genesis of a new chain; each must be the child of the one before it."""
    blocks = node.blocks
    rows = database.execute(
        f"SELECT {_HEADER}, NULL FROM past UNION ALL SELECT {_HEADER}, extrinsics FROM recent ORDER BY number"
    )
    first = next(rows, None)
    if first is None or (first[0], first[1]) != (0, blocks.genesis_hash):
        raise Damaged("its block 0 does not follow from its configuration")
    for number, name, state_root, extrinsics_root, digest, extrinsics in rows:
        if number != blocks.number + 1:
            raise Damaged(f"block {blocks.number + 1} is missing")
        body = None if extrinsics is None else decode_all(_BODY, extrinsics)
        block = Block(Header(blocks.head_hash, number, state_root, extrinsics_root, digest), body)
        if block.hash != name or (body is not None and root_of(*body) != extrinsics_root):
            raise Damaged(f"block {number} is not what its hash says")
        blocks.add(block)


def _read_state(database: sqlite3.Connection, node: Node, folded: int) -> None:
    """Brings the storage of a new chain to the last block, with the blocks behind `folded` readable."""
    state = node.state
    if folded >= 0:
        rows = database.execute("SELECT key, value FROM storage")
        state.replace(folded, {key: Encoded(unsealed(value, key)) for key, value in rows})
    for number, changes in read_changes(database, node.blocks.number):
        if number > state.block:
            state.open_block()
        if number != state.block:
            raise Damaged(f"the changes of block {state.block} are missing")
        for key, value in changes:
            if value is None:
                state.remove(key)
            else:
                state.put(key, Encoded(value))
    if state.block != node.blocks.number:
        raise Damaged(f"the changes of block {state.block + 1} are missing")
    stored = node.runtime.stored
    state.settle(lambda key, value: stored(key, value.data) if isinstance(value, Encoded) else value)


def write_block(database: sqlite3.Connection, node: Node) -> None:
    """Writes the last block of a chain, in the place of what the file has under its number."""
    blocks = node.blocks
    number, header = blocks.number, blocks.head
    extrinsics = blocks.extrinsics(number)
    row = (
        *(number, blocks.head_hash, header.state_root, header.extrinsics_root, header.digest),
        None if extrinsics is None else _BODY.encode(extrinsics),
        encoded_changes(node.state.changes(), node.runtime.encoded),
    )
    database.execute("INSERT OR REPLACE INTO recent VALUES (?, ?, ?, ?, ?, ?, ?)", row)
