"""A chain in a file: what it takes to go on where it stopped.

The file holds the configuration, all headers, the extrinsics that are still kept and the storage at the head. Past
blocks stay known, while their state does not survive. A file is checked as bytes from a stranger: it may be cut
off, old, or no such file at all.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from subnet.devnet.blocks import Block, Header
from subnet.devnet.chain_types import H256
from subnet.devnet.config import ChainConfig
from subnet.devnet.dispatch import DispatchError
from subnet.devnet.node import Node
from subnet.devnet.scale import BYTES, I64, TEXT, U32, ScaleError, Struct, Tuple, Vec, decode_all
from subnet.devnet.storage import blake2_256
from subnet.errors import ConditionError

_MAGIC = b"assay chain 1\n"
_HeaderType = Struct(
    "assay::Header",
    [
        ("parent_hash", H256),
        ("number", U32),
        ("state_root", H256),
        ("extrinsics_root", H256),
        ("digest", BYTES),
    ],
)
_Snapshot = Struct(
    "assay::Snapshot",
    [
        ("config", TEXT),
        ("metadata", H256),
        ("time_offset", I64),
        ("headers", Vec(_HeaderType)),
        ("bodies", Vec(Vec(BYTES))),  # of the last blocks
        ("storage", Vec(Tuple(BYTES, BYTES))),
    ],
)


def save(node: Node, path: Path) -> None:
    """Writes the chain into a file, whole or not at all; raises ConditionError when that cannot be."""
    state, runtime = node.state, node.runtime
    numbers = range(node.blocks.number + 1)
    bodies = (node.blocks.extrinsics(number) for number in numbers)
    contents = _MAGIC + _Snapshot.encode(
        _Snapshot(
            json.dumps({**asdict(node.config), "funded": [account.hex() for account in node.config.funded]}),
            blake2_256(runtime.metadata_v15),
            node.time_offset,
            tuple(node.blocks.header(number) for number in numbers),
            tuple(body for body in bodies if body is not None),
            tuple((key, runtime.encoded(key, state.get(key))) for key in state.keys(b"")),
        )
    )
    unfinished = path.with_name(path.name + ".part")
    try:
        unfinished.write_bytes(contents)
        unfinished.replace(path)
    except OSError as error:
        raise ConditionError(f"cannot write the chain to {path}: {error.strerror}") from None


def load(path: Path) -> Node:
    """The chain that a file holds; raises ConditionError when the file cannot be used, and says why."""
    try:
        contents = path.read_bytes()
    except OSError as error:
        raise ConditionError(f"cannot read the chain from {path}: {error.strerror}") from None
    if not contents.startswith(_MAGIC):
        raise ConditionError(f"{path} is not a chain of this version of Assay: choose another file")
    try:
        found = decode_all(_Snapshot, contents[len(_MAGIC) :])
        node = Node(_config(found.config))
        _restore(node, found)
    except (ScaleError, DispatchError, ValueError, TypeError) as error:
        raise ConditionError(f"{path} is damaged ({error}): delete it to begin a new chain") from None
    return node


def _config(text: str) -> ChainConfig:
    values: dict[str, Any] = json.loads(text)
    return ChainConfig(**{**values, "funded": tuple(bytes.fromhex(account) for account in values["funded"])})


def _restore(node: Node, found: Any) -> None:
    """Lets a chain that has just begun go on where the other stopped; raises ValueError when it is not the same."""
    if blake2_256(node.runtime.metadata_v15) != found.metadata:
        raise ValueError("made by a version of Assay with other pallets")
    headers = [Header(*header) for header in found.headers]
    if not headers or Block(headers[0], ()).hash != node.blocks.genesis_hash:
        raise ValueError("its block 0 does not follow from its configuration")
    bodies = [*[None] * (len(headers) - len(found.bodies)), *found.bodies]
    for header, body in zip(headers[1:], bodies[1:], strict=True):
        if header.parent_hash != node.blocks.head_hash or header.number != node.blocks.number + 1:
            raise ValueError(f"block {header.number} is not a child of the block before it")
        node.blocks.add(Block(header, body))
    values = {key: node.runtime.stored(key, value) for key, value in found.storage}
    node.state.replace(len(headers) - 1, values)
    node.time_offset = found.time_offset
