"""A chain without a node: blocks are opened by hand and calls go through the runtime, as bytes, by their name."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from subnet.devnet.config import ChainConfig
from subnet.devnet.dispatch import ModuleError, Origin, PoolError
from subnet.devnet.genesis import development_account, make_genesis
from subnet.devnet.pallets import alpha_assets, commitments, drand, multisig, proxy, swap
from subnet.devnet.pallets.admin_utils import calls as admin_utils
from subnet.devnet.pallets.subtensor import calls as subtensor
from subnet.devnet.pallets.subtensor import storage
from subnet.devnet.runtime import PALLETS, Runtime
from subnet.devnet.scale import CALL, Variant, decode_all
from subnet.devnet.state import State

MORE = (subtensor, admin_utils, swap, alpha_assets, commitments, drand, proxy, multisig)
SUBTENSOR = "SubtensorModule"


def key(name: str) -> bytes:
    """An account id that is easy to tell in a failure."""
    return name.encode().ljust(32, b".")


@dataclass
class Chain:
    """A chain under test. `alice` is rich and the key of sudo, `bob` is rich."""

    state: State
    runtime: Runtime
    alice: bytes
    bob: bytes

    def blocks(self, count: int = 1) -> None:
        """Makes empty blocks."""
        for _ in range(count):
            self.state.open_block()
            for hook in self.runtime.initialize:
                hook(self.state)

    def until(self, block: int) -> None:
        """Makes empty blocks up to and with this one."""
        self.blocks(block - self.state.block)

    def call(self, who: bytes | Origin, name: str, *values: Any) -> list[str]:
        """Makes a call, "call" or "Pallet.call", and returns the names of its events; raises DispatchError."""
        origin = who if isinstance(who, Origin) else Origin.signed_by(who)
        before = len(self.state.events)
        self.runtime.dispatch(self.state, origin, self._call(name, values))
        return [event.name for _, event in self.state.events[before:]]

    def root(self, name: str, *values: Any) -> list[str]:
        """Makes a call as root."""
        return self.call(Origin.ROOT, name, *values)

    def error(self, who: bytes | Origin, name: str, *values: Any) -> str:
        """The name of the error with which a call fails."""
        with pytest.raises(ModuleError) as failure:
            self.call(who, name, *values)
        return failure.value.name

    def refusal(self, who: bytes, name: str, *values: Any) -> str | None:
        """What the pool says when it refuses a call, None when it takes it."""
        try:
            self.runtime.check(self.state, who, self._call(name, values))
        except PoolError as refused:
            return refused.data
        return None

    def subnet(self, owner: bytes | None = None, hotkey: str = "owner") -> int:
        """Founds a subnet and starts it; the owner's hotkey sits on uid 0."""
        coldkey = owner or self.alice
        self.call(coldkey, "register_network", key(hotkey))
        netuid = max(netuid for (netuid,), _ in storage.NetworksAdded.items(self.state))
        self.call(coldkey, "start_call", netuid)
        return netuid

    def seat(self, netuid: int, name: str, coldkey: bytes | None = None) -> int:
        """Registers a hotkey and returns its uid."""
        self.call(coldkey or self.alice, "burned_register", netuid, key(name))
        uid = storage.Uids[self.state, netuid, key(name)]
        assert uid is not None
        return uid

    def permit(self, netuid: int, *uids: int) -> None:
        """Gives validator permits to these uids and to no others."""
        count = storage.SubnetworkN[self.state, netuid]
        storage.ValidatorPermit[self.state, netuid] = tuple(uid in uids for uid in range(count))

    def _call(self, name: str, values: tuple[Any, ...]) -> Variant:
        pallet, _, call = name.rpartition(".")
        encoded = CALL.encode(Variant(pallet or SUBTENSOR, (Variant(call, values),)))
        variant: Variant = decode_all(CALL, encoded)
        return variant


def made(**options: Any) -> Chain:
    """A new chain at block 1."""
    config = ChainConfig(mode="manual", seed="calls", checked=True, **options).settled()
    pallets = dict.fromkeys((*PALLETS, *(module.pallet for module in MORE)))
    runtime = Runtime(config, tuple(pallets))
    state = State(config, runtime)
    make_genesis(runtime, state)
    chain = Chain(state, runtime, development_account("Alice"), development_account("Bob"))
    chain.blocks()
    return chain


@pytest.fixture
def chain() -> Iterator[Chain]:
    """A chain with the localnet preset."""
    yield made()


@pytest.fixture
def mainnet() -> Iterator[Chain]:
    """A chain with the values of the real one."""
    yield made(preset="mainnet")


@pytest.fixture
def hotkey() -> Any:
    """Account ids by name."""
    return key
