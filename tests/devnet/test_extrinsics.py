"""Extrinsics: the bytes, what is refused before a block, and what a block does with them."""

from dataclasses import replace

import bittensor_core
import pytest
from bittensor_core import Keypair
from hypothesis import given, settings
from hypothesis import strategies as st

from subnet.devnet.config import SPEC_VERSION, TRANSACTION_VERSION, ChainConfig
from subnet.devnet.dispatch import Event, PoolError
from subnet.devnet.extrinsic import Era, Signature, decode_extrinsic, sign, unsigned
from subnet.devnet.frame import State
from subnet.devnet.node import Node
from subnet.devnet.pallets import balances, system
from subnet.devnet.scale import CALL, ScaleError, Variant

ALICE, BOB, EVE = (Keypair.create_from_uri(f"//{name}") for name in ("Alice", "Bob", "Eve"))


@pytest.fixture
def node() -> Node:
    return Node(ChainConfig(mode="manual", seed="extrinsics", checked=True))


def transfer(dest: Keypair, amount: int) -> Variant:
    address = Variant("Id", (dest.public_key,))
    return Variant("Balances", (Variant("transfer_keep_alive", (address, amount)),))


def remark(data: bytes = b"") -> Variant:
    return Variant("System", (Variant("remark", (data,)),))


def signed(node: Node, signer: Keypair, call: Variant, **changes: object) -> bytes:
    """An extrinsic by `signer` with the next nonce, changed as asked."""
    nonce = node.pool.next_nonce(signer.public_key)
    signature = replace(Signature(signer.public_key, "Sr25519", b"", Era(), nonce, 0, 0), **changes)
    birth = node.blocks.hash_of(signature.era.birth(node.state.block + 1)) or node.blocks.genesis_hash
    return sign(CALL.encode(call), signer, signature, node.blocks.genesis_hash, birth)


def outcomes(node: Node) -> list[str]:
    names = [record.event.fields[0].name for record in node.events()]
    return [name for name in names if name.startswith("Extrinsic")][1:]


@pytest.mark.parametrize("data", [b"", b"x" * 300])
@pytest.mark.parametrize("era", [Era(), Era(64, 7), Era(65536, 16)])
def test_the_bytes_are_those_that_the_sdk_writes(node: Node, data: bytes, era: Era) -> None:
    sdk = bittensor_core.Runtime(node.runtime.metadata_v15, SPEC_VERSION, TRANSACTION_VERSION, 42)
    ours = signed(node, ALICE, remark(data), era=era, nonce=70, tip=5)
    theirs = sdk.decode_extrinsic(ours)
    assert theirs["address"] == ALICE.ss58_address
    assert (theirs["nonce"], theirs["tip"]) == (70, 5)
    decoded = decode_extrinsic(ours)
    assert decoded.signature.era == era
    assert decoded.call == remark(data)
    assert (
        theirs["extrinsic_hash" if "extrinsic_hash" in theirs else "hash"].removeprefix("0x")
        == decoded.hash.hex()
    )


@given(st.data())
@settings(max_examples=60)
def test_changed_bytes_never_pass_as_the_same_signer(data: st.DataObject) -> None:
    node = Node(ChainConfig(mode="manual", seed="fuzz"))
    raw = bytearray(signed(node, ALICE, transfer(BOB, 5)))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(PoolError):
        node.submit(bytes(raw))


@given(st.binary(max_size=200))
def test_hostile_bytes_are_refused(raw: bytes) -> None:
    with pytest.raises(ScaleError):
        decode_extrinsic(raw)


def test_a_block_applies_what_waits_in_the_order_of_nonces(node: Node) -> None:
    statuses: list[object] = []
    third = signed(node, BOB, remark(b"3"), nonce=1)
    node.submit(third, statuses.append)
    assert statuses == ["future"]
    node.submit(signed(node, ALICE, transfer(EVE, 1)))
    node.submit(signed(node, BOB, remark(b"2"), nonce=0))
    assert node.pool.next_nonce(BOB.public_key) == 2
    block = node.make_block()
    assert outcomes(node) == ["ExtrinsicSuccess"] * 3
    assert block.extrinsics[-1] == third
    name = f"0x{block.hash.hex()}"
    assert statuses[1:] == [{"inBlock": name}, {"finalized": name}]
    assert len(node.pool) == 0


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"tip": 10**18}, "Inability to pay some fees"),
        ({"kind": "Ed25519"}, "bad signature"),
        ({"mode": 1}, "bad signature"),
        ({"account": EVE.public_key}, "bad signature"),
    ],
)
def test_what_can_never_be_included_is_refused(node: Node, changes: dict[str, object], reason: str) -> None:
    with pytest.raises(PoolError, match=reason) as refused:
        raw = signed(node, ALICE, remark(), **{k: v for k, v in changes.items() if k != "mode"})
        if "mode" in changes:
            at = len(raw) - len(CALL.encode(remark())) - 1
            raw = raw[:at] + b"\x01" + raw[at + 1 :]
        node.submit(raw)
    assert refused.value.code == 1010


def test_a_nonce_is_used_once(node: Node) -> None:
    raw = signed(node, ALICE, remark())
    node.submit(raw)
    with pytest.raises(PoolError) as known:
        node.submit(raw)
    assert known.value.code == 1013
    with pytest.raises(PoolError) as rival:
        node.submit(signed(node, ALICE, remark(b"other"), nonce=0))
    assert rival.value.code == 1014
    node.make_block()
    with pytest.raises(PoolError, match="outdated"):
        node.submit(raw)


def test_a_signature_of_another_chain_is_bad(node: Node) -> None:
    other = Node(ChainConfig(mode="manual", seed="other"))
    with pytest.raises(PoolError, match="bad signature"):
        node.submit(signed(other, ALICE, remark()))


def test_a_mortal_extrinsic_ends_with_its_era(node: Node) -> None:
    for _ in range(10):
        node.make_block()
    statuses: list[object] = []
    raw = signed(node, ALICE, remark(), era=Era(8, 2))
    gap = signed(node, ALICE, remark(), era=Era(8, 2), nonce=1)
    node.submit(gap, statuses.append)
    for _ in range(7):
        node.make_block()
    assert statuses == ["future", "invalid"]
    with pytest.raises(PoolError, match="ancient birth block"):
        node.submit(raw)


def test_an_extrinsic_without_an_era_never_gets_too_old(node: Node) -> None:
    raw = signed(node, ALICE, remark())
    for _ in range(system.BLOCK_HASH_COUNT + 5):
        node.make_block()
    assert system.BlockHash[node.state, 0] == node.blocks.genesis_hash
    assert not system.BlockHash.has(node.state, 1)
    node.submit(raw)
    node.make_block()
    assert outcomes(node) == ["ExtrinsicSuccess"]


def test_a_call_that_fails_costs_its_fee_and_leaves_nothing_else(node: Node) -> None:
    before = balances.free(node.state, ALICE.public_key)
    raw = signed(node, ALICE, transfer(EVE, 2**60))
    node.submit(raw)
    node.make_block()
    assert outcomes(node) == ["ExtrinsicFailed"]
    assert balances.free(node.state, ALICE.public_key) == before - 125_000 - len(raw)
    assert system.nonce(node.state, ALICE.public_key) == 1


def test_a_bug_of_a_pallet_costs_the_call_and_not_the_chain(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(source: bytes, dest: bytes, amount: int) -> Event:
        raise KeyError("a bug")

    monkeypatch.setattr(balances, "Transfer", broken)
    node.submit(signed(node, ALICE, transfer(EVE, 1)))
    node.make_block()
    assert outcomes(node) == ["ExtrinsicFailed"]
    assert balances.free(node.state, EVE.public_key) == 2000 * 10**9
    assert node.failures == ["Balances.transfer_keep_alive: KeyError: 'a bug'"]


def test_a_hook_that_fails_is_undone_and_reported(node: Node) -> None:
    def broken(state: State) -> None:
        balances.TotalIssuance[state] = 0
        raise ValueError("a bug")

    node.runtime.initialize.append(broken)
    node.make_block()
    assert balances.TotalIssuance[node.state] > 0
    assert "ValueError: a bug" in node.failures[0]


def test_an_unsigned_extrinsic_is_for_authors_only(node: Node) -> None:
    with pytest.raises(PoolError, match="not expected"):
        node.submit(unsigned(CALL.encode(Variant("Timestamp", (Variant("set", (1,)),)))))


def test_calls_within_calls_are_bounded(node: Node) -> None:
    nested = CALL.encode(remark())
    for _ in range(200):
        nested = bytes((11, 0, 4)) + nested
    with pytest.raises(PoolError) as refused:
        node.submit(unsigned(nested))
    assert refused.value.code == 1002


def test_a_block_has_room_for_so_much_and_the_rest_waits(node: Node) -> None:
    for nonce in range(8):
        node.submit(signed(node, ALICE, remark(b"x" * 1_500_000), nonce=nonce))
    node.make_block()
    assert len(node.pool) == 3
    node.make_block()
    assert len(node.pool) == 0
    with pytest.raises(PoolError, match="exhaust the block limits"):
        node.submit(signed(node, ALICE, remark(b"x" * 8_000_000)))


def test_the_pool_holds_so_many_bytes(node: Node) -> None:
    for nonce in range(3):
        node.submit(signed(node, ALICE, remark(b"x" * 6_500_000), nonce=nonce))
    with pytest.raises(PoolError) as full:
        node.submit(signed(node, ALICE, remark(b"x" * 6_500_000), nonce=3))
    assert full.value.code == 1016


def test_an_account_begins_and_ends_with_the_existential_deposit(node: Node) -> None:
    state, nobody = node.state, b"\x07" * 32
    issued = balances.TotalIssuance[state]
    balances.transfer(state, EVE.public_key, nobody, 500)
    assert system.Account[state, nobody].providers == 1
    balances.transfer(state, nobody, EVE.public_key, 1, keep_alive=False)
    assert not system.Account.has(state, nobody)
    assert balances.TotalIssuance[state] == issued - 499
    names = [event.name for _, event in state.events]
    assert names == ["NewAccount", "Endowed", "Transfer", "KilledAccount", "DustLost", "Transfer"]
    total = sum(info.data.free for _, info in system.Account.items(state))
    assert total == balances.TotalIssuance[state]


def test_the_same_extrinsics_in_the_same_blocks_make_the_same_chain(node: Node) -> None:
    twin = Node(node.config)
    extrinsics = [signed(node, ALICE, transfer(EVE, 7)), signed(node, BOB, transfer(EVE, 2**60))]
    for each in (node, twin):
        for extrinsic in extrinsics:
            each.submit(extrinsic)
            each.make_block()
        each.make_block()
    assert node.blocks.head_hash == twin.blocks.head_hash
    assert node.state_digest() == twin.state_digest()
    twin.make_block()
    assert node.state_digest() != twin.state_digest()
