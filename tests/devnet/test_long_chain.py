"""A chain that runs for long keeps the headers of all blocks and the last epochs, and grows by nothing else."""

from collections import Counter

import pytest

from subnet.devnet.config import ChainConfig
from subnet.devnet.node import Node
from subnet.devnet.pallets import assay, system
from subnet.devnet.pallets.system import BLOCK_HASH_COUNT
from subnet.devnet.state import StateDiscarded

RETAINED = 100


def stored(node: Node) -> Counter[str]:
    """How many entries each storage item has."""
    items = (node.runtime.item(key) for key in node.state.keys(b""))
    return Counter(item.name for item in items if item is not None and item is not assay.Epochs)


def test_storage_history_and_bodies_stop_growing() -> None:
    node = Node(ChainConfig(mode="manual", seed="long", retained_blocks=RETAINED))
    while node.state.block < BLOCK_HASH_COUNT + 10:
        node.make_block()
    before = stored(node)
    for _ in range(500):
        node.make_block()
    assert stored(node) == before
    assert before[system.BlockHash.name] == BLOCK_HASH_COUNT + 1  # block 0 keeps its hash
    assert system.Number[node.state.at(node.state.block - RETAINED)] == node.state.block - RETAINED
    with pytest.raises(StateDiscarded):
        node.state.at(node.state.block - RETAINED - 1)
    kept = [number for number in range(node.state.block + 1) if node.blocks.extrinsics(number) is not None]
    assert len(kept) == RETAINED
