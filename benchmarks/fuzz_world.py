"""The chain that inputs of the fuzzer meet: small, about to run an epoch, and as new for each of them."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

import fuzz_shapes
from chain_world import full_subnet

from subnet.devnet.config import ChainConfig
from subnet.devnet.node import Node
from subnet.devnet.pallets import system
from subnet.devnet.pallets.subtensor import storage
from subnet.devnet.producer import Producer

_UIDS = 6
_MOST_BLOCKS = 3  # of one request: how long many take is no question here


class Broken(AssertionError):
    """An input did what no input may do."""


class RecordingNode(Node):
    """A node that remembers whether a client wrote raw storage, after which pallets may find nonsense."""

    written = False

    def set_storage(self, entries: Iterable[tuple[bytes, bytes | None]]) -> None:
        self.written = True
        super().set_storage(entries)


class HurriedProducer(Producer):
    """Makes a few blocks however many are asked for."""

    async def make_blocks(self, count: int) -> str:
        return await super().make_blocks(min(count, _MOST_BLOCKS))


class Chain:
    """A chain with a small subnet that goes back to where it was, two blocks before an epoch."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self.node = RecordingNode(ChainConfig(mode="manual", seed="fuzz"))
        self.node.make_block()
        self.netuid = full_subnet(self.node, _UIDS)
        epochs = storage.SubnetEpochIndex[self.node.state, self.netuid]
        while storage.SubnetEpochIndex[self.node.state, self.netuid] == epochs:
            self.node.make_block()
        for _ in range(storage.Tempo[self.node.state, self.netuid] - 3):
            self.node.make_block()
        self._base = self.node.state.block
        self.node.make_block()
        self.head = "0x" + self.node.blocks.head_hash.hex()
        self._accounts = self.accounts()

    def accounts(self) -> list[bytes]:
        """Accounts that exist: coldkeys, hotkeys, and the account id of nobody."""
        state = self.node.state
        hotkeys = [hotkey for _, hotkey in storage.Keys.items(state) if hotkey]
        return [*(account for (account,), _ in system.Account.items(state)), *hotkeys, bytes(32)]

    def encodings(self, rng: Random) -> fuzz_shapes.Encodings:
        """Random encodings that speak of accounts and subnets which exist."""
        return fuzz_shapes.Encodings(rng, self._accounts, (0, self.netuid))

    def reset(self) -> None:
        """Takes everything back that an input changed."""
        node = self.node
        if node.state.block < self._base:  # reverted beyond it
            self._begin()
            return
        node.revert(self._base)
        node.mode, node.written = "manual", False
        node.failures.clear()
        node.make_block()
