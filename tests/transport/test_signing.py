"""Proofs of who sent a request, and the memory that makes each proof worth one request."""

import time

import pytest
from bittensor import http_auth
from bittensor.sp_core import Keypair
from hypothesis import given
from hypothesis import strategies as st

from subnet.protocol import Hotkey
from subnet.transport.signing import (
    HOTKEY_HEADER,
    NONCE_HEADER,
    RECEIVER_HEADER,
    SECOND,
    SIGNATURE_HEADER,
    Claim,
    JustStarted,
    Nonces,
    TooManyRequests,
    Unauthenticated,
    check_fresh,
    claimed,
    sign,
    verified,
)

VERA = Keypair.create_from_uri("//Vera")
ME = Keypair.create_from_uri("//Miner").ss58_address


def lowered(headers):
    return {name.lower(): value for name, value in headers.items()}


def test_the_signer_is_recognised():
    claim = claimed(lowered(sign(VERA, b"body", ME)), ME)
    assert claim.caller == VERA.ss58_address
    assert VERA.ss58_address in verified(claim, b"body").decode()


def test_ed25519_hotkeys_can_sign_too():
    hotkey = Keypair.create_from_uri("//Edward", 0)
    claim = claimed(lowered(sign(hotkey, b"body", ME)), ME)
    assert hotkey.ss58_address in verified(claim, b"body").decode()


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
        ({NONCE_HEADER: ""}, "unsigned"),
        ({NONCE_HEADER: "9" * 500}, "unsigned"),
        ({NONCE_HEADER: "-1"}, "unsigned"),
        ({SIGNATURE_HEADER: "0x12"}, "unsigned"),
    ],
)
def test_a_claim_is_checked_by_shape_before_anything_else(change, reason):
    with pytest.raises(Unauthenticated) as refused:
        claimed({**lowered(sign(VERA, b"", ME)), **change}, ME)
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


def test_what_was_forgotten_is_refused_whatever_clocks_say():
    """A clock that was set back makes an old nonce look fresh; a body that comes late is checked late."""
    now = [0.0]
    nonces = Nonces(clock=lambda: now[0], since_ns=0)
    assert all(nonces.check_and_store("a", nonce) for nonce in (100, 90))
    now[0] = 2 * nonces.retention
    assert not any(nonces.check_and_store("a", nonce) for nonce in (100, 95, 90))
    assert nonces.check_and_store("a", 101)
    assert nonces.check_and_store("b", 100)


def test_a_full_share_refuses_instead_of_forgetting():
    nonces = Nonces(per_hotkey=3, since_ns=0)
    assert all(nonces.check_and_store("a", nonce) for nonce in range(3))
    with pytest.raises(TooManyRequests):
        nonces.check_and_store("a", 3)
    assert not nonces.check_and_store("a", 0)
    assert nonces.check_and_store("b", 3)


def test_what_may_have_been_accepted_before_the_start_is_refused():
    with pytest.raises(JustStarted):
        Nonces(since_ns=100).check_and_store("a", 99)


def test_a_caller_whose_clock_was_ahead_cannot_be_replayed_after_a_restart():
    began = time.time_ns()
    nonces = Nonces()
    with pytest.raises(JustStarted):
        nonces.check_and_store("a", began + round(1.9 * SECOND))
    assert nonces.check_and_store("a", began + round(2.1 * SECOND))


@pytest.mark.parametrize(("seconds", "said"), [(-12.0, "12.0 s ago"), (3.0, "3.0 s in the future")])
def test_a_stale_request_is_told_by_how_much(seconds, said):
    now = time.time_ns()
    with pytest.raises(Unauthenticated, match=said) as refused:
        check_fresh(Claim(Hotkey("x"), Hotkey("y"), now + round(seconds * SECOND), 1, b""), now)
    assert refused.value.reason == "stale"


NAMES = [name for name in vars(http_auth) if name.startswith("HEADER_")]
SPOILT = st.one_of(
    st.none(),
    st.text(max_size=140),
    st.sampled_from(["ed25519", "SR25519", "1", "2", " 1", "0x" + "0" * 128]),
)


@given(st.dictionaries(st.sampled_from(NAMES), SPOILT, max_size=2), st.binary(max_size=40), st.booleans())
def test_nothing_is_accepted_that_the_sdk_would_refuse(changes, body, edward):
    signer = Keypair.create_from_uri("//Edward", 0) if edward else VERA
    headers = lowered(sign(signer, body, ME))
    for name, value in changes.items():
        headers[getattr(http_auth, name).lower()] = value
    headers = {name: value for name, value in headers.items() if value is not None}
    try:
        claim = claimed(headers, ME)
        check_fresh(claim, time.time_ns())
        payload = verified(claim, body)
    except Unauthenticated:
        assert changes
        return
    store = http_auth.InMemoryNonceStore()
    caller = http_auth.verify(
        headers, body, method="POST", path="/assay/1/query", self_hotkey_ss58=ME, nonce_store=store
    )
    assert (caller.hotkey_ss58, caller.nonce_ns) == (claim.caller, claim.nonce_ns)
    assert caller.hotkey_ss58.encode() in payload
