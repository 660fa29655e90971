"""A chain without a node whose books must balance after every block and every call."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from subnet.devnet.config import ChainConfig
from subnet.devnet.dispatch import ModuleError, Origin
from subnet.devnet.genesis import development_account, make_genesis
from subnet.devnet.pallets.subtensor import networks, registry, staking, storage, weights
from subnet.devnet.pallets.subtensor.audit import audit
from subnet.devnet.runtime import Runtime
from subnet.devnet.state import State

TAO = 10**9


def key(name: str) -> bytes:
    """An account id that is easy to tell in a failure."""
    return name.encode().ljust(32, b".")


@dataclass
class World:
    """A chain under test; `alice` and `bob` are rich, and alice owns the subnet that `subnet()` founds."""

    state: State
    runtime: Runtime
    alice: bytes
    bob: bytes

    def blocks(self, count: int = 1) -> list[Any]:
        """Makes empty blocks and returns the events of the last one."""
        for _ in range(count):
            self.state.open_block()
            for hook in self.runtime.initialize:
                hook(self.state)
            assert audit(self.state) == []
        return [event for _, event in self.state.events]

    def until_epoch(self, netuid: int) -> list[Any]:
        """Makes blocks until the subnet's next epoch has run; returns the events of its block."""
        before = storage.SubnetEpochIndex[self.state, netuid]
        events: list[Any] = []
        while storage.SubnetEpochIndex[self.state, netuid] == before:
            events = self.blocks()
        return events

    def call(self, function: Callable[..., None], who: bytes, *arguments: Any) -> list[Any]:
        """Makes a call as a block would, and returns its events."""
        before = len(self.state.events)
        with self.state.transaction():
            function(self.state, Origin.signed_by(who), *arguments)
        assert audit(self.state) == []
        return [event for _, event in self.state.events[before:]]

    def error(self, function: Callable[..., None], who: bytes, *arguments: Any) -> str:
        """The name of the error with which a call fails."""
        with pytest.raises(ModuleError) as failure:
            self.call(function, who, *arguments)
        return failure.value.name

    def subnet(self, started: bool = True) -> int:
        """A new subnet of Alice's, with "owner" on uid 0."""
        self.call(networks.register_network, self.alice, key("owner"))
        netuid = max(n for (n,), _ in storage.NetworksAdded.items(self.state))
        if started:
            self.call(networks.start_call, self.alice, netuid)
        return netuid

    def seat(self, netuid: int, name: str, coldkey: bytes | None = None) -> int:
        """Registers Bob's (or another's) hotkey `name` and returns its uid."""
        self.call(registry.burned_register, coldkey or self.bob, netuid, key(name))
        uid = storage.Uids[self.state, netuid, key(name)]
        assert uid is not None
        return uid

    def stake(self, netuid: int, name: str, tao: int, coldkey: bytes | None = None) -> None:
        """Stakes rao of TAO on a hotkey."""
        self.call(staking.add_stake, coldkey or self.bob, key(name), netuid, tao)

    def weigh(self, netuid: int, name: str, shares: dict[int, int]) -> None:
        """Sets the weights of a validator by uid."""
        self.call(weights.set_weights, key(name), netuid, tuple(shares), tuple(shares.values()), 0)


@pytest.fixture
def world() -> Iterator[World]:
    """A chain at block 1."""
    config = ChainConfig(mode="manual", seed="economy", checked=True).settled()
    runtime = Runtime(config)
    state = State(config, runtime)
    make_genesis(runtime, state)
    made = World(state, runtime, development_account("Alice"), development_account("Bob"))
    made.blocks()
    yield made
