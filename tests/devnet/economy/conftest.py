"""A chain's storage and pallets without a node: blocks are opened and calls are made by the test itself."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from subnet.devnet import views
from subnet.devnet.config import ChainConfig
from subnet.devnet.dispatch import Origin
from subnet.devnet.genesis import development_account, make_genesis
from subnet.devnet.pallets import alpha_assets, assay, commitments, drand, subtensor, swap
from subnet.devnet.pallets.subtensor import networks, registry, staking, storage
from subnet.devnet.pallets.subtensor.audit import audit
from subnet.devnet.pallets.subtensor.pallet import pallet
from subnet.devnet.runtime import APIS, PALLETS, Runtime
from subnet.devnet.state import State

for module in pkgutil.iter_modules(subtensor.__path__):
    importlib.import_module(f"{subtensor.__name__}.{module.name}")

ECONOMY = (pallet, swap.pallet, alpha_assets.pallet, assay.pallet, commitments.pallet, drand.pallet)
TAO = 10**9


def key(name: str) -> bytes:
    """An account id that is easy to tell in a failure."""
    return name.encode().ljust(32, b".")


@dataclass
class World:
    """A chain under test; Alice is rich and owns the subnet that `subnet()` founds."""

    state: State
    runtime: Runtime
    alice: bytes

    def blocks(self, count: int = 1) -> None:
        """Makes empty blocks, each of which must leave the books balanced."""
        for _ in range(count):
            self.state.open_block()
            for hook in self.runtime.initialize:
                hook(self.state)
            assert audit(self.state) == []

    def call(self, function: Callable[..., None], who: bytes, *arguments: Any) -> list[Any]:
        """Makes a call as a block would, and returns its events."""
        before = len(self.state.events)
        with self.state.transaction():
            function(self.state, Origin.signed_by(who), *arguments)
        assert audit(self.state) == []
        return [event for _, event in self.state.events[before:]]

    def subnet(self, started: bool = True) -> int:
        """A new subnet of Alice's, with "owner" on uid 0."""
        self.call(networks.register_network, self.alice, key("owner"))
        netuid = max(n for (n,), _ in storage.NetworksAdded.items(self.state))
        if started:
            self.call(networks.start_call, self.alice, netuid)
        return netuid

    def seat(self, netuid: int, name: str, coldkey: bytes | None = None) -> int:
        """Registers the hotkey `name` and returns its uid."""
        self.call(registry.burned_register, coldkey or self.alice, netuid, key(name))
        uid = storage.Uids[self.state, netuid, key(name)]
        assert uid is not None
        return uid

    def stake(self, netuid: int, name: str, tao: int, coldkey: bytes | None = None) -> None:
        """Stakes rao of TAO on a hotkey."""
        self.call(staking.add_stake, coldkey or self.alice, key(name), netuid, tao)


@pytest.fixture
def world() -> Iterator[World]:
    config = ChainConfig(mode="manual", seed="economy", checked=True).settled()
    runtime = Runtime(config, (*dict.fromkeys((*PALLETS, *ECONOMY)),), (*dict.fromkeys((*APIS, *views.APIS)),))
    state = State(config, runtime)
    make_genesis(runtime, state)
    yield World(state, runtime, development_account("Alice"))
