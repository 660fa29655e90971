"""A miner's seat on the subnet: who is there to ask it, and where the chain says that it listens.

The membership is read again at every epoch, because permits and stakes change there and nowhere else that
matters. The address is published only when the chain's record differs, and counts as published once it is read
back.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from subnet.errors import ChainBusy, ConditionError
from subnet.miner.policy import Callers, Policy
from subnet.protocol import Address, Hotkey, Peer

log = logging.getLogger(__name__)

STALE_SECONDS = 600.0
"""How long a miner serves by the last membership that it could read."""

MOST_BLOCKS = 25
"""The longest sleep between two looks at the epoch, in blocks."""

LATER_BLOCKS = 5
"""The pause after the chain's serving rate limit said "later", in blocks; the limit is 50 by default."""


class EpochView(Protocol):
    """Which epoch it is, and how many blocks are left in it."""

    @property
    def index(self) -> int: ...

    @property
    def block(self) -> int: ...

    @property
    def blocks_left(self) -> int | None: ...


class ChainView(Protocol):
    """What a miner needs of the chain."""

    async def peers(self) -> dict[Hotkey, Peer]: ...

    async def owner(self) -> Hotkey: ...

    async def epoch(self) -> EpochView: ...

    async def block_seconds(self) -> float: ...

    async def serve(self, wallet: Any, address: Address) -> None: ...


class Seat:
    """One hotkey's seat; `admit` is the door, `take` and `keep` look after the membership and the address."""

    def __init__(self, chain: ChainView, wallet: Any, address: Address, policy: Policy) -> None:
        self._chain = chain
        self._wallet = wallet
        self._hotkey = Hotkey(wallet.hotkey.ss58_address)
        self._address = address
        self._policy = policy
        self._told: Callable[[Callers], None] = lambda callers: None
        self._peers: Mapping[Hotkey, Peer] = {}
        self._callers = Callers()
        self._seen = (0, time.monotonic())
        self._block_seconds = 12.0
        self._epoch = -1
        self._published = False
        self._limited = False
        self._seated = True

    def admit(self, caller: Hotkey) -> None:
        """Raises Refused unless the caller is served, by the membership last read."""
        self._callers.admit(caller)

    def share(self, caller: Hotkey) -> float:
        """The caller's part of the stake of all who are served."""
        return self._callers.share(caller)

    def tell(self, told: Callable[[Callers], None]) -> None:
        """Calls `told` with everybody's standing, now and each time that it is read again."""
        self._told = told
        told(self._callers)

    def block(self) -> int:
        """About the chain's height now: what was last read, and the blocks that were due since."""
        block, since = self._seen
        return block + int((time.monotonic() - since) / self._block_seconds) if block else 0

    async def take(self, remedy: str) -> None:
        """Reads the membership; raises ConditionError, which names the `remedy`, without a seat in it."""
        await self._read()
        if self._hotkey not in self._peers:
            raise ConditionError(f"hotkey {self._hotkey} has no seat on this subnet; register it: {remedy}")

    async def keep(self) -> None:
        """Keeps membership and address up to date for ever; raises ChainBusy when the chain stays away."""
        self._block_seconds = seconds = await self._chain.block_seconds()
        seen = time.monotonic()
        while True:
            blocks = 1
            try:
                blocks = await self.look()
                seen = time.monotonic()
            except ChainBusy as busy:
                log.warning("%s; trying again", busy)
                if time.monotonic() - seen > STALE_SECONDS:
                    raise
            await asyncio.sleep(blocks * seconds)

    async def look(self) -> int:
        """One look at the chain and what follows from it; returns after how many blocks the next is due."""
        epoch = await self._chain.epoch()
        self._seen = epoch.block, time.monotonic()
        if epoch.index != self._epoch or not self._published:
            await self._read()
            self._epoch = epoch.index
            await self._publish(self._peers.get(self._hotkey))
        if not self._published:
            return LATER_BLOCKS if self._limited else 1
        return MOST_BLOCKS if epoch.blocks_left is None else min(epoch.blocks_left + 1, MOST_BLOCKS)

    async def _read(self) -> None:
        self._peers = await self._chain.peers()
        owner = await self._chain.owner() if self._policy.serve_owner else None
        self._callers = self._policy.callers(self._peers, owner)
        self._told(self._callers)

    async def _publish(self, me: Peer | None) -> None:
        """Publishes the address when the chain shows another one; a rate limit means later."""
        shown = f"{self._address.host}:{self._address.port}"
        self._published = me is not None and me.address == self._address
        if me is None:
            if self._seated:
                log.warning("hotkey %s has lost its seat: nobody will ask it", self._hotkey)
        elif self._published:
            log.info("the chain shows uid %d at %s", me.uid, shown)
        else:
            await self._serve(shown)
        self._seated = me is not None

    async def _serve(self, shown: str) -> None:
        try:
            await self._chain.serve(self._wallet, self._address)
        except ChainBusy as busy:
            if not self._limited:
                log.info("%s; the address is published later", busy)
            self._limited = True
        else:
            log.info("published %s", shown)
            self._limited = False
