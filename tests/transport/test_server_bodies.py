"""What a query may be: its length, its shape, its fields, and that no refusal repeats it."""

import json

import pytest

from subnet.protocol import MAX_QUERY_BYTES
from subnet.transport import connection
from subnet.transport.signing import sign
from tests.transport.asking import a_body, signed


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
