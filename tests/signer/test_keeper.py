"""What a signer signs, and what it refuses whoever asks."""

import hashlib
import time

import pytest
from bittensor import http_auth
from bittensor.sp_core import Keypair, verify
from hypothesis import given
from hypothesis import strategies as st

from subnet.protocol import Hotkey
from subnet.signer.calls import Call, Forbidden, read_call
from subnet.signer.keeper import Bounds, Keeper
from subnet.transport.receipts import issue
from subnet.transport.signing import signed

KEY = Keypair.create_from_uri("//Vera")
MINER = Keypair.create_from_uri("//Miner")
NETUID = 2
ERA, NONCE, TIP, MODE = b"\x86\x01", b"\x04", b"\x00", b"\x00"
EXPLICIT = ERA + NONCE + TIP + MODE
IMPLICIT = bytes(72) + b"\x00"
# As the SDK encodes them for a chain of subnet 2.
SERVE_AXON = bytes.fromhex("07040200010000000200007f000000000000000000000000630004040000")
SERVE_TLS = (
    bytes.fromhex("07280200010000000200007f000000000000000000000000630004040000") + b"\x80" + b"\x11" * 32
)
SET_WEIGHTS = bytes.fromhex("0777020000080000010008ffffffff0000000000000000")
TIMELOCKED = bytes.fromhex("0776020000") + b"\x0cabc" + bytes(8) + b"\x04\x00"
PLEDGE = bytes.fromhex("12000200") + b"\x04" + b"\x04" + b"abc"


class Signing:
    """A key that keeps what it signed."""

    def __init__(self):
        self.seen = []

    ss58_address, public_key, crypto_type = KEY.ss58_address, KEY.public_key, KEY.crypto_type

    def sign(self, payload):
        self.seen.append(payload)
        return KEY.sign(payload)


def a_keeper(**bounds):
    return Keeper(KEY, NETUID, Bounds(**bounds))


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (SERVE_AXON, "serve_axon"),
        (SERVE_TLS, "serve_axon_tls"),
        (SET_WEIGHTS, "set_mechanism_weights"),
        (TIMELOCKED, "commit_timelocked_mechanism_weights"),
        (PLEDGE, "set_commitment"),
    ],
)
def test_what_neurons_do_on_the_chain_is_signed(call, name):
    assert read_call(call) == Call(name, NETUID)
    signature = a_keeper().call(call, EXPLICIT, IMPLICIT)
    assert verify(call + EXPLICIT + IMPLICIT, signature, KEY.ss58_address, 1)


def test_a_long_call_is_signed_by_its_hash_as_the_chain_wants_it():
    count = 100
    vector = (count << 2 | 1).to_bytes(2, "little") + bytes(2 * count)
    call = bytes.fromhex("07770200") + b"\x00" + vector + vector + bytes(8)
    signature = a_keeper().call(call, EXPLICIT, IMPLICIT)
    digest = hashlib.blake2b(call + EXPLICIT + IMPLICIT, digest_size=32).digest()
    assert verify(digest, signature, KEY.ss58_address, 1)


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (b"", "no neuron"),
        (bytes.fromhex("0500") + bytes(40), "no neuron"),  # a transfer
        (bytes.fromhex("0746") + bytes(40), "no neuron"),  # swap_hotkey
        (bytes.fromhex("0b02") + b"\x04" + SET_WEIGHTS, "no neuron"),  # a batch
        (SET_WEIGHTS.replace(b"\x77\x02", b"\x77\x03"), "subnet 3"),
        (SET_WEIGHTS[:-1], "missing"),
        (SET_WEIGHTS + b"\x00", "after the end"),
        (bytes.fromhex("07770200000300000001") + bytes(99), "too large"),
        (bytes.fromhex("1200020008") + bytes(9), "several"),
        (bytes.fromhex("120002000482") + bytes(200), "short text"),
    ],
)
def test_every_other_call_is_refused(call, why):
    with pytest.raises(Forbidden, match=why):
        a_keeper().call(call, EXPLICIT, IMPLICIT)


@pytest.mark.parametrize(
    ("explicit", "implicit", "why"),
    [
        (b"\x00" + NONCE + TIP + MODE, IMPLICIT, "never expires"),
        (ERA + NONCE + b"\x04" + MODE, IMPLICIT, "tip"),
        (ERA + NONCE + TIP + b"\x01", IMPLICIT, "metadata"),
        (EXPLICIT + b"\x00", IMPLICIT, "after the end"),
        (EXPLICIT[:-1], IMPLICIT, "missing"),
        (EXPLICIT, IMPLICIT[1:], "another shape"),
        (EXPLICIT, IMPLICIT[:-1] + b"\x01", "another shape"),
    ],
)
def test_what_surrounds_a_call_is_usual_or_refused(explicit, implicit, why):
    with pytest.raises(Forbidden, match=why):
        a_keeper().call(SET_WEIGHTS, explicit, implicit)


def test_requests_and_receipts_of_the_hotkey_are_signed():
    key = Signing()
    _, request = signed(key, b"{}", Hotkey(MINER.ss58_address), time.time_ns())
    issue(key, b"asked", b"said", 'a "model"', 7)
    for payload in (request, key.seen[-1]):
        assert verify(payload, a_keeper().statement(payload), KEY.ss58_address, 1)


def a_request(sender=KEY.ss58_address, receiver=MINER.ss58_address, path="/assay/1/query", method="POST"):
    return http_auth.build_payload(
        scheme="sr25519",
        method=method,
        path=path,
        body=b"",
        nonce_ns=1,
        sender_ss58=sender,
        receiver_ss58=receiver,
    )


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (a_request(sender=MINER.ss58_address), "another hotkey"),
        (a_request(receiver=None), "neither"),
        (a_request(path="/transfer"), "neither"),
        (a_request(method="GET"), "neither"),
        (a_request() + b"\n", "neither"),
        (a_request() + b"\nmore", "neither"),
        (b"<Bytes>I own this hotkey</Bytes>", "neither"),
        (bytes(32), "neither"),
        (SET_WEIGHTS + EXPLICIT + IMPLICIT, "neither"),
        (b"x" * 4000, "neither"),
    ],
)
def test_every_other_text_is_refused(payload, why):
    with pytest.raises(Forbidden, match=why):
        a_keeper().statement(payload)


@given(st.binary(max_size=300))
def test_whatever_bytes_come_they_are_refused_or_the_whole_of_a_known_call(data):
    try:
        call = read_call(data)
    except Forbidden:
        return
    assert call.name


@given(st.sampled_from([SERVE_AXON, SET_WEIGHTS, TIMELOCKED, PLEDGE]), st.integers(1, 60))
def test_no_beginning_of_a_call_is_a_call(call, cut):
    with pytest.raises(Forbidden):
        read_call(call[:-cut])


def test_calls_and_statements_have_budgets_that_come_back():
    now = [0.0]
    keeper = Keeper(KEY, NETUID, Bounds(per_second=3, calls_per_hour=2), lambda: now[0])
    for _ in range(3):
        keeper.statement(a_request())
    for _ in range(2):
        keeper.call(SET_WEIGHTS, EXPLICIT, IMPLICIT)
    with pytest.raises(Forbidden, match="limit"):
        keeper.statement(a_request())
    with pytest.raises(Forbidden, match="limit"):
        keeper.call(SET_WEIGHTS, EXPLICIT, IMPLICIT)
    now[0] = 1.0
    keeper.statement(a_request())
    with pytest.raises(Forbidden, match="limit"):
        keeper.call(SET_WEIGHTS, EXPLICIT, IMPLICIT)
    now[0] = 1800.0
    keeper.call(SET_WEIGHTS, EXPLICIT, IMPLICIT)
