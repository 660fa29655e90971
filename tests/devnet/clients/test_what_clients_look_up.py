"""What clients look up in the chain's types and version before they use anything else of it."""

from hashlib import blake2b

import bittensor_core
import pytest

from subnet.devnet.chain_types import DispatchResult, EventRecord, bounded_vec, sorted_map, sorted_set
from subnet.devnet.config import SPEC_VERSION, TRANSACTION_VERSION, ChainConfig
from subnet.devnet.node import Node
from subnet.devnet.scale import EVENT, U8, U16, Enum, Struct


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (bounded_vec(U8), ["T"]),
        (sorted_set(U16), ["T"]),
        (sorted_map(U16, U8), ["K", "V"]),
        (DispatchResult, ["T", "E"]),
        (EventRecord, ["E", "T"]),
    ],
)
def test_generic_types_name_their_parameters(kind: Struct | Enum, names: list[str]) -> None:
    """@polkadot/api refuses metadata without them."""
    assert [name for name, _ in kind.params] == names


def test_the_type_of_events_is_found_by_the_first_parameter_of_their_record() -> None:
    assert EventRecord.params[0][1] is EVENT


def test_the_version_lists_the_runtime_apis_and_reads_the_same_by_both_ways() -> None:
    """@polkadot/api uses metadata V15 and runtime APIs only when they are listed."""
    node = Node(ChainConfig(mode="manual", seed="version"))
    sdk = bittensor_core.Runtime(node.runtime.metadata_v15, SPEC_VERSION, TRANSACTION_VERSION, 42)
    listed = dict(node.runtime.version.apis)
    assert listed[blake2b(b"Metadata", digest_size=8).digest()] == 2
    assert len(listed) == len(node.runtime.apis) == len(sdk.runtime_api_map())
    encoded = node.runtime.call_api(node.state, "Core_version", b"")
    assert all(identity in encoded for identity in listed)
