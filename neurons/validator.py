"""The validator: asks miners, judges what they reply, remembers it, and sets weights once per epoch.

One TaskGroup owns three tasks: `rounds`, `weights` and `watch`. Each call they make has a deadline; when no
block arrives for `--stale-seconds` the process ends with exit code 3, so that a supervisor can start it again,
and it goes on where the ledger ends.
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

from neurons.head import Head
from neurons.process import run
from neurons.validator_parts import Parts, assembled, rules
from subnet.chain import Epoch, seat_hint
from subnet.errors import ChainBusy, ChainError, ConditionError
from subnet.protocol import Hotkey, Peer
from subnet.settings import ValidatorSettings
from subnet.tasks.base import Task
from subnet.tasks.draw import Draw
from subnet.validator.round import Moment, Round, play
from subnet.validator.sampling import candidates, choose

ABOUT = "Ask the miners of a subnet, score their answers, and set weights."
STANDARD_ERROR = 2
FROZEN_SECONDS = 30.0
"""How much longer than --stale-seconds the event loop may stand still before the process is ended from outside."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Validator:
    """One running validator: its parts, the newest block, and what it has said."""

    settings: ValidatorSettings
    parts: Parts
    head: Head
    rng: random.Random = field(default_factory=lambda: random.Random(secrets.randbits(256)))
    said: set[str] = field(default_factory=set)
    epoch_hashes: dict[int, str] = field(default_factory=dict)

    async def work(self) -> None:
        """Runs until cancelled; raises the first failure that ends the process."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.watch())
                group.create_task(self.rounds())
                group.create_task(self.weights())
        except BaseExceptionGroup as several:
            _raise_first(several)

    async def watch(self) -> None:
        """Passes on the chain's blocks; ConditionError when they stop coming."""
        stale = self.settings.stale_seconds
        blocks = aiter(self.parts.chain.blocks())
        while True:
            # Ends the process from a thread of the interpreter when not even this loop runs any more.
            faulthandler.dump_traceback_later(stale + FROZEN_SECONDS, exit=True, file=STANDARD_ERROR)
            try:
                async with asyncio.timeout(stale):
                    while (block := await anext(blocks)) <= self.head.block:
                        pass
            except TimeoutError:
                raise ConditionError(
                    f"no new block for {stale:g} s: the chain stands still; start again"
                ) from None
            except (ChainBusy, StopAsyncIteration) as ended:
                raise ConditionError(
                    f"the chain sends no more blocks: {ended or 'it hung up'}; start again"
                ) from None
            await self.head.advance(block)

    async def rounds(self) -> None:
        """One round after the other, one every `--round-seconds`."""
        clock = asyncio.get_running_loop().time
        while True:
            began = clock()
            try:
                await self.round()
            except ChainBusy as problem:
                log.warning("no round: %s", problem)
            await asyncio.sleep(max(0.0, began + self.settings.round_seconds - clock()))

    async def round(self) -> None:
        """Asks a sample of the miners, and keeps what came of it."""
        peers, epoch = await self.parts.chain.peers(), await self.parts.chain.epoch()
        if not self.seat(peers).validator_permit:
            return self._say(
                "no rounds yet: no validator permit, so miners refuse; an epoch gives permits by stake"
            )
        observed = self.parts.ledger.observed()
        members = candidates(peers.values(), self.parts.hotkey, observed)
        miners = choose(members, observed, self.settings.sample_size, self.rng)
        if not miners:
            return self._say("no rounds yet: no miner has published an address")
        tasks = await self._tasks(epoch)
        moment = Moment(secrets.token_hex(8), epoch.index, epoch.block)
        self._keep(await play(moment, tasks, miners, self.parts.client, self.parts.judge), peers, epoch)
        return None

    async def weights(self) -> None:
        """Looks after the weights in every block."""
        self.parts.duty.recover(self.head.block)
        block = self.head.block
        while True:
            block = await self.head.beyond(block)
            try:
                await self.parts.duty.look()
            except ChainBusy as problem:
                log.warning("weights: %s; trying again", problem)

    def _keep(self, played: Round, peers: Mapping[Hotkey, Peer], epoch: Epoch) -> None:
        """Writes the round to the ledger, then tells the sinks."""
        judged = played.judgements
        answered = sum(judgement.reply.answer is not None for judgement in judged)
        if not answered:
            # Everybody silent at once says more about this machine's network than about every miner.
            log.warning("round dropped: none of %d queries was answered (%s)", len(judged), _failures(played))
            return
        self.parts.ledger.append(played.observations())
        scores = self.parts.ledger.scores(epoch.block, peers, rules(epoch))
        for sink in self.parts.sinks:
            sink.round(played, scores)
        log.info("block %d: %d of %d queries answered", epoch.block, answered, len(judged))

    async def _tasks(self, epoch: Epoch) -> list[Task]:
        """New tasks: their indices are spent before anybody is asked, so that no restart repeats one."""
        if epoch.index not in self.epoch_hashes:
            self.epoch_hashes.clear()
            self.epoch_hashes[epoch.index] = await self._hash(epoch.last_block)
        draw = Draw(self.parts.source, self.parts.secret, epoch.index, self.epoch_hashes[epoch.index])
        indices = self.parts.ledger.draw(epoch.index, self.settings.tasks_per_round)
        return draw.tasks(indices, self.settings.query_seconds)

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
            s = self.settings
            raise ConditionError(
                f"hotkey {self.parts.hotkey} has no seat on subnet {s.netuid}; register it: "
                + seat_hint(s.network, s.netuid, s.wallet, s.wallet_hotkey)
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
        validator = Validator(settings, parts, Head(await parts.chain.block()))
        uid = validator.seat(await parts.chain.peers()).uid
        log.info("%s has seat %d on subnet %d of %s", parts.hotkey, uid, settings.netuid, settings.network)
        log.info("task secret committed to by %s", parts.secret.commitment())
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
