"""Metadata: clients' codecs accept it, its numbers are those of the real chain, and it follows the configuration."""

import importlib.util
from pathlib import Path
from types import ModuleType

import bittensor_core
import pytest

from subnet.devnet.config import SPEC_VERSION, TRANSACTION_VERSION, ChainConfig
from subnet.devnet.frame import Pallet, State
from subnet.devnet.metadata import MetadataWriter
from subnet.devnet.node import Node
from subnet.devnet.runtime import PALLETS, Runtime
from subnet.devnet.scale import U8, Enum, ScaleError

CONTRACT = Path(__file__).parents[3] / "shared" / "chain"


@pytest.fixture(scope="module")
def runtime() -> Runtime:
    return Runtime(ChainConfig(seed="metadata"))


def checker() -> ModuleType:
    path = CONTRACT / "check_contract.py"
    if not path.exists():
        pytest.skip("the recorded contract of the real chain is not beside this repository")
    spec = importlib.util.spec_from_file_location("check_contract", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_item_of_the_recorded_contract_is_there_and_equal(runtime: Runtime) -> None:
    check = checker()
    contract = check.json.loads((CONTRACT / "contract.json").read_text())
    found = list(check.check_all(check.parse_v15(runtime.metadata_v15), contract, False))
    assert len(found) > 400
    assert [item for item in found if item[2] is not None] == []


def test_the_codec_of_the_sdk_takes_it(runtime: Runtime) -> None:
    codec = bittensor_core.Runtime(runtime.metadata_v15, SPEC_VERSION, TRANSACTION_VERSION, 42)
    assert codec.constant("Balances", "ExistentialDeposit")


def test_numbers_of_errors_leave_no_gap() -> None:
    """substrate-interface finds an error by its position, not by its number."""
    for pallet in PALLETS:
        assert sorted(pallet.errors) == list(range(len(pallet.errors))), pallet.name


def test_defaults_in_metadata_can_be_read_as_their_types(runtime: Runtime) -> None:
    for pallet in runtime.pallets:
        for item in pallet.storage:
            if not item.optional:
                assert item.value.decode(item.default_bytes)[1] == len(item.default_bytes), item.name


def test_the_block_time_is_part_of_the_metadata() -> None:
    fast, slow = (Runtime(ChainConfig(seed="m", block_time=seconds)) for seconds in (0.25, 12.0))
    assert fast.metadata_v15 != slow.metadata_v15
    assert (250).to_bytes(8, "little") in fast.metadata_v15
    assert (12_000).to_bytes(8, "little") in slow.metadata_v15


def test_storage_of_a_new_chain_can_all_be_encoded() -> None:
    node = Node(ChainConfig(mode="manual", seed="all"))
    for _ in range(30):
        node.make_block()
    for key in node.state.keys(b""):
        assert node.runtime.item(key) is not None, key.hex()
        node.runtime.encoded(key, node.state.get(key))


def test_a_pallet_is_described_from_its_declaration() -> None:
    pallet = Pallet("Sample", index=77)
    pallet.map("Level", key=[("Identity", U8)], value=U8, default=3)
    pallet.error(0, "TooHigh", "Lower it.")
    pallet.refused_call(4, "climb", [("by", U8)])

    @pallet.call(9, [("to", U8)])
    def fall(state: State, origin: object, to: int) -> None:
        """Goes down."""

    blob = MetadataWriter([pallet], [], ChainConfig()).v14()
    for word in ("Sample", "Level", "TooHigh", "Lower it.", "climb", "fall", "Goes down."):
        assert word.encode() in blob
    calls = pallet.enum("Call")
    assert isinstance(calls, Enum)
    with pytest.raises(ScaleError):
        calls.decode(b"\x00\x01")
