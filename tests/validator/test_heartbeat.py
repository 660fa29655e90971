"""A chain that stands still, falls silent or lies behind: another endpoint, or the end, never a zombie."""

import asyncio
import subprocess
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path
from types import SimpleNamespace

import pytest

from neurons.head import Head, Trouble
from neurons.heartbeat import Heartbeat
from subnet.chain import Chain
from subnet.devnet.handle import devnet
from subnet.errors import ChainBusy, ChainSilent, ConditionError
from tests.validator.proxy import Proxy

ROOT = Path(__file__).resolve().parents[2]
STALE = 1.5


class Watched:
    """Two ways to one chain that makes blocks, and a heart that listens to it."""

    def __init__(self, node, proxies, chain, heart):
        self.node, self.proxies, self.chain, self.heart = node, proxies, chain, heart
        self.began = time.monotonic()

    async def beats(self, seconds):
        """Lets the heart beat for so long; returns how many blocks it passed on."""
        before = self.heart.head.block
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.heart.beat()
        return self.heart.head.block - before

    async def ends(self):
        """How many seconds the heart beats on, and with which words it ends."""
        began = time.monotonic()
        with pytest.raises(ConditionError) as ended:
            async with asyncio.timeout(10 * STALE):
                await self.heart.beat()
        return time.monotonic() - began, str(ended.value)


@pytest.fixture
async def watched(request):
    async with AsyncExitStack() as stack:
        node = await stack.enter_async_context(devnet(block_time=0.1))
        await node.advance(2)
        proxies = [await stack.enter_async_context(Proxy.before(node.endpoint)) for _ in range(2)]
        fallbacks = [proxies[1].endpoint] if getattr(request, "param", True) else [proxies[0].endpoint]
        chain = await stack.enter_async_context(
            Chain.connect(proxies[0].endpoint, 1, seconds=0.5, fallbacks=fallbacks)
        )
        heart = Heartbeat(chain, Head(await chain.block()), STALE, keeps_time=True)
        yield Watched(node, proxies, chain, heart)


alone = pytest.mark.parametrize("watched", [False], indirect=True)


async def test_blocks_are_passed_on(watched):
    assert await watched.beats(1.0) >= 3
    assert watched.chain.endpoint == watched.proxies[0].endpoint


async def test_when_the_head_is_frozen_the_other_endpoint_takes_over(watched, caplog):
    watched.proxies[0].frozen = True
    assert await watched.beats(2.0) >= 3
    assert watched.chain.endpoint == watched.proxies[1].endpoint
    assert "no new block for 1 s: the chain stands still; going on over" in caplog.text


async def test_when_the_endpoint_hangs_up_the_other_one_takes_over(watched):
    watched.proxies[0].down = True
    watched.proxies[0].hang_up()
    assert await watched.beats(1.5) >= 3
    assert watched.chain.endpoint == watched.proxies[1].endpoint


async def test_an_endpoint_that_takes_calls_and_answers_none_is_left_after_one_deadline(watched):
    watched.proxies[0].mute = True
    with pytest.raises(ChainSilent, match="did not answer within"):
        await watched.chain.block()
    assert watched.chain.endpoint == watched.proxies[1].endpoint
    assert await watched.chain.block() > 0
    assert await watched.beats(1.0) >= 3


async def test_calls_that_time_out_together_change_the_endpoint_once(watched):
    watched.proxies[0].mute = True
    calls = await asyncio.gather(*(watched.chain.block() for _ in range(5)), return_exceptions=True)
    assert all(isinstance(call, ChainSilent) for call in calls)
    assert watched.chain.connection == 1


async def test_when_both_stand_still_the_process_is_to_end_in_time(watched):
    for proxy in watched.proxies:
        proxy.frozen = True
    seconds, words = await watched.ends()
    assert STALE - 0.1 <= seconds <= STALE + 3.0
    assert "no new block" in words
    assert "start again" in words


async def test_when_the_other_endpoint_takes_connections_and_answers_none_it_ends_in_time_too(watched):
    watched.proxies[0].frozen = watched.proxies[1].mute = True
    seconds, _ = await watched.ends()
    assert seconds <= STALE + 3.0


@alone
async def test_with_one_endpoint_a_new_connection_to_it_may_help(watched):
    asyncio.get_running_loop().call_later(0.4, watched.proxies[0].hang_up)
    assert await watched.beats(1.5) >= 3
    assert watched.chain.connection == 1


class Refusing:
    """A chain that refuses twice, then sends a block, then nothing; it notes the pause that is due next."""

    endpoint, connection = "ws://nowhere", 0

    def __init__(self):
        self.refusals, self.pauses, self.heart = 2, [], None

    async def blocks(self):
        if self.refusals:
            self.refusals -= 1
            raise ChainBusy("refused")
        yield 1
        await asyncio.sleep(60)

    async def change_endpoint(self, why):
        self.pauses.append(self.heart._pause)


async def test_pauses_between_refusals_grow_until_a_block_arrives():
    chain = Refusing()
    chain.heart = Heartbeat(chain, Head(0), 60.0)
    beating = asyncio.create_task(chain.heart.beat())
    await chain.heart.head.beyond(0)
    beating.cancel()
    assert chain.pauses == [0.4, 0.8]
    assert chain.heart._pause == 0.2


async def test_a_fallback_that_serves_another_chain_is_not_used(watched):
    async with devnet(block_time=0.1) as other:
        await other.advance(2)
        watched.proxies[1].target = other.endpoint
        watched.proxies[0].frozen = True
        seconds, _ = await watched.ends()
    assert watched.chain.endpoint == watched.proxies[0].endpoint
    assert seconds <= STALE + 3.0


async def test_a_node_that_is_behind_is_not_acted_on(watched, monkeypatch):
    """Its blocks arrive, one after the other, but they are an hour old."""
    monkeypatch.setattr("neurons.heartbeat.time", SimpleNamespace(time=lambda: time.time() + 3600.0))
    before = watched.heart.head.block
    seconds, words = await watched.ends()
    assert watched.node.node.state.block > before + 5
    assert watched.heart.head.block == before
    assert "s old: the node is behind, or this machine's clock is wrong" in words
    assert seconds <= STALE + 3.0


async def test_a_chain_of_blocks_on_request_keeps_no_time_and_is_followed(watched, monkeypatch):
    monkeypatch.setattr("neurons.heartbeat.time", SimpleNamespace(time=lambda: time.time() + 3600.0))
    watched.heart.keeps_time = False
    assert await watched.beats(1.0) >= 3


async def test_the_first_endpoint_may_be_down_at_the_start():
    async with (
        devnet(block_time=0.1) as node,
        Chain.connect("ws://127.0.0.1:9", 1, seconds=2.0, fallbacks=[node.endpoint]) as chain,
    ):
        assert chain.endpoint == node.endpoint
        assert await chain.block() >= 0


FROZEN = """
import asyncio, time
import neurons.heartbeat as heartbeat
from neurons.head import Head

class Chain:
    connection = 0
    endpoint = "here"
    async def blocks(self):
        yield 1
        time.sleep(30)

heartbeat.FROZEN_SECONDS = 0.5
asyncio.run(heartbeat.Heartbeat(Chain(), Head(0), 0.5).beat())
"""


def test_a_frozen_event_loop_ends_the_process_from_outside():
    began = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-c", FROZEN], capture_output=True, cwd=ROOT, timeout=30, check=False
    )
    assert ended.returncode == 1
    assert time.monotonic() - began < 15


def test_a_part_that_meets_nothing_but_silence_ends_the_process():
    now = [0.0]
    trouble = Trouble("rounds", 40.0, lambda: now[0])
    for now[0] in (12.0, 24.0, 36.0):
        trouble.met(now[0] - 12.0, ChainBusy("no answer"))
    now[0] = 48.0
    with pytest.raises(ConditionError, match="rounds: no answer from the chain for 48 s"):
        trouble.met(36.0, ChainBusy("no answer"))


def test_a_try_that_succeeds_ends_all_trouble():
    now = [30.0]
    trouble = Trouble("rounds", 40.0, lambda: now[0])
    trouble.met(0.0, ChainBusy("no answer"))
    trouble.over()
    now[0] = 60.0
    trouble.met(48.0, ChainBusy("no answer"))


def test_a_head_knows_its_age():
    now = [0.0]
    head = Head(5, clock=lambda: now[0])
    now[0] = 7.0
    assert head.age == 7.0
    asyncio.run(head.advance(5))
    assert head.age == 7.0
    asyncio.run(head.advance(6))
    assert head.age == 0.0
