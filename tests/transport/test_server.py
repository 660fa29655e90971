"""What a miner's server lets in, over real HTTP with real signatures."""

import asyncio
import contextlib
import json
import logging
import time

import aiohttp
import pytest

from subnet.errors import BackendBusy, BackendError, ConditionError, SettingsError
from subnet.protocol import MAX_QUERY_BYTES, Answer
from subnet.transport import connection, listening
from subnet.transport.desk import Limits
from subnet.transport.signing import Nonces, sign


def signed(wire, body, signer=None, receiver=None, **more):
    headers = sign(signer or wire.VERA, body, receiver or wire.MINER.ss58_address, **more)
    return wire.head({**headers, "Content-Length": str(len(body))}) + body


def a_body(wire, **changes):
    return json.dumps({**json.loads(wire.query().model_dump_json()), **changes}).encode()


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


async def test_a_declared_oversize_is_refused_before_its_body_is_read(wire):
    headers = sign(wire.VERA, b"", wire.MINER.ss58_address)
    async with wire.server() as miner:
        sent = wire.head({**headers, "Content-Length": str(MAX_QUERY_BYTES + 1)})
        status, body = await wire.exchange(miner.address, sent)
    assert (status, json.loads(body)["error"]) == (413, "too-large")


async def test_an_undeclared_length_is_refused(wire):
    headers = sign(wire.VERA, b"", wire.MINER.ss58_address)
    async with wire.server() as miner:
        sent = wire.head({**headers, "Transfer-Encoding": "chunked"}) + b"5\r\nhello\r\n"
        status, body = await wire.exchange(miner.address, sent)
    assert (status, json.loads(body)["error"]) == (400, "length-required")


async def test_a_body_that_does_not_arrive_is_given_up(wire, monkeypatch):
    monkeypatch.setattr(connection, "BODY_SECONDS", 0.2)
    headers = sign(wire.VERA, b"", wire.MINER.ss58_address)
    async with wire.server() as miner:
        sent = wire.head({**headers, "Content-Length": "1000"}) + b"{"
        status, body = await wire.exchange(miner.address, sent)
    assert (status, json.loads(body)["error"]) == (408, "too-slow")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"\xff\xfe",
        b'{"id": "query-0001"}',
        b"[" * 100_000,
        b'{"a":' * 40_000 + b"1" + b"}" * 40_000,
        b'{"version":"assay/1","id":"query-0001","messages":[{"role":"user","content":"\\ud800"}]}',
    ],
)
async def test_what_is_no_query_is_malformed(wire, body):
    async with wire.server() as miner:
        status, reply = await wire.exchange(miner.address, signed(wire, body))
    assert (status, json.loads(reply)["error"]) == (400, "malformed")


@pytest.mark.parametrize(
    "changes",
    [
        {"unknown": 1},
        {"version": "assay/2"},
        {"id": "../../../etc"},
        {"max_tokens": "64"},
        {"max_tokens": 10**9},
        {"temperature": float("nan")},
        {"seed": 1 << 63},
        {"seconds": -1.0},
        {"messages": []},
        {"messages": [{"role": "root", "content": "x"}]},
        {"stop": ["x"] * 9},
    ],
)
async def test_fields_are_strict_and_bounded(wire, changes):
    async with wire.server() as miner:
        status, reply = await wire.exchange(miner.address, signed(wire, a_body(wire, **changes)))
    assert (status, json.loads(reply)["error"]) == (400, "malformed")


async def test_a_refusal_never_repeats_the_prompt(wire):
    secret = "the-secret-prompt"
    body = a_body(wire, messages=[{"role": "user", "content": secret, "extra": secret}])
    async with wire.server() as miner:
        status, reply = await wire.exchange(miner.address, signed(wire, body))
    assert status == 400
    assert secret.encode() not in reply


async def test_a_bug_in_the_backend_is_a_plain_500_and_logs_no_prompt(wire, caplog):
    async def broken(caller, query, heard=None):
        raise RuntimeError(query.messages[-1].content)

    caplog.set_level(logging.DEBUG)
    async with wire.server(broken) as miner:
        body = a_body(wire, messages=[{"role": "user", "content": "the-secret-prompt"}])
        status, reply = await wire.exchange(miner.address, signed(wire, body))
    assert (status, json.loads(reply)["error"]) == (500, "backend-failed")
    assert b"Traceback" not in reply
    assert "RuntimeError" in caplog.text
    assert "the-secret-prompt" not in caplog.text + repr(reply)


async def test_a_busy_backend_is_429_with_retry_after(wire, client):
    async def busy(caller, query, heard=None):
        raise BackendBusy("the model is loading")

    async with wire.server(busy) as miner, aiohttp.ClientSession() as session:
        body = a_body(wire)
        headers = sign(wire.VERA, body, wire.MINER.ss58_address)
        url = f"http://127.0.0.1:{miner.address.port}/assay/1/query"
        async with session.post(url, data=body, headers=headers) as response:
            assert (response.status, response.headers["Retry-After"]) == (429, "1")


async def test_a_failed_backend_is_500_without_its_details(wire):
    async def failed(caller, query, heard=None):
        raise BackendError("10.1.2.3 refuses the API key")

    async with wire.server(failed) as miner:
        status, body = await wire.exchange(miner.address, signed(wire, a_body(wire)))
    assert status == 500
    assert b"10.1.2.3" not in body


async def test_the_backend_has_until_the_querys_deadline(wire):
    cancelled = asyncio.Event()

    async def slow(caller, query, heard=None):
        try:
            await asyncio.sleep(60)
        finally:
            cancelled.set()

    async with wire.server(slow) as miner:
        status, body = await wire.exchange(miner.address, signed(wire, a_body(wire, seconds=0.2)))
        await asyncio.wait_for(cancelled.wait(), 1)
    assert (status, json.loads(body)["error"]) == (503, "too-slow")


async def test_work_ends_when_the_caller_hangs_up(wire):
    started, ended = asyncio.Event(), asyncio.Event()

    async def slow(caller, query, heard=None):
        started.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    async with wire.server(slow) as miner:
        _, writer = await asyncio.open_connection("127.0.0.1", miner.address.port)
        writer.write(signed(wire, a_body(wire)))
        await asyncio.wait_for(started.wait(), 2)
        writer.close()
        await asyncio.wait_for(ended.wait(), 2)


async def test_places_are_bounded_and_given_back(wire):
    release = asyncio.Event()

    async def held(caller, query, heard=None):
        await release.wait()
        return await wire.echo(caller, query)

    async with wire.server(held, Limits(concurrency=4, per_caller=2, waiting=0)) as miner:
        asked = [
            asyncio.create_task(wire.exchange(miner.address, signed(wire, a_body(wire)))) for _ in range(5)
        ]
        await asyncio.sleep(0.3)
        release.set()
        statuses = sorted(status for status, _ in await asyncio.gather(*asked))
        assert statuses == [200, 200, 429, 429, 429]
        assert (await wire.exchange(miner.address, signed(wire, a_body(wire))))[0] == 200


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


async def test_headers_without_end_lose_the_connection(wire):
    async with wire.server() as miner:
        sent = b"GET /health HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(20_000))
        assert (await wire.exchange(miner.address, sent))[0] == 0


async def test_a_connection_that_says_nothing_is_closed(wire, monkeypatch):
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.2)
    async with wire.server() as miner:
        reader, writer = await asyncio.open_connection("127.0.0.1", miner.address.port)
        began = time.monotonic()
        with contextlib.suppress(ConnectionResetError):
            assert await asyncio.wait_for(reader.read(), 3) == b""
        assert time.monotonic() - began < 2
        writer.close()


async def test_one_host_cannot_take_all_connections(wire, monkeypatch):
    monkeypatch.setattr(listening, "MAX_CONNECTIONS_PER_HOST", 3)
    async with wire.server() as miner:
        held = [await asyncio.open_connection("127.0.0.1", miner.address.port) for _ in range(6)]
        await asyncio.sleep(0.1)
        closed = [reader.at_eof() or reader.exception() is not None for reader, _ in held]
        assert closed == [False] * 3 + [True] * 3
        for _, writer in held:
            writer.close()


async def test_a_server_ends_within_two_seconds_whatever_runs(wire):
    async def never(caller, query, heard=None):
        await asyncio.Event().wait()

    async with wire.server(never) as miner:
        asked = asyncio.create_task(wire.exchange(miner.address, signed(wire, a_body(wire))))
        await asyncio.sleep(0.2)
        began = time.monotonic()
    assert time.monotonic() - began < 2
    status, body = await asked
    assert (status, json.loads(body)["error"]) == (503, "stopping")


@pytest.mark.parametrize(
    "sent", [b"\x00\x01\r\n\r\n", b"GET /\x00 HTTP/1.1\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]
)
async def test_what_is_not_http_is_told_so_in_json(wire, sent):
    async with wire.server() as miner:
        status, body = await wire.exchange(miner.address, sent)
    assert (status, json.loads(body)["error"]) == (400, "malformed")


def test_a_taken_port_is_one_clear_line():
    with listening.listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConditionError, match=f"cannot listen on 127.0.0.1:{port}: address already in use"):
            listening.listen("127.0.0.1", port)


@pytest.mark.parametrize("host", ["nowhere.invalid", "1.2.3.4.5", ""])
def test_a_bad_host_is_one_clear_line(host):
    with pytest.raises(SettingsError):
        listening.listen(host, 0)
