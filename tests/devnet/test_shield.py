"""The MEV shield: envelopes made by the SDK's own code are opened, all others are refused or left out."""

from dataclasses import replace

import bittensor_core
import pytest
from bittensor_core import Keypair
from hypothesis import given
from hypothesis import strategies as st

from subnet.devnet.config import ChainConfig
from subnet.devnet.dispatch import PoolError
from subnet.devnet.extrinsic import Era, Signature, sign
from subnet.devnet.node import Node
from subnet.devnet.pallets import mev_shield, system
from subnet.devnet.scale import CALL, Variant
from subnet.devnet.shield import EnvelopeError, ShieldKey

ALICE, BOB = Keypair.create_from_uri("//Alice"), Keypair.create_from_uri("//Bob")
KEY = ShieldKey("a key")
SEALED = bittensor_core.encrypt_mlkem768(KEY.public, b"secret", True)


@pytest.fixture
def node() -> Node:
    return Node(ChainConfig(mode="manual", seed="shield", checked=True))


def extrinsic(node: Node, signer: Keypair, nonce: int, call: Variant, era: Era | None = None) -> bytes:
    signature = Signature(signer.public_key, "Sr25519", b"", era or Era(8, 0), nonce, 0, 0)
    genesis = node.blocks.genesis_hash
    return sign(CALL.encode(call), signer, signature, genesis, genesis)


def remark(data: bytes) -> Variant:
    return Variant("System", (Variant("remark_with_event", (data,)),))


def envelope(node: Node, content: bytes) -> Variant:
    ciphertext = bittensor_core.encrypt_mlkem768(node.shield.public, content, True)
    return Variant("MevShield", (Variant("submit_encrypted", (ciphertext,)),))


def test_what_the_sdk_seals_is_opened() -> None:
    assert KEY.open(SEALED) == b"secret"


def test_a_seed_gives_the_same_key_and_it_cannot_be_taken_for_text() -> None:
    assert ShieldKey("a key").public == KEY.public != ShieldKey("another").public
    with pytest.raises(UnicodeDecodeError):
        KEY.public.decode()


@given(st.integers(0, len(SEALED) - 1), st.integers(1, 255))
def test_an_envelope_that_was_changed_is_refused(position: int, change: int) -> None:
    changed = bytearray(SEALED)
    changed[position] ^= change
    with pytest.raises(EnvelopeError):
        KEY.open(bytes(changed))


@given(st.binary(max_size=64))
def test_bytes_that_are_no_envelope_are_refused(data: bytes) -> None:
    with pytest.raises(EnvelopeError):
        KEY.open(data)


def test_the_key_is_published(node: Node) -> None:
    assert mev_shield.NextKey[node.state] == node.shield.public


def test_what_was_sealed_is_included_right_behind_its_envelope(node: Node) -> None:
    inner = extrinsic(node, ALICE, 1, remark(b"inside"))
    carrier = extrinsic(node, ALICE, 0, envelope(node, inner))
    node.submit(carrier)
    other = extrinsic(node, BOB, 0, remark(b"beside"))
    node.submit(other)
    assert node.make_block().extrinsics[1:] == (carrier, inner, other)
    assert system.nonce(node.state, ALICE.public_key) == 2


@pytest.mark.parametrize("content", [b"", b"no extrinsic", b"\x00"])
def test_what_is_no_extrinsic_is_left_out(node: Node, content: bytes) -> None:
    node.submit(extrinsic(node, ALICE, 0, envelope(node, content)))
    assert len(node.make_block().extrinsics) == 2
    assert node.failures == []


def test_a_sealed_extrinsic_with_a_bad_signature_or_nonce_is_left_out(node: Node) -> None:
    forged = bytearray(extrinsic(node, BOB, 0, remark(b"forged")))
    forged[-1] ^= 1
    early = extrinsic(node, BOB, 5, remark(b"early"))
    for nonce, content in enumerate((bytes(forged), early)):
        node.submit(extrinsic(node, ALICE, nonce, envelope(node, content)))
    assert len(node.make_block().extrinsics) == 3
    assert system.nonce(node.state, BOB.public_key) == 0


def test_an_envelope_within_an_envelope_is_opened_too(node: Node) -> None:
    innermost = extrinsic(node, ALICE, 2, remark(b"inside"))
    inner = extrinsic(node, ALICE, 1, envelope(node, innermost))
    node.submit(extrinsic(node, ALICE, 0, envelope(node, inner)))
    assert len(node.make_block().extrinsics) == 4


def test_an_envelope_must_say_that_it_is_short_lived_and_for_this_key(node: Node) -> None:
    with pytest.raises(PoolError, match="outdated"):
        node.submit(extrinsic(node, ALICE, 0, envelope(node, b""), Era(128, 0)))
    foreign = Variant("MevShield", (Variant("submit_encrypted", (SEALED,)),))
    with pytest.raises(PoolError, match="Custom error: 24"):
        node.submit(extrinsic(node, ALICE, 0, foreign))
    short = Variant("MevShield", (Variant("submit_encrypted", (b"short",)),))
    with pytest.raises(PoolError, match="Custom error: 23"):
        node.submit(extrinsic(node, ALICE, 0, short))


def test_an_ed25519_key_signs_as_well(node: Node) -> None:
    signer = Keypair.create_from_uri("//Alice", crypto_type=bittensor_core.CRYPTO_ED25519)
    signature = Signature(signer.public_key, "Ed25519", b"", Era(), 0, 0, 0)
    genesis, call = node.blocks.genesis_hash, CALL.encode(remark(b"paid by nobody"))
    raw = sign(call, signer, signature, genesis, genesis)
    with pytest.raises(PoolError, match="Inability to pay"):
        node.submit(raw)
    with pytest.raises(PoolError, match="bad signature"):
        node.submit(sign(call, signer, replace(signature, kind="Sr25519"), genesis, genesis))
