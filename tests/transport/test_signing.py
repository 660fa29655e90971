"""Proofs of who sent a request, and the memory that makes each proof worth one request."""

import pytest
from bittensor import http_auth
from bittensor.sp_core import Keypair

from subnet.transport.signing import (
    HOTKEY_HEADER,
    RECEIVER_HEADER,
    Nonces,
    TooManyRequests,
    Unauthenticated,
    claimed_caller,
    sign,
    verified,
)

VERA = Keypair.create_from_uri("//Vera")
ME = Keypair.create_from_uri("//Miner").ss58_address


def lowered(headers):
    return {name.lower(): value for name, value in headers.items()}


def test_the_signer_is_recognised():
    nonces = Nonces()
    headers = lowered(sign(VERA, b"body", ME))
    assert claimed_caller(headers, ME) == VERA.ss58_address
    assert verified(headers, b"body", ME, nonces) == VERA.ss58_address
    assert len(nonces) == 1


def test_ed25519_hotkeys_can_sign_too():
    hotkey = Keypair.create_from_uri("//Edward", 0)
    headers = lowered(sign(hotkey, b"body", ME))
    assert verified(headers, b"body", ME, Nonces(since_ns=0)) == hotkey.ss58_address


def test_the_sdk_accepts_what_is_signed_here():
    headers = sign(VERA, b"body", ME)
    caller = http_auth.verify(headers, b"body", method="POST", path="/assay/1/query", self_hotkey_ss58=ME)
    assert caller.hotkey_ss58 == VERA.ss58_address


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({HOTKEY_HEADER: ""}, "unsigned"),
        ({HOTKEY_HEADER: "x" * 5000}, "unsigned"),
        ({RECEIVER_HEADER: VERA.ss58_address}, "wrong-receiver"),
        ({RECEIVER_HEADER: ""}, "wrong-receiver"),
    ],
)
def test_a_claim_is_checked_by_shape_before_anything_else(change, reason):
    with pytest.raises(Unauthenticated) as refused:
        claimed_caller({**lowered(sign(VERA, b"", ME)), **change}, ME)
    assert refused.value.reason == reason


def test_a_nonce_counts_once_per_hotkey():
    nonces = Nonces(since_ns=0)
    assert nonces.check_and_store("a", 1)
    assert not nonces.check_and_store("a", 1)
    assert nonces.check_and_store("b", 1)


def test_nonces_may_arrive_in_any_order():
    nonces = Nonces(since_ns=0)
    assert all(nonces.check_and_store("a", nonce) for nonce in (5, 3, 4, 1, 2))


def test_nonces_are_forgotten_only_after_the_freshness_window():
    now = [0.0]
    nonces = Nonces(clock=lambda: now[0], since_ns=0)
    assert nonces.check_and_store("a", 1)
    now[0] = nonces.retention - 0.001
    assert not nonces.check_and_store("a", 1)
    now[0] = nonces.retention
    assert nonces.check_and_store("a", 2)
    assert len(nonces) == 1


def test_a_full_share_refuses_instead_of_forgetting():
    nonces = Nonces(per_hotkey=3, since_ns=0)
    assert all(nonces.check_and_store("a", nonce) for nonce in range(3))
    with pytest.raises(TooManyRequests):
        nonces.check_and_store("a", 3)
    assert not nonces.check_and_store("a", 0)
    assert nonces.check_and_store("b", 3)


def test_nonces_from_before_the_store_are_stale():
    with pytest.raises(http_auth.StaleRequest):
        Nonces(since_ns=100).check_and_store("a", 99)
