"""A validator's second duty: the hash of its next task secret on the chain, and past secrets once they are retired.

It is looked at in every block and costs one reading per epoch when nothing is due. A secret is revealed only when its
epoch is over and no round of it is in flight. What somebody else put into the hotkey's commitment stays there.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from neurons.head import Head
from subnet.chain import Chain, Epoch
from subnet.errors import ChainBusy, ChainError
from subnet.protocol import Hotkey
from subnet.tasks.pledge import Pledge, due
from subnet.tasks.secret import Secret

log = logging.getLogger(__name__)


class PledgeDuty:
    """The published half of one validator's task secrets."""

    def __init__(self, chain: Chain, wallet: Any, secret: Secret) -> None:
        self._chain = chain
        self._wallet = wallet
        self._hotkey = Hotkey(wallet.hotkey.ss58_address)
        self._secret = secret
        self._asking: int | None = None
        self._seen = 0
        self._quiet_until = 0
        self._said: set[str] = set()

    @contextmanager
    def asking(self) -> Iterator[None]:
        """While this is open a round is asked, in the newest epoch seen or a later one, which stay secret."""
        self._asking = self._seen
        try:
            yield
        finally:
            self._asking = None

    async def keep(self, head: Head) -> None:
        """Looks in every block, for ever; rounds and weights go on while it does not succeed."""
        block = head.block
        while True:
            try:
                await self.look(block)
            except ChainBusy as problem:
                log.warning("the task secret is not pledged: %s; trying again", problem)
            block = await head.beyond(block)

    async def look(self, block: int) -> None:
        """Publishes what is due at a block; raises ChainBusy when a later look may do."""
        if block < self._quiet_until:
            return None
        epoch = await self._chain.epoch()
        self._seen = epoch.index
        published = await self._chain.board.of(self._hotkey)
        shown = None if published is None else Pledge.read(published.text)
        if published is not None and published.text and shown is None:
            return self._rest(
                epoch, "task secrets are not pledged: this hotkey's commitment holds something else"
            )
        over = epoch.index if self._asking is None else min(epoch.index, self._asking)
        wanted = due(self._secret, shown, epoch.index, over - 1)
        if wanted is not None:
            await self._publish(epoch, wanted)
        elif over == epoch.index:
            self._rest(epoch)
        return None

    async def _publish(self, epoch: Epoch, wanted: Pledge) -> None:
        try:
            await self._chain.board.publish(self._wallet, wanted.text())
        except ChainBusy:
            raise
        except ChainError as problem:
            self._rest(epoch, f"task secrets are not pledged in this epoch: {problem}")
        else:
            past = "none" if wanted.past is None else f"that of epoch {wanted.past}"
            log.info("pledged the task secret of epoch %d, revealed %s", wanted.epoch, past)

    def _rest(self, epoch: Epoch, why: str = "") -> None:
        """No look until the next epoch, or the next block where no epoch is due."""
        self._quiet_until = epoch.next_block if epoch.next_block is not None else epoch.block + 1
        if why and why not in self._said:
            self._said.add(why)
            log.warning("%s", why)
