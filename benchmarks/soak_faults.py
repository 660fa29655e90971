"""What the soak does to its network: one fault after the other, in windows drawn from a seed."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass

from soak_proxy import Proxy
from soak_world import VALIDATORS, World

from neurons.localnet.rpc import rpc

LONG, SHORT = 60.0, 25.0
"""Seconds: longer than a validator lives without blocks (vera meets these), and shorter (everybody else)."""

CRASH_SECONDS = 6.0
CHAIN_DOWN_SECONDS = 3.0


@dataclass(frozen=True)
class Window:
    """A fault and the monotonic times between which it lasted for each of those whom it touched."""

    fault: str
    began: float
    ended: dict[str, float]


@dataclass(frozen=True)
class Spell:
    """How long a fault lasts, `long` for vera and `short` for the rest, in seconds."""

    world: World
    long: float
    short: float


Fault = Callable[[Spell], Awaitable[None]]
Act = Callable[[Proxy], AbstractAsyncContextManager[None]]


async def _on_proxies(spell: Spell, act: Act) -> None:
    """The act on all proxies; on all but vera's only for the short time."""

    async def on(name: str, seconds: float) -> None:
        async with AsyncExitStack() as stack:
            for proxy in spell.world.proxies[name]:
                await stack.enter_async_context(act(proxy))
            await asyncio.sleep(seconds)

    async with asyncio.TaskGroup() as group:
        for name in spell.world.proxies:
            group.create_task(on(name, spell.long if name == "vera" else spell.short))


@asynccontextmanager
async def _refusing(proxy: Proxy) -> AsyncIterator[None]:
    await proxy.go_down()
    try:
        yield
    finally:
        await proxy.come_back()


@asynccontextmanager
async def _mute(proxy: Proxy) -> AsyncIterator[None]:
    with proxy.under("mute"):
        yield


@asynccontextmanager
async def _frozen(proxy: Proxy) -> AsyncIterator[None]:
    with proxy.under("frozen"):
        yield


async def rpc_down(spell: Spell) -> None:
    """Every endpoint refuses connections and drops those it had."""
    await _on_proxies(spell, _refusing)


async def never_answers(spell: Spell) -> None:
    """Every endpoint takes connections and requests, and answers nothing."""
    await _on_proxies(spell, _mute)


async def no_new_blocks(spell: Spell) -> None:
    """Every endpoint answers, but tells of no new block."""
    await _on_proxies(spell, _frozen)


async def frozen_head(spell: Spell) -> None:
    """The chain answers and makes no blocks."""
    endpoint = spell.world.endpoint
    await rpc(endpoint, "dev_setBlockBuildMode", "Manual")
    try:
        await asyncio.sleep(spell.short)
    finally:
        await rpc(endpoint, "dev_setBlockBuildMode", "Interval")


async def full_disk(spell: Spell) -> None:
    """There is no room left where vera keeps her state."""
    vera, disk = spell.world.members["vera"], spell.world.disk
    # An empty write-ahead log first: one that has grown before takes rounds for minutes without needing room.
    with closing(sqlite3.connect(spell.world.state("vera"), timeout=5.0)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        disk.fill(vera)
    try:
        await asyncio.sleep(spell.long)
    finally:
        disk.free(vera)


async def miner_clock_jump(spell: Spell) -> None:
    """A miner's wall clock jumps 20 s ahead of everybody's, and back."""
    await _clocks(spell, {"weak": 20.0})


async def validator_clock_jump(spell: Spell) -> None:
    """A validator's wall clock falls 40 s behind everybody's, the other's jumps 300 s ahead; both are set right."""
    await _clocks(spell, {"viktor": -40.0, "vera": 300.0})


async def _clocks(spell: Spell, ahead: Mapping[str, float]) -> None:
    try:
        for name, seconds in ahead.items():
            spell.world.members[name].set_clock(seconds)
        await asyncio.sleep(spell.long)
    finally:
        for name in ahead:
            spell.world.members[name].set_clock(0.0)


async def crash_loop(spell: Spell) -> None:
    """A miner crashes some seconds after each start."""
    clock = asyncio.get_running_loop().time
    until = clock() + spell.long
    while clock() < until:
        spell.world.members["crasher"].kill()
        await asyncio.sleep(min(CRASH_SECONDS, spell.long / 3))


async def chain_killed(spell: Spell) -> None:
    """kill -9 of the chain's process, which goes on from its file."""
    chain = spell.world.members["chain"]
    chain.paused = True
    chain.kill()
    await asyncio.sleep(min(CHAIN_DOWN_SECONDS, spell.short))
    chain.paused = False


TOUCHED: dict[str, tuple[str, ...]] = {
    "chain killed": VALIDATORS,
    "rpc down": VALIDATORS,
    "never answers": VALIDATORS,
    "no new blocks": VALIDATORS,
    "frozen head": VALIDATORS,
    "full disk": ("vera",),
    "miner clock jump": (),
    "validator clock jump": VALIDATORS,
    "miner crash loop": (),
}
"""The faults, and the validators whose weights may be late under them."""

FAULTS: dict[str, Fault] = {
    "chain killed": chain_killed,
    "rpc down": rpc_down,
    "never answers": never_answers,
    "no new blocks": no_new_blocks,
    "frozen head": frozen_head,
    "full disk": full_disk,
    "miner clock jump": miner_clock_jump,
    "validator clock jump": validator_clock_jump,
    "miner crash loop": crash_loop,
}
BOTH_LENGTHS = ("rpc down", "never answers", "no new blocks")
LAST = "chain killed"


def schedule(seed: int, rounds: int) -> list[str]:
    """Every fault once a round, in an order drawn from the seed.

    Those under which everybody connects anew come first: what the first time costs in memory is no leak, and belongs
    to the warm-up. The chain's death comes last, because its memory begins anew with it.
    """
    rng, order = random.Random(seed), []
    for _ in range(rounds):
        others = [name for name in FAULTS if name not in (*BOTH_LENGTHS, LAST)]
        order += [*rng.sample(BOTH_LENGTHS, len(BOTH_LENGTHS)), *rng.sample(others, len(others)), LAST]
    return order


async def play(world: World, order: list[str], seconds: float, note: Callable[[Window], None]) -> None:
    """The faults evenly over so many seconds, each with a pause behind it that is longer than itself."""
    slot = seconds / len(order)
    spell = Spell(world, min(LONG, slot * 0.35), min(SHORT, slot * 0.2))
    began = time.monotonic()
    for place, name in enumerate(order):
        await asyncio.sleep(max(0.0, began + (place + 0.25) * slot - time.monotonic()))
        note(await window(name, spell))
    await asyncio.sleep(max(0.0, began + seconds - time.monotonic()))


async def window(name: str, spell: Spell) -> Window:
    """Plays one fault, and says when it touched whom."""
    began = time.monotonic()
    await FAULTS[name](spell)
    ended = time.monotonic()
    ends = dict.fromkeys(TOUCHED[name], ended)
    if name in BOTH_LENGTHS:
        ends["viktor"] = began + spell.short
    return Window(name, began, ends)


async def kill_every(world: World, name: str, seconds: float, rng: random.Random) -> None:
    """kill -9 of a member about every so many seconds, for ever."""
    while True:
        await asyncio.sleep(seconds * rng.uniform(0.75, 1.25))
        world.members[name].kill()
