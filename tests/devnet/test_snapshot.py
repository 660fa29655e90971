"""A chain in a file: it goes on as the chain it was, and a file that is not one is named."""

from pathlib import Path

import pytest

from subnet.devnet.config import ChainConfig
from subnet.devnet.node import Node
from subnet.devnet.pallets import balances
from subnet.devnet.snapshot import load, save
from subnet.devnet.state import StateDiscarded
from subnet.errors import ConditionError


@pytest.fixture
def node() -> Node:
    node = Node(ChainConfig(mode="manual", seed="kept", checked=True, funded=(b"\x05" * 32,)))
    for _ in range(20):
        node.make_block()
    return node


def test_a_chain_goes_on_as_the_one_it_was(node: Node, tmp_path: Path) -> None:
    save(node, tmp_path / "chain")
    again = load(tmp_path / "chain")
    assert again.state_digest() == node.state_digest()
    assert again.events() == node.events()
    for _ in range(5):
        assert again.make_block().hash == node.make_block().hash
    assert again.state_digest() == node.state_digest()
    assert balances.free(again.state, b"\x05" * 32) == 10**15
    assert [path.name for path in tmp_path.iterdir()] == ["chain"]


def test_state_before_the_file_is_not_made_up(node: Node, tmp_path: Path) -> None:
    save(node, tmp_path / "chain")
    again = load(tmp_path / "chain")
    assert again.blocks.hash_of(7) == node.blocks.hash_of(7)
    assert again.blocks.extrinsics(7) == node.blocks.extrinsics(7)
    for block in (7, 19):
        with pytest.raises(StateDiscarded):
            again.state.at(block)
    assert again.state.at(20).block == 20


@pytest.mark.parametrize("damage", ["cut", "changed", "longer", "empty", "foreign"])
def test_a_file_that_is_not_a_chain_is_named(node: Node, tmp_path: Path, damage: str) -> None:
    path = tmp_path / "chain"
    save(node, path)
    whole = path.read_bytes()
    middle = whole.index(node.blocks.hash_of(3) or b"")
    path.write_bytes(
        {
            "cut": whole[:-100],
            "changed": whole[:middle] + bytes((whole[middle] ^ 1,)) + whole[middle + 1 :],
            "longer": whole + b"\x00",
            "empty": b"",
            "foreign": b"\x7fELF" * 50,
        }[damage]
    )
    with pytest.raises(ConditionError, match="chain"):
        load(path)


def test_a_file_that_cannot_be_read_or_written_is_named(node: Node, tmp_path: Path) -> None:
    with pytest.raises(ConditionError, match="No such file"):
        load(tmp_path / "nothing")
    with pytest.raises(ConditionError, match="cannot write"):
        save(node, tmp_path / "nowhere" / "chain")
