"""A chain in a file: it goes on as the chain it was, with its past, and a file that is not one is named."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from subnet.devnet import chainfile
from subnet.devnet.config import ChainConfig
from subnet.devnet.dispatch import Origin
from subnet.devnet.genesis import development_account
from subnet.devnet.node import Node
from subnet.devnet.pallets import assay, balances, system, timestamp
from subnet.devnet.pallets.subtensor import networks
from subnet.devnet.runtime import Runtime
from subnet.devnet.scale import Variant
from subnet.devnet.state import StateDiscarded
from subnet.errors import ConditionError

ALICE = development_account("Alice")
RICH = b"\x05" * 32


def new_node(**options: object) -> Node:
    return Node(ChainConfig(mode="manual", seed="kept", checked=True, funded=(RICH,), **options))  # type: ignore[arg-type]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chain"


@pytest.fixture
def file(path: Path) -> Iterator[chainfile.ChainFile]:
    """A kept chain with a subnet, 20 blocks long."""
    with closing(chainfile.create(path, new_node())) as made:
        made.node.dispatch(Origin.signed_by(ALICE), call("register_network", b"\x07" * 32))
        made.node.dispatch(Origin.signed_by(ALICE), call("start_call", 2))
        for _ in range(18):
            made.node.make_block()
        yield made


def call(name: str, *values: object) -> Variant:
    return Variant(networks.pallet.name, (Variant(name, values),))


def reopened(file: chainfile.ChainFile) -> chainfile.ChainFile:
    file.close()
    return chainfile.load(file.path)


def assert_same(one: Node, other: Node) -> None:
    assert one.blocks.head_hash == other.blocks.head_hash
    assert one.state_digest() == other.state_digest()


def test_a_chain_goes_on_as_the_one_it_was(file: chainfile.ChainFile) -> None:
    with closing(reopened(file)) as again:
        assert_same(again.node, file.node)
        assert again.node.events() == file.node.events()
        file.node.keep = lambda: None
        for _ in range(15):  # more than a tempo
            assert again.node.make_block().hash == file.node.make_block().hash
        assert_same(again.node, file.node)
        assert balances.free(again.node.state, RICH) == 10**15
        assert again.node.failures == []
    assert [entry.name for entry in file.path.parent.iterdir()] == ["chain"]


def test_the_past_is_readable_as_it_was(file: chainfile.ChainFile) -> None:
    with closing(reopened(file)) as again:
        for block in range(21):
            assert again.node.blocks.extrinsics(block) == file.node.blocks.extrinsics(block)
            assert again.node.blocks.hash_of(block) == file.node.blocks.hash_of(block)
            then, now = file.node.state.at(block), again.node.state.at(block)
            assert now.keys(b"") == then.keys(b"")
            assert [item_of(again.node.runtime, now, key) for key in now.keys(b"")] == [
                item_of(file.node.runtime, then, key) for key in then.keys(b"")
            ]


def item_of(runtime: Runtime, state: object, key: bytes) -> bytes:
    return runtime.encoded(key, state.get(key))  # type: ignore[attr-defined]


def test_values_behind_the_window_are_folded_and_their_blocks_discarded(path: Path) -> None:
    with closing(chainfile.create(path, new_node(retained_blocks=40))) as file:
        for _ in range(700):
            file.node.make_block()
    with closing(chainfile.load(path)) as again:
        assert_same(again.node, file.node)
        assert again.node.state.at(660).block == 660
        with pytest.raises(StateDiscarded):
            again.node.state.at(659)
        for number in range(701):
            assert again.node.blocks.hash_of(number) == file.node.blocks.hash_of(number)
        assert again.node.blocks.extrinsics(660) is None
        assert again.node.blocks.extrinsics(661) is not None


def test_what_is_written_between_blocks_is_kept(file: chainfile.ChainFile) -> None:
    number = system.Number.prefix
    file.node.set_storage([(number, b"\x09\x00\x00\x00"), (b"unknown", b"\x01")])
    file.node.set_storage([(b"unknown", None), (b"another", b"\x02")])
    file.node.travel(timestamp.Now[file.node.state] + 10**9)
    with closing(reopened(file)) as again:
        assert_same(again.node, file.node)
        assert system.Number[again.node.state] == 9
        assert assay.TimeOffset[again.node.state] == assay.TimeOffset[file.node.state] > 0
        again.node.revert(20)
        again.node.make_block()


@pytest.mark.parametrize("to", [19, 5, 0])
def test_a_chain_taken_back_is_kept_as_that(file: chainfile.ChainFile, to: int) -> None:
    gone = file.node.blocks.hash_of(to + 1)
    file.node.revert(to)
    with closing(reopened(file)) as again:
        assert again.node.blocks.number == to
        assert gone is None or again.node.blocks.number_of(gone) is None
        assert_same(again.node, file.node)
        again.node.make_block()
    with closing(chainfile.load(file.path)) as third:
        assert_same(third.node, again.node)


def test_a_chain_taken_back_to_the_oldest_block_is_kept(path: Path) -> None:
    with closing(chainfile.create(path, new_node(retained_blocks=20))) as file:
        for _ in range(512):
            file.node.make_block()
        file.node.revert(492)
        file.node.set_storage([(b"unknown", b"\x01")])
    with closing(chainfile.load(path)) as again:
        assert_same(again.node, file.node)
        for _ in range(300):
            again.node.make_block()
    with closing(chainfile.load(path)) as third:
        assert_same(third.node, again.node)


def test_a_second_process_is_refused(file: chainfile.ChainFile) -> None:
    with pytest.raises(ConditionError, match="chain is in use: stop the chain that keeps it"):
        chainfile.load(file.path)
    with pytest.raises(ConditionError, match=r"cannot keep the chain in .*: File exists"):
        chainfile.create(file.path, new_node())
    file.node.make_block()


ANOTHER_VERSION = r"made by another version of Assay \({}\): go on with that version, or choose another file"


@pytest.mark.parametrize("damage", ["half", "cut", "empty", "foreign", "another database"])
def test_a_file_that_is_not_a_chain_is_named(file: chainfile.ChainFile, damage: str) -> None:
    file.close()
    whole = file.path.read_bytes()
    file.path.write_bytes(
        {
            "half": whole[: len(whole) // 2],
            "cut": whole[:-100],
            "empty": b"",
            "foreign": b"\x7fELF" * 50,
            "another database": b"SQLite format 3\x00" + bytes(84),
        }[damage]
    )
    left = file.path.read_bytes()
    with pytest.raises(
        ConditionError, match=r"chain is (damaged \(.*\): delete it|no chain: choose another file)"
    ):
        chainfile.load(file.path)
    assert file.path.read_bytes() == left


def test_a_changed_byte_is_named_or_without_effect(file: chainfile.ChainFile) -> None:
    file.close()
    whole = file.path.read_bytes()
    rng, refused = Random(7), 0
    for place in rng.sample(range(len(whole)), 60):
        file.path.write_bytes(
            whole[:place] + bytes((whole[place] ^ 1 << rng.randrange(8),)) + whole[place + 1 :]
        )
        try:
            again = chainfile.load(file.path)
        except ConditionError as error:
            assert "\n" not in str(error)
            refused += 1
        else:
            again.close()
            assert_same(again.node, file.node)
    assert refused > 15


def test_a_file_of_other_pallets_is_refused(
    file: chainfile.ChainFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.close()
    monkeypatch.setattr(Runtime, "metadata_v15", b"other")
    with pytest.raises(ConditionError, match=ANOTHER_VERSION.format("with other pallets")):
        chainfile.load(file.path)


@pytest.mark.parametrize(
    ("change", "how"),
    [
        ("PRAGMA user_version = 7", "its files have format 7, those of this version 1"),
        (
            "UPDATE chain SET value = json_set(value, '$.novelty', 1) WHERE name = 'config'",
            "with other settings",
        ),
    ],
)
def test_a_file_of_another_version_is_no_damage_and_stays_as_it_is(
    file: chainfile.ChainFile, change: str, how: str
) -> None:
    file.close()
    database = sqlite3.connect(file.path)
    database.execute(change)
    database.commit()
    database.close()
    left = file.path.read_bytes()
    with pytest.raises(ConditionError, match=ANOTHER_VERSION.format(how)):
        chainfile.load(file.path)
    assert file.path.read_bytes() == left


def test_a_file_that_cannot_be_read_or_written_is_named(path: Path) -> None:
    with pytest.raises(ConditionError, match="No such file"):
        chainfile.load(path)
    with pytest.raises(ConditionError, match=r"cannot open the chain in .*: Is a directory"):
        chainfile.load(path.parent)
    with pytest.raises(ConditionError, match=r"cannot keep the chain in .*: unable to open"):
        chainfile.create(path / "nowhere", new_node())


def test_a_chain_whose_file_is_full_makes_no_more_blocks(file: chainfile.ChainFile) -> None:
    kept = file.node.blocks.number
    file._database.execute("PRAGMA max_page_count = 1")
    with pytest.raises(ConditionError, match=r"cannot keep the chain in .*: database or disk is full"):
        for _ in range(200):
            file.node.make_block()
            kept += 1
    file._database.execute("PRAGMA max_page_count = 100000")
    with pytest.raises(ConditionError, match="full"):
        file.node.make_block()
    with closing(reopened(file)) as again:
        assert again.node.blocks.number == kept
