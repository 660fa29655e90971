"""Whom a miner's server lets in, over real HTTP with real signatures."""

import json
import time

import pytest

from subnet.protocol import Answer
from subnet.transport.signing import Nonces, sign
from tests.transport.asking import a_body, signed


async def test_a_signed_query_is_answered(wire):
    async with wire.server() as miner:
        status, body = await wire.exchange(miner.address, signed(wire, a_body(wire)))
    assert status == 200
    assert Answer.model_validate_json(body).text == "What is two plus two?"


async def test_health_is_open_and_says_who_and_when(wire):
    async with wire.server() as miner:
        status, body = await wire.exchange(miner.address, wire.head({}, "/health", "GET"))
    health = json.loads(body)
    assert status == 200
    assert health["hotkey"] == wire.MINER.ss58_address
    assert abs(health["time"] - time.time()) < 5


@pytest.mark.parametrize(
    ("method", "target"), [("GET", "/assay/1/query"), ("POST", "/"), ("POST", "/health")]
)
async def test_other_paths_and_methods_are_not_found(wire, method, target):
    async with wire.server() as miner:
        status, body = await wire.exchange(miner.address, wire.head({}, target, method))
    assert (status, json.loads(body)["error"]) == (404, "not-found")


async def test_a_query_string_is_not_part_of_the_path(wire):
    body = a_body(wire)
    headers = sign(wire.VERA, body, wire.MINER.ss58_address, path="/assay/1/query?x=1")
    sent = wire.head({**headers, "Content-Length": str(len(body))}, "/assay/1/query?x=1") + body
    async with wire.server() as miner:
        assert (await wire.exchange(miner.address, sent))[0] == 404


async def test_a_replayed_nonce_is_refused(wire):
    async with wire.server() as miner:
        sent = signed(wire, a_body(wire))
        assert (await wire.exchange(miner.address, sent))[0] == 200
        status, body = await wire.exchange(miner.address, sent)
    assert (status, json.loads(body)["error"]) == (401, "replayed")


async def test_a_request_captured_before_a_restart_is_refused_after_it(wire):
    async with wire.server() as miner:
        sent = signed(wire, a_body(wire))
        assert (await wire.exchange(miner.address, sent))[0] == 200
    async with wire.server(nonces=Nonces()) as miner:
        status, body = await wire.exchange(miner.address, sent)
    assert (status, json.loads(body)["error"]) == (503, "starting")


async def test_a_request_for_another_receiver_is_refused(wire):
    sent = signed(wire, a_body(wire), receiver=wire.STRANGER.ss58_address)
    async with wire.server() as miner:
        status, body = await wire.exchange(miner.address, sent)
    assert (status, json.loads(body)["error"]) == (401, "wrong-receiver")


async def test_a_request_for_no_receiver_is_refused(wire):
    body = a_body(wire)
    headers = sign(wire.VERA, body, wire.MINER.ss58_address)
    del headers["X-Bittensor-Receiver"]
    async with wire.server() as miner:
        sent = wire.head({**headers, "Content-Length": str(len(body))}) + body
        assert (await wire.exchange(miner.address, sent))[0] == 401


async def test_a_changed_body_breaks_the_signature(wire):
    async with wire.server() as miner:
        sent = signed(wire, a_body(wire)).replace(b"two plus two", b"two plus six")
        status, body = await wire.exchange(miner.address, sent)
    assert (status, json.loads(body)["error"]) == (401, "bad-signature")


async def test_nobody_signs_for_somebody_else(wire):
    body = a_body(wire)
    async with wire.server() as miner:
        headers = sign(wire.STRANGER, body, wire.MINER.ss58_address)
        headers["X-Bittensor-Hotkey"] = wire.VERA.ss58_address
        sent = wire.head({**headers, "Content-Length": str(len(body))}) + body
        status, reply = await wire.exchange(miner.address, sent)
    assert (status, json.loads(reply)["error"]) == (401, "bad-signature")


@pytest.mark.parametrize("seconds", [-11, 3, 10**9])
async def test_a_stale_or_future_nonce_is_refused(wire, seconds):
    nonce = time.time_ns() + seconds * 10**9
    async with wire.server(nonces=Nonces(since_ns=0)) as miner:
        status, body = await wire.exchange(miner.address, signed(wire, a_body(wire), nonce_ns=nonce))
    assert (status, json.loads(body)["error"]) == (401, "stale")


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("X-Bittensor-Version", "2"),
        ("X-Bittensor-Nonce", "soon"),
        ("X-Bittensor-Nonce", "9" * 5000),
        ("X-Bittensor-Signature", "0x12"),
        ("X-Bittensor-Signature", "zz"),
        ("X-Bittensor-Crypto", "rsa"),
        ("X-Bittensor-Hotkey", "5" * 48),
        ("X-Bittensor-Hotkey", "../../etc/passwd"),
        ("X-Bittensor-Hotkey", "é" * 48),
    ],
)
async def test_headers_of_another_shape_prove_nothing(wire, header, value):
    body = a_body(wire)
    headers = {**sign(wire.VERA, body, wire.MINER.ss58_address), header: value}
    async with wire.server(admit=lambda caller: None) as miner:
        sent = wire.head({**headers, "Content-Length": str(len(body))}) + body
        assert (await wire.exchange(miner.address, sent))[0] == 401


async def test_a_header_given_twice_is_refused(wire):
    body = a_body(wire)
    sent = signed(wire, body).replace(b"Host: x", b"Host: x\r\nX-Bittensor-Hotkey: 5abc")
    async with wire.server() as miner:
        assert (await wire.exchange(miner.address, sent))[0] == 400


async def test_a_caller_that_is_not_served_is_refused_before_its_body_is_read(wire):
    headers = sign(wire.STRANGER, b"", wire.MINER.ss58_address)
    async with wire.server() as miner:
        sent = wire.head({**headers, "Content-Length": "1000"})
        status, body = await wire.exchange(miner.address, sent)
    assert (status, json.loads(body)["error"]) == (403, "not-served")


async def test_a_callers_nonces_are_bounded(wire):
    async with wire.server(nonces=Nonces(per_hotkey=2, since_ns=0)) as miner:
        statuses = [(await wire.exchange(miner.address, signed(wire, a_body(wire))))[0] for _ in range(3)]
    assert statuses == [200, 200, 429]


async def test_strangers_leave_nothing_in_the_nonce_store(wire):
    nonces = Nonces()
    async with wire.server(nonces=nonces) as miner:
        for _ in range(5):
            sent = signed(wire, a_body(wire)).replace(b"two plus two", b"two plus six")
            assert (await wire.exchange(miner.address, sent))[0] == 401
    assert len(nonces) == 0
