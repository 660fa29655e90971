"""A validator's duty once per epoch: weights on the chain, and the proof that they are there.

The duty is looked at in every block. It sends late in the epoch, while there is still time to try again, stops
trying when the epoch is over, and calls weights set only once they were read back.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from subnet.chain import Chain, Epoch, Sent
from subnet.errors import ChainBusy, ChainError, ConditionError
from subnet.protocol import Hotkey, Peer
from subnet.validator.journal import Entry, Journal

log = logging.getLogger(__name__)

KEEP_EPOCHS = 10
"""How many epochs the last weights stand when nothing was judged since; then they are too old to pay by."""

PLAIN_EPOCHS = 1
TIMELOCKED_EPOCHS = 100
"""Epochs after which weights that were never read back count as lost. A reveal may be due much later than the
commit: subnets choose the period."""

Weigh = Callable[[Epoch, Mapping[Hotkey, Peer], Hotkey], dict[Hotkey, float]]
"""Weights for these members at the epoch's block, given the owner's hotkey; empty when nothing was judged."""


def lead(tempo: int) -> int:
    """How many blocks before the epoch's end weights are sent: a quarter of it, and some 20 in short ones."""
    return max(tempo // 4, min(20, tempo // 2), 1)


class WeightDuty:
    """The weights of one validator."""

    def __init__(self, chain: Chain, wallet: Any, journal: Journal, weigh: Weigh) -> None:
        self._chain = chain
        self._wallet = wallet
        self._hotkey = Hotkey(wallet.hotkey.ss58_address)
        self._journal = journal
        self._weigh = weigh
        self._said: tuple[int, str] | None = None
        self._given_up: int | None = None

    def recover(self, block: int) -> None:
        """Closes what a former process left half done: nobody knows whether the chain took it."""
        for entry in self._journal.open_plans():
            if entry.status != "included":
                self._journal.failed(entry.plan, block, "the process ended before the chain answered")

    async def look(self) -> None:
        """One look: read back what is open, and send if it is time. Raises ChainBusy when a later look may do."""
        epoch = await self._chain.epoch()
        for entry in self._journal.open_plans():
            await self._read_back(entry, epoch)
        if self._due(epoch):
            await self._send_if_able(epoch)

    def _due(self, epoch: Epoch) -> bool:
        left = epoch.blocks_left
        if left is None or left > lead(epoch.tempo) or self._given_up == epoch.index:
            return False
        return not self._journal.settled(epoch.index)

    async def _send_if_able(self, epoch: Epoch) -> None:
        peers = await self._chain.peers()
        me = peers.get(self._hotkey)
        if me is None or not me.validator_permit:
            return self._say(epoch, "no weights: no validator permit; the epoch gives permits by stake")
        opens = await self._chain.weights_open_at(self._hotkey)
        if epoch.block < opens:
            return self._say(epoch, f"weights wait for the chain's rate limit, which opens at block {opens}")
        owner = await self._chain.owner()
        weights = self._weigh(epoch, peers, owner) or self._too_old(epoch, peers, owner)
        if not weights:
            return self._say(epoch, "nothing was judged: the weights on the chain stay as they are")
        await self._send(epoch, weights)
        return None

    def _too_old(self, epoch: Epoch, peers: Mapping[Hotkey, Peer], owner: Hotkey) -> dict[Hotkey, float]:
        """All to the owner when the weights on the chain are ours and too old to pay by, else nothing."""
        last = self._journal.last_effective()
        if last is None or epoch.block - last <= KEEP_EPOCHS * epoch.tempo or owner not in peers:
            return {}
        log.warning("nothing was judged for %d epochs: all is burnt from now on", KEEP_EPOCHS)
        return {owner: 1.0}

    async def _send(self, epoch: Epoch, weights: Mapping[Hotkey, float]) -> None:
        plan = self._journal.plan(epoch.index, epoch.block, weights)
        self._journal.sent(plan, epoch.block)
        try:
            sent = await self._chain.set_weights(self._wallet, weights)
        except ChainBusy as problem:
            self._journal.failed(plan, epoch.block, str(problem))
            raise
        except (ChainError, ConditionError) as problem:
            self._given_up = epoch.index
            self._journal.failed(plan, epoch.block, str(problem))
            log.error("no weights in this epoch: %s", problem)
            return
        self._journal.included(plan, sent.block, asdict(sent))
        log.info("weights on %d hotkeys are in block %d; not yet read back", len(weights), sent.block)

    async def _read_back(self, entry: Entry, epoch: Epoch) -> None:
        """Makes an included plan effective if the chain holds it, or gives it up when it no longer can."""
        sent = Sent(**entry.detail)
        if self._journal.confirm(entry.plan, epoch.block, await self._chain.read_back(sent)):
            log.info("weights set: read back from the chain at block %d", epoch.block)
            return
        patience = PLAIN_EPOCHS if sent.path == "plain" else TIMELOCKED_EPOCHS
        overtaken = self._journal.overtaken(entry.plan)
        if overtaken or epoch.index > entry.epoch + patience:
            reason = "later weights took their place" if overtaken else "the chain never showed these weights"
            self._journal.failed(entry.plan, epoch.block, reason)
            log.error("weights of block %d were not set: %s", sent.block, reason)

    def _say(self, epoch: Epoch, line: str) -> None:
        """Logs a line once per epoch."""
        if self._said != (epoch.index, line):
            self._said = (epoch.index, line)
            log.warning("%s", line)
