"""A small world on a chain, and the making of calls in it through the SDK's client as any program would."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import bittensor as bt
from bittensor_core import Keypair

from subnet.devnet import Devnet, devnet
from subnet.devnet.state import State

NETUID, UNSTARTED, NOWHERE = 2, 3, 77
TAO = 10**9
SUBTENSOR = "SubtensorModule"
ERA, SHIELD_ERA = 128, 8  # blocks for which a signature is valid
_SECONDS = 20.0


def wallet(coldkey: str, hotkey: str) -> SimpleNamespace:
    """A wallet of development keys, such as //Alice."""
    cold, hot = (Keypair.create_from_uri(f"//{name}") for name in (coldkey, hotkey))
    return SimpleNamespace(coldkey=cold, coldkeypub=cold, hotkey=hot, name=coldkey)


# Alice is root and owns subnet 2; Vera (Bob's) validates there, Mona (Charlie's) mines; Nora has no seat
OWNER, VERA, MONA, NORA = (
    wallet("Alice", "owner"), wallet("Bob", "vera"), wallet("Charlie", "mona"), wallet("Dave", "nora"),
)  # fmt: skip
SECOND = wallet("Bob", "second")  # owns subnet 3, which has not been started


def hot(who: SimpleNamespace) -> str:
    """The address of a wallet's hotkey."""
    return str(who.hotkey.ss58_address)


def cold(who: SimpleNamespace) -> str:
    """The address of a wallet's coldkey."""
    return str(who.coldkey.ss58_address)


@dataclass(frozen=True)
class By:
    """Who signs: a wallet's coldkey or hotkey; as root, the call goes through Sudo."""

    wallet: SimpleNamespace
    signer: str = "coldkey"
    root: bool = False

    @property
    def name(self) -> str:
        """How a failure names the signer."""
        return "root" if self.root else f"{self.wallet.name}'s {self.signer}"


ROOT = By(OWNER, root=True)
ALICE, BOB, CHARLIE, DAVE = By(OWNER), By(VERA), By(MONA), By(NORA)
OWNER_KEY, VERA_KEY, MONA_KEY, NORA_KEY = (By(who, "hotkey") for who in (OWNER, VERA, MONA, NORA))


@dataclass(frozen=True)
class Stored:
    """A value that must be in the storage after a call."""

    item: str
    keys: tuple[Any, ...]
    value: Any
    pallet: str = SUBTENSOR


Write = Callable[[State], None]
Step = "Case | Write | int"


@dataclass(frozen=True)
class Case:
    """A call and what must come of it: an error by its name or, where there is none, an effect.

    `effect` is the name of an event, or a stored value. `before` are calls that must succeed first, writes to
    the state, and numbers of empty blocks.
    """

    call: str
    by: By
    arguments: dict[str, Any]
    error: str | None = None
    effect: str | Stored | None = None
    before: tuple[Any, ...] = field(default=(), repr=False)

    @property
    def pallet(self) -> str:
        """The pallet of the call."""
        return self.call.rpartition(".")[0] or SUBTENSOR

    @property
    def function(self) -> str:
        """The call's name within its pallet."""
        return self.call.rpartition(".")[2]

    def __str__(self) -> str:
        return f"{self.pallet}.{self.function} by {self.by.name}: {self.error or 'succeeds'}"

    def after(self, *steps: Any) -> Case:
        """The same case with these steps before it."""
        return replace(self, before=(*self.before, *steps))


def ok(call: str, by: By, effect: str | Stored, /, **arguments: Any) -> Case:
    """A call that succeeds."""
    return Case(call, by, arguments, effect=effect)


def no(call: str, by: By, error: str, /, **arguments: Any) -> Case:
    """A call that fails, with the name of the error that the SDK reads."""
    return Case(call, by, arguments, error)


async def submit(client: bt.Client, case: Case) -> bt.ExtrinsicResult:
    """Sends a case's call as the SDK's raw call; arguments that are calls or questions to the chain come first."""
    arguments = {name: await _composed(client, value) for name, value in case.arguments.items()}
    call = getattr(getattr(bt.calls, case.pallet), case.function)(**arguments)
    if case.by.root:
        call = bt.calls.Sudo.sudo(call=await client.compose(call))
    period = SHIELD_ERA if case.function == "submit_encrypted" else ERA
    sent = client.submit_call(call, case.by.wallet, signer=case.by.signer, period=period)
    return await asyncio.wait_for(sent, _SECONDS)


async def _composed(client: bt.Client, value: Any) -> Any:
    if isinstance(value, Case):
        arguments = {name: await _composed(client, inner) for name, inner in value.arguments.items()}
        return await client.compose(getattr(getattr(bt.calls, value.pallet), value.function)(**arguments))
    if isinstance(value, list):
        return [await _composed(client, inner) for inner in value]
    return await value(client) if callable(value) else value


@dataclass(frozen=True)
class World:
    """The chain, and the snapshot at which every case starts."""

    chain: Devnet
    start: bytes

    async def play(self, case: Case) -> None:
        """Takes the chain back to its start, makes the steps and the call, and looks at what came of it."""
        self.chain.node.restore(self.start)
        self.chain.node.failures.clear()
        for step in case.before:
            await self.make(step)
        async with bt.Client(self.chain.endpoint) as client:
            result = await submit(client, case)
            name = None if result.success else (result.error.name or result.message)
            assert name == case.error, f"{case}: {result.message}"
            if isinstance(case.effect, Stored):
                found = await client.query((case.effect.pallet, case.effect.item), list(case.effect.keys))
                assert found == case.effect.value, f"{case} left {found}"
            elif case.effect is not None:
                assert case.effect in event_names(result), f"{case} did {event_names(result)}"
        assert self.chain.node.failures == []

    async def make(self, step: Any) -> None:
        """Makes one step: empty blocks, a call that must succeed after the steps before it, or a write."""
        if isinstance(step, int):
            await self.chain.advance(step)
        elif isinstance(step, Case):
            for earlier in step.before:
                await self.make(earlier)
            async with bt.Client(self.chain.endpoint) as client:
                result = await submit(client, step)
            assert result.success, f"before: {step}: {result.message}"
        else:
            self.chain.node.state.amend()
            step(self.chain.node.state)


def event_names(result: bt.ExtrinsicResult) -> set[str]:
    """The names of the events of an extrinsic."""
    return {
        str(event["event_id"] if "event_id" in event else event["event"]["event_id"])
        for event in result.events
    }


def put(item: Any, *keys_and_value: Any) -> Write:
    """A write of one stored value."""
    *keys, value = keys_and_value

    def write(state: State) -> None:
        if keys:
            item[state, *keys] = value
        else:
            item[state] = value

    return write


def register(who: SimpleNamespace, netuid: int = NETUID) -> Case:
    """A seat for a wallet's hotkey, paid by its coldkey."""
    return ok("burned_register", By(who), "NeuronRegistered", netuid=netuid, hotkey=hot(who))


def stake(who: SimpleNamespace, tao: int, netuid: int = NETUID) -> Case:
    """Stake of a wallet on its own hotkey, in whole TAO."""
    return ok("add_stake", By(who), "StakeAdded", hotkey=hot(who), netuid=netuid, amount_staked=tao * TAO)


FOUNDING: tuple[Any, ...] = (
    ok("register_network", ALICE, "NetworkAdded", hotkey=hot(OWNER)),
    ok("start_call", ALICE, "FirstEmissionBlockNumberSet", netuid=NETUID),
    ok("register_network", BOB, "NetworkAdded", hotkey=hot(SECOND)),
    register(VERA),
    register(MONA),
    stake(VERA, 100),
    ok("root_register", BOB, "NeuronRegistered", hotkey=hot(VERA)),
    stake(VERA, 50, netuid=0),
    12,
)


@asynccontextmanager
async def founded(seed: str, steps: tuple[Any, ...] = FOUNDING, **options: Any) -> AsyncIterator[World]:
    """A world on a chain of its own, after the given steps."""
    async with devnet(mode="instant", seed=seed, checked=True, **options) as chain:
        world = World(chain, b"")
        for step in steps:
            await world.make(step)
        yield World(chain, chain.node.snapshot())
