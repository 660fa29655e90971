"""A validator's duty once per epoch: weights on the chain, and the proof that they are there.

The duty is looked at in every block. It sends late in the epoch, while there is still time to try again, stops
trying when the epoch is over, and calls weights set only once they were read back. Where no answer came nobody
knows whether the chain took them: reading back tells, and until then it is tried again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any

from neurons.preflight import obstacles
from subnet.chain import Chain, Epoch, Ready, Sent
from subnet.errors import ChainBusy, ChainError, ChainSilent, ConditionError
from subnet.protocol import Hotkey, Peer
from subnet.validator.journal import Entry, Journal

log = logging.getLogger(__name__)

KEEP_EPOCHS = 10
"""How many epochs the last weights stand when nothing was judged since; then they are too old to pay by."""

PLAIN_EPOCHS = 1
TIMELOCKED_EPOCHS = 100
"""Epochs after which weights that were never read back count as lost. A reveal may be due much later than the
commit: subnets choose the period."""

LOOKS_PER_CUTOFF = 40
"""How often within an activity cutoff the age of the weights on the chain is looked at."""

Weigh = Callable[[Epoch, Mapping[Hotkey, Peer], Hotkey], dict[Hotkey, float]]
"""Weights for these members at the epoch's block, given the owner's hotkey; empty when nothing was judged."""

Aged = Callable[[int, int], None]
"""Hears how many blocks old this validator's weights are, and at how many they count no more."""


def lead(tempo: int) -> int:
    """How many blocks before the epoch's end weights are sent: a quarter of it, and some 20 in short ones."""
    return max(tempo // 4, min(20, tempo // 2), 1)


class WeightDuty:
    """The weights of one validator for one mechanism."""

    def __init__(
        self,
        chain: Chain,
        wallet: Any,
        journal: Journal,
        weigh: Weigh,
        version_key: int = 0,
        aged: Aged = lambda age, cutoff: None,
    ) -> None:
        self._chain = chain
        self._wallet = wallet
        self._hotkey = Hotkey(wallet.hotkey.ss58_address)
        self._journal = journal
        self._weigh = weigh
        self._version_key = version_key
        self._aged = aged
        self._said: tuple[int, set[str]] = (-1, set())
        self._given_up: int | None = None
        self._next_age = 0

    def recover(self, block: int) -> None:
        """Closes what a former process planned and never sent; what it sent is read back by `look`."""
        for entry in self._journal.open_plans():
            if entry.status == "planned" or "weights" not in entry.detail:
                self._journal.failed(entry.plan, block, "the process ended before it sent them")

    async def look(self) -> None:
        """One look: read back what is open, and send if it is time. Raises ChainBusy when a later look may do."""
        epoch = await self._chain.epoch()
        for entry in self._journal.open_plans():
            await self._read_back(entry, epoch)
        if self._due(epoch):
            await self._send_if_able(epoch)
        if epoch.block >= self._next_age:
            await self._look_at_age(epoch)

    def _due(self, epoch: Epoch) -> bool:
        left = epoch.blocks_left
        if left is None or left > lead(epoch.tempo) or self._given_up == epoch.index:
            return False
        return not self._journal.settled(epoch.index)

    async def _send_if_able(self, epoch: Epoch) -> None:
        peers, owner, limits = (
            await self._chain.peers(),
            await self._chain.owner(),
            await self._chain.limits(),
        )
        me = peers.get(self._hotkey)
        if me is None:
            return self._say(epoch, "no weights: this hotkey has no seat")
        if found := obstacles(me, owner, limits, self._version_key):
            for line in found:
                self._say(epoch, line)
            return None
        opens = await self._chain.weights_open_at(me)
        if epoch.block < opens:
            return self._say(epoch, f"weights wait for the chain's rate limit, which opens at block {opens}")
        weights = self._weigh(epoch, peers, owner) or self._too_old(epoch, peers, owner)
        if not weights:
            return self._say(epoch, "nothing was judged: the weights on the chain stay as they are")
        return await self._send(epoch, weights)

    def _too_old(self, epoch: Epoch, peers: Mapping[Hotkey, Peer], owner: Hotkey) -> dict[Hotkey, float]:
        """All to the owner when the weights on the chain are ours and too old to pay by, else nothing."""
        last = self._journal.last_effective()
        if last is None or epoch.block - last <= KEEP_EPOCHS * epoch.tempo or owner not in peers:
            return {}
        log.warning("nothing was judged for %d epochs: all is burnt from now on", KEEP_EPOCHS)
        return {owner: 1.0}

    async def _send(self, epoch: Epoch, weights: Mapping[Hotkey, float]) -> None:
        plan = self._journal.plan(epoch.index, epoch.block, weights)
        try:
            ready = await self._chain.prepare(self._hotkey, weights)
        except (ChainError, ConditionError) as problem:
            self._journal.failed(plan, epoch.block, str(problem))
            log.warning("weights were not sent: %s; trying again", problem)
            return
        await self._send_ready(epoch, plan, ready)

    async def _send_ready(self, epoch: Epoch, plan: int, ready: Ready) -> None:
        self._journal.sent(plan, ready.sent.block, asdict(ready.sent))
        try:
            sent = await self._chain.send(self._wallet, ready, self._version_key)
        except ChainSilent as problem:
            log.warning("nobody knows whether the weights arrived: %s; reading back tells", problem)
        except ChainBusy as problem:
            self._journal.failed(plan, epoch.block, str(problem))
            log.warning("weights: %s; trying again until the epoch ends", problem)
        except ChainError as problem:
            self._given_up = epoch.index
            self._journal.failed(plan, epoch.block, str(problem))
            log.error("no weights in this epoch: %s", problem)
        else:
            self._journal.included(plan, sent.block, asdict(sent))
            log.info(
                "weights on %d hotkeys are in block %d; not yet read back", len(sent.weights), sent.block
            )

    async def _read_back(self, entry: Entry, epoch: Epoch) -> None:
        """Makes a plan effective if the chain holds it, or gives it up when it no longer can."""
        sent = Sent(**entry.detail)
        found = await self._chain.read_back(sent)
        if found is None:
            return self._give_up_if_late(entry, sent, epoch)
        if entry.status == "sent":
            self._journal.included(entry.plan, found, asdict(replace(sent, block=found)))
        self._journal.confirm(entry.plan, epoch.block, True)
        log.info("weights set: read back from the chain at block %d", epoch.block)
        return None

    def _give_up_if_late(self, entry: Entry, sent: Sent, epoch: Epoch) -> None:
        patience = (
            TIMELOCKED_EPOCHS if (entry.status, sent.path) == ("included", "timelocked") else PLAIN_EPOCHS
        )
        overtaken = self._journal.overtaken(entry.plan)
        if overtaken or epoch.index > entry.epoch + patience:
            reason = "later weights took their place" if overtaken else "the chain never showed these weights"
            self._journal.failed(entry.plan, epoch.block, reason)
            log.error("weights of block %d were not set: %s", sent.block, reason)

    async def _look_at_age(self, epoch: Epoch) -> None:
        """Tells how old the weights on the chain are, and raises the alarm at half of the activity cutoff."""
        me = (await self._chain.peers()).get(self._hotkey)
        cutoff = (await self._chain.limits()).activity_cutoff
        self._next_age = epoch.block + max(1, cutoff // LOOKS_PER_CUTOFF)
        if me is None or not me.validator_permit:
            return
        age = max(0, epoch.block - await self._chain.last_update(me))
        self._aged(age, cutoff)
        if 2 * age >= cutoff:
            log.error(
                "ALARM: the weights on the chain are %d blocks old; from %d on they count no more",
                age,
                cutoff,
            )

    def _say(self, epoch: Epoch, line: str) -> None:
        """Logs a line once per epoch."""
        if self._said[0] != epoch.index:
            self._said = (epoch.index, set())
        if line not in self._said[1]:
            self._said[1].add(line)
            log.warning("%s", line)
