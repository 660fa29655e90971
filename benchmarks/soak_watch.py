"""What the soak sees while it runs: blocks and epochs of the chain, memory of the processes, facts in the ledgers."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from soak_world import VALIDATORS, World
from websockets.exceptions import WebSocketException

from neurons.localnet.rpc import rpc
from subnet.chain import Chain, Stored
from subnet.errors import SubnetError
from subnet.protocol import Hotkey

# The look that found them may have begun a block before the one that they are in.
EFFECTIVE = """
SELECT plan, max(block) AS block FROM journal WHERE status IN ('included', 'effective')
GROUP BY plan HAVING sum(status = 'effective')
"""
LOOK_SECONDS = 1.0
MEMORY_EVERY = 5
FACTS_EVERY = 20
"""Looks from one count to the next."""

STEADY = {"validator": "viktor", "miner with a model": "strong", "miner without": "garbage", "chain": "chain"}
"""Whose memory is measured, by kind: those that no fault ends, and the chain since its last start."""


@dataclass(frozen=True)
class Sample:
    """A process's memory in MiB at a monotonic time."""

    at: float
    pid: int
    mib: float


@dataclass
class Watch:
    """What was seen.

    `heads` are block hashes by number, `blocks` the head by time, `ends` the block of each epoch's end. `facts` are a
    ledger's row counts with the digests of those rows, `held` is what the chain stored when the journal of a
    validator called a plan effective. `audit` are the chain's books that did not balance.
    """

    world: World
    heads: dict[int, str] = field(default_factory=dict)
    blocks: list[tuple[float, int]] = field(default_factory=list)
    ends: dict[int, int] = field(default_factory=dict)
    memory: dict[str, list[Sample]] = field(default_factory=dict)
    facts: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    held: dict[tuple[str, int], Stored | None] = field(default_factory=dict)
    audit: set[str] = field(default_factory=set)

    async def run(self) -> None:
        """Looks once a second, for ever."""
        number = 0
        async with Chain.connect(self.world.endpoint, self.world.netuid, 10.0) as chain:
            while True:
                try:
                    await self._chain(chain)
                    await self._effective(chain)
                    if number % FACTS_EVERY == 0:
                        self.audit.update(await rpc(self.world.endpoint, "dev_audit"))
                except (SubnetError, WebSocketException, OSError, TimeoutError):
                    pass  # the chain is down as a fault has it; the next look tells
                if number % MEMORY_EVERY == 0:
                    self._memory()
                if number % FACTS_EVERY == 0:
                    await asyncio.to_thread(self._facts)
                number += 1
                await asyncio.sleep(LOOK_SECONDS)

    async def _chain(self, chain: Chain) -> None:
        epoch = await chain.epoch()
        head = await rpc(self.world.endpoint, "chain_getBlockHash", epoch.block)
        self.heads[epoch.block] = str(head)
        self.blocks.append((time.monotonic(), epoch.block))
        if epoch.next_block is not None:
            self.ends[epoch.index] = epoch.next_block

    async def _effective(self, chain: Chain) -> None:
        """Looks what the chain held when a journal called weights effective, while it has that state."""
        for name in VALIDATORS:
            for row in rows(self.world.state(name), EFFECTIVE):
                if (name, row["plan"]) not in self.held:
                    hotkey = Hotkey(self.world.keys[name].hotkey)
                    self.held[name, row["plan"]] = await chain.stored_weights(hotkey, row["block"])

    async def blocks_gone(self) -> list[str]:
        """Blocks that were seen and are not the chain's any more, as it says now."""
        gone = []
        for number, head in self.heads.items():
            if await rpc(self.world.endpoint, "chain_getBlockHash", number) != head:
                gone.append(f"block {number}")
        return gone

    def _memory(self) -> None:
        """Takes a sample of each, and writes it down for whoever wants to see more than a slope."""
        for name in STEADY.values():
            if (found := self.world.members[name].memory()) is not None:
                sample = Sample(time.monotonic(), *found)
                self.memory.setdefault(name, []).append(sample)
                with (self.world.folder / "memory.txt").open("a") as file:
                    file.write(f"{name} {sample.at:.1f} {sample.pid} {sample.mib:.3f}\n")

    def _facts(self) -> None:
        for name in VALIDATORS:
            if self.world.state(name).exists():
                self.facts.setdefault(name, []).append(digest(self.world.state(name)))


def digest(path: Path, most: int | None = None) -> tuple[int, str]:
    """How many observations a ledger has, and the hash of the first `most` (default all)."""
    hashed, count = hashlib.blake2b(), 0
    for row in rows(path, f"SELECT * FROM observations ORDER BY id LIMIT {-1 if most is None else most}"):
        hashed.update(json.dumps(tuple(row)).encode())
        count += 1
    return count, hashed.hexdigest()


def rows(path: Path, query: str) -> list[sqlite3.Row]:
    """What a query finds beside the running validator; nothing while there is no such file or table yet."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=5.0)) as connection:
            connection.row_factory = sqlite3.Row
            return connection.execute(query).fetchall()
    except sqlite3.OperationalError:
        return []
