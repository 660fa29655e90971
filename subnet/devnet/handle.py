"""A running chain as a Python object, for tests and for programs that start their own chain.

Coldkeys and hotkeys are SS58 addresses. What the methods change is done by calls in blocks of their own, which the
addressed account need not sign; what a client would be refused is refused here too.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from subnet.devnet.calls import account_of, call_of
from subnet.devnet.config import ChainConfig
from subnet.devnet.dispatch import DispatchError, Origin, PoolError
from subnet.devnet.genesis import RAO
from subnet.devnet.node import Node
from subnet.devnet.pallets import balances
from subnet.devnet.pallets.subtensor.storage import NetworksAdded, SubnetEpochIndex, Tempo, Uids
from subnet.devnet.producer import Producer
from subnet.devnet.server import Server
from subnet.devnet.state import StateDiscarded
from subnet.errors import ChainError

_SUBTENSOR = "SubtensorModule"


@dataclass(frozen=True)
class Devnet:
    """A chain that listens on `endpoint`; `production` ends early only by an exception that is a bug."""

    endpoint: str
    node: Node
    producer: Producer
    production: asyncio.Task[None]

    @property
    def address(self) -> str:
        """Where clients connect: what `--network` takes."""
        return self.endpoint

    async def advance(self, blocks: int = 1) -> int:
        """Makes blocks at once, in any mode, and returns the number of the last one."""
        await self.producer.make_blocks(blocks)
        return self.node.state.block

    async def epochs(self, netuid: int, count: int = 1) -> int:
        """Makes blocks until a subnet has been through `count` more epochs; returns the number of the last block.

        Raises ChainError for a subnet that has none.
        """
        state = self.node.state
        for _ in range(count):
            before = SubnetEpochIndex[state, netuid]
            for _ in range(2 * (Tempo[state, netuid] + 1)):
                await self.advance()
                if SubnetEpochIndex[state, netuid] != before:
                    break
            else:
                raise ChainError(f"subnet {netuid} has no epochs: it must exist and have been started")
        return state.block

    async def fund(self, address: str, tao: float) -> None:
        """Gives an account so much more TAO, which is newly issued."""
        after = balances.free(self.node.state, account_of(address)) + round(tao * RAO)
        await self.call(None, "Balances.force_set_balance", who=address, new_free=after)

    async def register_subnet(self, hotkey: str, coldkey: str) -> int:
        """Founds a subnet and starts it, paid by its owner's coldkey; `hotkey` gets uid 0. Returns the netuid."""
        await self.call(coldkey, f"{_SUBTENSOR}.register_network", hotkey=hotkey)
        netuid: int = max(netuid for (netuid,), _ in NetworksAdded.items(self.node.state))
        await self.call(coldkey, f"{_SUBTENSOR}.start_call", netuid=netuid)
        return netuid

    async def register(self, netuid: int, hotkey: str, coldkey: str) -> int:
        """Gives a hotkey a seat, for the price of one, paid by the coldkey; returns its uid."""
        await self.call(coldkey, f"{_SUBTENSOR}.burned_register", netuid=netuid, hotkey=hotkey)
        uid = Uids[self.node.state, netuid, account_of(hotkey)]
        if uid is None:
            raise ChainError(
                f"{hotkey} was registered on subnet {netuid} and lost its seat in the same block"
            )
        return uid

    async def call(self, signer: str | None, name: str, **arguments: Any) -> int:
        """Makes any call in a block of its own, from an account or, for None, from root; returns the block's number.

            await chain.call(coldkey, "SubtensorModule.add_stake", hotkey=key, netuid=2, amount_staked=10**9)

        Raises ChainError with the chain's own error when it refuses, ValueError for a call that there is not.
        """
        origin = Origin.ROOT if signer is None else Origin.signed_by(account_of(signer))
        call = call_of(self.node.runtime, name, arguments)
        try:
            return self.node.dispatch(origin, call).number
        except (DispatchError, PoolError) as error:
            raise ChainError(f"{name}: {str(error) or type(error).__name__}") from None

    def snapshot(self) -> str:
        """Names the chain as it is now, for `revert`; it stays good for as long as the block's state is kept."""
        return f"0x{self.node.snapshot().hex()}"

    def revert(self, snapshot: str) -> None:
        """Takes the chain back to a snapshot, as often as wanted; raises ChainError when it is no longer kept."""
        try:
            self.node.restore(bytes.fromhex(snapshot.removeprefix("0x")))
        except StateDiscarded:
            raise ChainError("there is no such snapshot, or its block is no longer kept") from None


@asynccontextmanager
async def devnet(host: str = "127.0.0.1", port: int = 0, **options: Any) -> AsyncIterator[Devnet]:
    """Runs a new chain in this event loop while the body runs; `options` are those of `ChainConfig`.

        async with devnet(block_time=0.25, mode="instant", seed="a test") as chain:
            client = bittensor.Client(chain.address)

    Port 0 stands for a free one. Raises ConditionError when the port is taken.
    """
    async with serving(Node(ChainConfig(**options)), host, port) as chain:
        yield chain


@asynccontextmanager
async def serving(node: Node, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[Devnet]:
    """Runs an existing chain in this event loop while the body runs; raises ConditionError as `devnet` does."""
    producer = Producer(node)
    server = Server(node, producer)
    listening = await server.open(host, port)
    blocks = asyncio.create_task(producer.run())
    try:
        yield Devnet(f"ws://{host}:{listening}", node, producer, blocks)
    finally:
        producer.end()
        await server.close()
        await blocks
