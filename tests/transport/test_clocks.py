"""Clocks that differ: measured against the other side, named, and followed."""

import json
import time
from types import SimpleNamespace

import pytest

from subnet.transport import client as client_module
from subnet.transport.client import Unanswered
from subnet.transport.signing import SECOND


@pytest.fixture
def clock(monkeypatch):
    """The validator's clock; `clock.off` are the seconds by which it is ahead of the miner's."""
    shown = SimpleNamespace(off=0.0, perf_counter=time.perf_counter)
    shown.time = lambda: time.time() + shown.off
    shown.time_ns = lambda: time.time_ns() + round(shown.off * SECOND)
    monkeypatch.setattr(client_module, "time", shown)
    return shown


@pytest.mark.parametrize("off", [-3600.0, -12.0, 3.0, 12.0])
async def test_a_clock_that_is_off_costs_one_refusal_and_a_warning(wire, client, clock, off, caplog):
    clock.off = off
    async with wire.server() as miner:
        for _ in range(3):
            reply = (await client.ask_all([miner], wire.query(), 2))[miner.hotkey]
            assert reply.text == "What is two plus two?"
    assert caplog.text.count(f"clock is {abs(off):.1f} s {'behind' if off > 0 else 'ahead of'} this") == 1


async def test_a_clock_that_was_set_right_is_followed_back(wire, client, clock):
    async with wire.server() as miner:
        for clock.off in (12.0, 0.0, -12.0):
            assert (await client.ask_all([miner], wire.query(), 2))[miner.hotkey].answer


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (time.time() + 600, r"HTTP 401 stale: the peer's clock is \+\d+\.\d s"),
        (1e300, "HTTP 401 stale"),
        (float("nan"), "HTTP 401 stale"),
        ("soon", "HTTP 401 stale"),
        (None, "HTTP 401 stale"),
    ],
)
async def test_a_peer_that_always_says_stale_is_asked_twice_at_most(wire, client, told, said):
    asked = []

    async def hostile(reader, writer):
        while request := await reader.read(65536):
            asked.append(request)
            body = json.dumps({"error": "stale", "time": told}).encode()
            writer.write(b"HTTP/1.1 401 X\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    async with wire.hostile(hostile) as peer:
        with pytest.raises(Unanswered, match=said):
            await client.ask(peer, wire.query())
    assert len(asked) == (2 if "clock" in said else 1)
