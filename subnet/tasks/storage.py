"""Storage: does a miner still hold the data? It proves random leaves of a Merkle tree.

The owner splits the data into leaves of LEAF_BYTES, publishes the root of their tree, and miners keep the data. A
family is written ROOT:LEAVES, 64 hexadecimal digits and the number of leaves. A task names leaves by numbers that
come from the secret; the answer is each leaf with its path to the root. The validator needs the root alone.

A miner that keeps the share s of the leaves answers a challenge of n of them with probability s^n: with 16 leaves one
that has dropped 5 % passes 44 % of the tasks, one that has dropped a quarter 1 %.

It proves that somebody within reach has the data: two hotkeys may share one copy, or fetch leaves within the
deadline.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence
from random import Random

from subnet.protocol import Message, Query
from subnet.tasks.answers import json_answer
from subnet.tasks.base import Task

LEAF_BYTES = 256
MOST_LEAVES = 1 << 40
CHALLENGED = 16
"""Leaves that one task asks for, or all where there are fewer."""
MAX_ANSWER_CHARS = CHALLENGED * (LEAF_BYTES * 2 + 42 * 70)
ASK = "storage challenge"


def tree(data: bytes) -> list[list[bytes]]:
    """The tree over the data's leaves: the leaves' hashes first, the root's row last.

    A row of odd length carries its last hash up as it is. Leaves and inner nodes are hashed under different prefixes,
    so that neither can stand for the other (RFC 6962, section 2.1).
    """
    rows = [[_leaf(leaf) for leaf in leaves(data)]]
    while len(rows[-1]) > 1:
        row = rows[-1]
        pairs = [_node(row[at], row[at + 1]) for at in range(0, len(row) - 1, 2)]
        rows.append(pairs + row[len(pairs) * 2 :])
    return rows


def leaves(data: bytes) -> list[bytes]:
    """The data cut into leaves; the last may be shorter, and no data is one empty leaf."""
    return [data[at : at + LEAF_BYTES] for at in range(0, len(data), LEAF_BYTES)] or [b""]


def path_of(rows: Sequence[Sequence[bytes]], index: int) -> list[bytes]:
    """The hashes beside the way from a leaf to the root."""
    found = []
    for row in rows[:-1]:
        beside = index ^ 1
        if beside < len(row):
            found.append(row[beside])
        index //= 2
    return found


def belongs(root: bytes, count: int, index: int, leaf: bytes, path: Sequence[bytes]) -> bool:
    """Whether a leaf stands at this place of the tree of `count` leaves with this root."""
    if not 0 <= index < count or len(leaf) > LEAF_BYTES:
        return False
    found, beside = _leaf(leaf), iter(path)
    while count > 1:
        if index ^ 1 < count:
            other = next(beside, None)
            if other is None:
                return False
            found = _node(other, found) if index % 2 else _node(found, other)
        index, count = index // 2, (count + 1) // 2
    return found == root and next(beside, None) is None


class Storage:
    """Challenges for any published root; there is none by default."""

    families: tuple[str, ...] = ()

    def make(self, family: str, seed: int, query_id: str, seconds: float) -> Task:
        """The challenge that belongs to a seed; ValueError for what is no ROOT:LEAVES."""
        root, count = _parsed(family)
        rng = Random(f"{family}/{seed}")
        wanted = sorted({rng.randrange(count) for _ in range(CHALLENGED)})
        prompt = (
            f"{ASK}: root {root.hex()}, leaves {wanted}. Reply with JSON: for each leaf, in this order, an object "
            'with "leaf" (base64) and "path" (the hashes beside the way to the root, as hexadecimal digits).'
        )
        message = Message(role="user", content=prompt)
        query = Query(id=query_id, messages=(message,), max_tokens=8192, seconds=seconds)
        return Task(family, seed, query, "", lambda text: _proven(text, root, count, wanted))


def proof(data: bytes, query: Query) -> str:
    """What a miner that keeps the data answers to a challenge; ValueError when the query is none."""
    text = query.messages[-1].content
    if not text.startswith(ASK):
        raise ValueError("this is no storage challenge")
    wanted = json.loads(text[text.index("[") : text.index("]") + 1])
    held, rows = leaves(data), tree(data)
    return json.dumps(
        [
            {
                "leaf": base64.b64encode(held[index]).decode(),
                "path": [one.hex() for one in path_of(rows, index)],
            }
            for index in wanted
        ]
    )


def _proven(text: str, root: bytes, count: int, wanted: Sequence[int]) -> float:
    """1 when every wanted leaf is there and belongs, else 0: a part of the data is no storage."""
    found = json_answer(text, MAX_ANSWER_CHARS)
    if not isinstance(found, list) or len(found) != len(wanted):
        return 0.0
    return float(all(_one(row, root, count, index) for row, index in zip(found, wanted, strict=True)))


def _one(row: object, root: bytes, count: int, index: int) -> bool:
    if not isinstance(row, dict) or row.keys() != {"leaf", "path"} or not isinstance(row["path"], list):
        return False
    try:
        leaf = base64.b64decode(row["leaf"], validate=True)
        path = [bytes.fromhex(one) for one in row["path"]]
    except (TypeError, ValueError, binascii.Error):
        return False
    return all(len(one) == 32 for one in path) and belongs(root, count, index, leaf, path)


def _parsed(family: str) -> tuple[bytes, int]:
    root, _, count = family.partition(":")
    digits = count.isascii() and count.isdigit() and len(count) <= 13
    if (
        len(root) != 64
        or not set(root) <= set("0123456789abcdef")
        or not digits
        or not 0 < int(count) <= MOST_LEAVES
    ):
        raise ValueError(
            f"{family!r} names no data: write storage/ROOT:LEAVES, 64 hexadecimal digits and a number"
        )
    return bytes.fromhex(root), int(count)


def _leaf(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
