"""Watching the local network: epochs, weights and seats as they happen, and when the run is over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from neurons.localnet.processes import Processes
from neurons.localnet.record import Record, StatusFile, replaced
from neurons.localnet.rpc import rpc
from neurons.localnet.screen import Screen, View
from neurons.localnet.staging import Staging
from subnet.chain import Chain, Epoch
from subnet.errors import ChainBusy, ConditionError
from subnet.protocol import Hotkey, Peer

STALL_SECONDS = 30.0
NEWCOMER_AFTER = 2  # epochs


@dataclass
class Watch:
    """Follows the subnet block by block; `base_index` is the chain's epoch count at the start."""

    chain: Chain
    staging: Staging
    record: Record
    screen: Screen
    processes: Processes
    status: list[StatusFile]
    enter: Callable[[int], Coroutine[None, None, None]]
    base_index: int
    scores: dict[str, dict[str, float]] = field(default_factory=dict)
    newcomer: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Follows the chain block by block until the epochs asked for have run."""
        try:
            await self.follow()
        finally:
            if self.newcomer is not None:
                self.newcomer.cancel()
                await asyncio.wait({self.newcomer})

    async def follow(self) -> None:
        """The loop over blocks."""
        members = await self.chain.peers()
        async with aclosing(self.chain.blocks()) as blocks:
            while not self.over():
                block = await self.next_block(blocks)
                self.read_status()
                peers, epoch = await self.chain.peers(), await self.chain.epoch()
                self.announce_replacements(members, peers)
                members = peers
                await self.note_epochs(epoch)
                if not self.over():
                    self.consider_newcomer(block, peers)
                self.show(block, peers, epoch)

    async def next_block(self, blocks: AsyncGenerator[int, None]) -> int:
        """The next block's number; ConditionError when a process died or the chain stands still."""
        try:
            async with asyncio.timeout(STALL_SECONDS):
                block = await anext(blocks)
        except (TimeoutError, ChainBusy):
            await asyncio.sleep(0.1)  # a dead chain process is the better explanation, if it comes
            self.processes.check()
            raise ConditionError(f"no block for {STALL_SECONDS:g} s: the chain stands still") from None
        self.processes.check()
        return block

    def over(self) -> bool:
        """Whether the run is complete: one more epoch is played when the newcomer has not earned yet."""
        wanted, played = self.staging.epochs, len(self.record.epochs)
        if not wanted or played < wanted or self.weights_open():
            return False
        row = self.record.epochs[-1].of("newcomer")
        earned = row is not None and row.incentive > 0
        return earned or wanted <= NEWCOMER_AFTER or played > wanted

    def weights_open(self) -> bool:
        """Whether weights of a played epoch still wait for their read-back."""
        latest = {(line["validator"], line["epoch"]): line["status"] for line in self.record.weights}
        return any(
            status != "effective" and 2 <= epoch <= min(self.staging.epochs, len(self.record.epochs))
            for (_, epoch), status in latest.items()
        )

    def read_status(self) -> None:
        """Takes in what the validators have written since the last look."""
        for file in self.status:
            for line in file.new_lines():
                if line["kind"] == "round":
                    self.scores[file.validator] = line["scores"]
                elif line["kind"] == "weights":
                    self.note_weights(file.validator, line)

    def note_weights(self, validator: str, line: Mapping[str, Any]) -> None:
        """Weights sent while N epochs have run count in epoch N + 1, which is where the report puts them."""
        epoch = int(line["epoch"]) - self.base_index + 1
        entry = {"validator": validator, "epoch": epoch, "block": line["block"]}
        entry |= {"status": line["status"], "path": line["path"]}
        same = [
            known
            for known in self.record.weights
            if (known["validator"], known["epoch"]) == (validator, epoch)
        ]
        for known in same:
            self.record.weights.remove(known)
        self.record.weights.append(entry)
        if line["status"] == "effective":
            if (
                "to_first_weights" not in self.record.seconds
                or self.record.seconds["to_first_weights"] is None
            ):
                self.screen.say(
                    f"first weights are effective: {validator}, read back from block {line['block']}"
                )
            self.record.mark("to_first_weights")

    async def note_epochs(self, epoch: Epoch) -> None:
        """Records the epoch that has run since the last look, if one has."""
        if epoch.index - self.base_index <= len(self.record.epochs):
            return
        peers = await self.chain.peers(epoch.last_block)
        self.record.drained.append(await self.drained(epoch.last_block))
        row = self.record.add_epoch(epoch.last_block, peers, self.mean_scores())
        self.screen.epoch(row)

    async def drained(self, block: int) -> dict[str, int]:
        """What the epoch at `block` took from the subnet's pendings, in rao."""
        for entry in await rpc(self.staging.endpoint, "dev_epochs", self.chain.netuid):
            if entry["block"] == block:
                return {name: int(entry[name]) for name in ("server", "validator", "root", "owner")}
        raise ConditionError(f"the chain has no record of the epoch at block {block}")

    def mean_scores(self) -> dict[str, float]:
        """Scores by hotkey, the mean over the validators that have one."""
        hotkeys = {hotkey for scores in self.scores.values() for hotkey in scores}
        by_hotkey = {hotkey: [s[hotkey] for s in self.scores.values() if hotkey in s] for hotkey in hotkeys}
        return {hotkey: sum(values) / len(values) for hotkey, values in by_hotkey.items()}

    def consider_newcomer(self, block: int, peers: Mapping[Hotkey, Peer]) -> None:
        """Sends the newcomer in once two epochs have run and no seat is immune."""
        if self.newcomer is not None:
            if self.newcomer.done():
                self.newcomer.result()
            return
        immune = any(block - peer.registered_at < self.staging.tempo for peer in peers.values())
        if len(self.record.epochs) >= NEWCOMER_AFTER and not immune:
            self.newcomer = asyncio.create_task(self.enter(self.chain.netuid))

    def announce_replacements(self, before: Mapping[Hotkey, Peer], after: Mapping[Hotkey, Peer]) -> None:
        """Reports seats that changed hands, and ends the process of whoever lost one."""
        for seat in replaced(before, after, self.record):
            self.record.deregistered.append(seat)
            self.screen.say(f"{seat.name} lost seat {seat.uid} at block {seat.block} to {seat.replaced_by}")
            if seat.name in self.processes.running:
                self.processes.stop(seat.name)

    def show(self, block: int, peers: Mapping[Hotkey, Peer], epoch: Epoch) -> None:
        """The table at this block."""
        scores = self.mean_scores()
        rows = [self.record.row(peer, scores.get(peer.hotkey)) for peer in peers.values()]
        immune = {
            self.record.member(peer.hotkey).name
            for peer in peers.values()
            if block - peer.registered_at < self.staging.tempo
        }
        rows.sort(key=lambda row: row.uid)
        self.screen.show(View(block, len(self.record.epochs), epoch.blocks_left, rows, frozenset(immune)))
