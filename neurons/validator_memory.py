"""A validator's memory: the ledger, and with which of the subnet's periods its observations become scores."""

from __future__ import annotations

from collections.abc import Mapping

from subnet.chain import Chain, Epoch
from subnet.protocol import Hotkey, Peer
from subnet.validator.compaction import Budget
from subnet.validator.context import Context, Contexts
from subnet.validator.ledger import Ledger
from subnet.validator.round import Round
from subnet.validator.scores import Rules, Score
from subnet.validator.store import Store

HALF_LIFE_EPOCHS = 2
"""Epochs after which an observation counts half: a miner that changes is paid for it within hours."""

MEGABYTE = 1 << 20


class Memory:
    """The ledger under the rules of its subnet, within its budget of megabytes."""

    def __init__(self, store: Store, chain: Chain, megabytes: int) -> None:
        self.ledger = Ledger(store)
        self._contexts = Contexts(store)
        self._budget = Budget(store, megabytes * MEGABYTE)
        self._chain = chain
        self._immunity = 0
        self._epoch = -1

    async def refresh(self, epoch: Epoch) -> None:
        """Reads the subnet's immunity period, once in an epoch."""
        if epoch.index != self._epoch:
            self._immunity = (await self._chain.limits()).immunity
            self._epoch = epoch.index

    def keep(self, played: Round, epoch: Epoch, members: Mapping[Hotkey, Peer]) -> dict[Hotkey, Score]:
        """Writes a round to the ledger; returns the scores with it."""
        self.ledger.append(played.observations())
        self._contexts.note(Context(epoch.block, epoch.index, self._rules(epoch), members))
        return self.scores(epoch, members)

    async def tidy(self, epoch: Epoch) -> None:
        """Keeps the ledger within its budget; takes seconds when it must be compacted, and lets others run."""
        await self._budget.keep(epoch.block, epoch.index)

    def scores(self, epoch: Epoch, members: Mapping[Hotkey, Peer]) -> dict[Hotkey, Score]:
        """The members' scores at the epoch's block."""
        return self.ledger.scores(epoch.block, members, self._rules(epoch))

    def _rules(self, epoch: Epoch) -> Rules:
        return Rules(half_life=max(1, HALF_LIFE_EPOCHS * epoch.tempo), immunity=self._immunity)
