"""The validator: asks miners, judges what they reply, remembers it, and sets weights once per epoch.

One TaskGroup owns the tasks: rounds, weights, and the heartbeat that watches the blocks. Each call they make has a
deadline; when no block arrives, or a part gets no answer from the chain, for `--stale-seconds` the process ends
with exit code 3, so that a supervisor can start it again, and it goes on where the ledger ends.
"""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import random
import secrets
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from neurons.head import Head, Trouble
from neurons.heartbeat import Heartbeat
from neurons.process import run
from neurons.validator_parts import Parts, assembled
from subnet.chain import Epoch, seat_hint
from subnet.errors import ChainBusy, ChainError, ConditionError
from subnet.protocol import Hotkey, Peer
from subnet.settings import ValidatorSettings
from subnet.tasks.base import Task
from subnet.tasks.draw import Draw
from subnet.tasks.references import finished
from subnet.validator.round import Moment, Round, play
from subnet.validator.sampling import candidates, choose

ABOUT = "Ask the miners of a subnet, score their answers, and set weights."
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Validator:
    """One running validator: its parts, the newest block, and what it has said."""

    settings: ValidatorSettings
    parts: Parts
    heart: Heartbeat
    rng: random.Random = field(default_factory=lambda: random.Random(secrets.randbits(256)))
    said: set[str] = field(default_factory=set)
    epoch_hashes: dict[int, str] = field(default_factory=dict)

    async def work(self) -> None:
        """Runs until cancelled; raises the first failure that ends the process."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.heart.beat())
                group.create_task(self.rounds())
                group.create_task(self.weights())
                # A hotkey has one commitment on a subnet, however many mechanisms it works for.
                if not self.settings.unpledged and not self.settings.mechid:
                    group.create_task(self.parts.pledges.keep(self.heart.head))
        except BaseExceptionGroup as several:
            _raise_first(several)

    async def rounds(self) -> None:
        """One round after the other, one every `--round-seconds`; none while the chain stands still."""
        trouble = Trouble("rounds", self.settings.stale_seconds)
        clock = asyncio.get_running_loop().time
        while True:
            began = clock()
            try:
                if self.heart.head.age < self.heart.patience:
                    with self.parts.pledges.asking():
                        await self.round()
                    trouble.over()
            except ChainBusy as problem:
                log.warning("no round: %s", problem)
                trouble.met(began, problem)
            await asyncio.sleep(max(0.0, began + self.settings.round_seconds - clock()))

    async def round(self) -> None:
        """Asks a sample of the miners, and keeps what came of it."""
        peers, epoch = await self.parts.chain.peers(), await self.parts.chain.epoch()
        await self.parts.memory.refresh(epoch)
        if not self.seat(peers).validator_permit:
            return self._say(
                "no rounds yet: no validator permit, so miners refuse; an epoch gives permits by stake"
            )
        observed = self.parts.memory.ledger.observed()
        members = candidates(peers.values(), self.parts.hotkey, observed)
        miners = choose(members, observed, self.settings.sample_size, self.rng)
        if not miners:
            return self._say("no rounds yet: no miner has published an address")
        tasks = await self._tasks(epoch)
        if not tasks:
            return log.warning("no round: the reference model answered none of its tasks")
        moment = Moment(secrets.token_hex(8), epoch.index, epoch.block)
        self._keep(await play(moment, tasks, miners, self.parts.bench), peers, epoch)
        return await self.parts.memory.tidy(epoch)

    async def weights(self) -> None:
        """Looks after the weights in every block."""
        trouble = Trouble("weights", self.settings.stale_seconds)
        head = self.heart.head
        self.parts.duty.recover(head.block)
        block = head.block
        while True:
            block = await head.beyond(block)
            began = asyncio.get_running_loop().time()
            try:
                await self.parts.duty.look()
                trouble.over()
            except ChainBusy as problem:
                log.warning("weights: %s; trying again", problem)
                trouble.met(began, problem)

    def _keep(self, played: Round, peers: Mapping[Hotkey, Peer], epoch: Epoch) -> None:
        """Writes the round to the ledger, then tells the sinks."""
        judged = played.judgements
        answered = sum(judgement.reply.answer is not None for judgement in judged)
        if not answered:
            # Everybody silent at once says more about this machine's network than about every miner.
            log.warning("round dropped: none of %d queries was answered (%s)", len(judged), _failures(played))
            return
        scores = self.parts.memory.keep(played, epoch, peers)
        for sink in self.parts.sinks:
            sink.round(played, scores)
        log.info("block %d: %d of %d queries answered", epoch.block, answered, len(judged))

    async def _tasks(self, epoch: Epoch) -> list[Task]:
        """New tasks: their indices are spent before anybody is asked, so that no restart repeats one."""
        if epoch.index not in self.epoch_hashes:
            self.epoch_hashes.clear()
            self.epoch_hashes[epoch.index] = await self._hash(epoch.last_block)
        draw = Draw(self.parts.source, self.parts.secret, epoch.index, self.epoch_hashes[epoch.index])
        indices = self.parts.memory.ledger.draw(epoch.index, self.settings.tasks_per_round)
        drawn = draw.tasks(indices, self.settings.query_seconds)
        return await finished(drawn, self.parts.complete, self.settings.reference_seconds)

    async def _hash(self, block: int) -> str:
        try:
            return await self.parts.chain.block_hash(block)
        except ChainBusy:
            raise
        except ChainError as problem:
            log.warning("this epoch's families follow its number alone, not the block's hash: %s", problem)
            return ""

    def seat(self, peers: Mapping[Hotkey, Peer]) -> Peer:
        """This validator as a member; ConditionError, with the remedy, when it is none."""
        me = peers.get(self.parts.hotkey)
        if me is None:
            raise ConditionError(
                f"hotkey {self.parts.hotkey} has no seat on subnet {self.settings.netuid}; register it: "
                + seat_hint(self.settings)
            )
        return me

    def _say(self, line: str) -> None:
        """Logs a line the first time it is true."""
        if line not in self.said:
            self.said.add(line)
            log.warning("%s", line)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a validator until a signal; exit code 0 ended, 2 usage, 3 no seat, key, state or blocks, 1 else."""
    settings = ValidatorSettings.read(argv, program="assay validator", about=ABOUT)
    try:
        return run("assay validator", validate(settings), settings.verbose)
    finally:
        faulthandler.cancel_dump_traceback_later()


async def validate(settings: ValidatorSettings) -> None:
    """Builds the parts, checks the seat, and works for ever."""
    async with assembled(settings) as parts:
        head = Head(await parts.chain.block())
        heart = Heartbeat(parts.chain, head, settings.stale_seconds, parts.keeps_time)
        validator = Validator(settings, parts, heart)
        uid = validator.seat(await parts.chain.peers()).uid
        log.info("%s has seat %d on subnet %d of %s", parts.hotkey, uid, settings.netuid, settings.network)
        await validator.work()


def _failures(played: Round) -> str:
    return ", ".join(sorted({str(judgement.reply.failure) for judgement in played.judgements}))


def _raise_first(several: BaseExceptionGroup[BaseException]) -> NoReturn:
    first: BaseException = several
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    raise first from None


if __name__ == "__main__":
    sys.exit(main())
