"""The run itself: start the chain, found the subnet, start the neurons, watch epochs, send in the newcomer."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.asyncio.client import connect

from neurons.localnet.cast import HOTKEY_NAME, Keys, Member
from neurons.localnet.founding import Founder, Terms, found
from neurons.localnet.processes import Processes
from neurons.localnet.record import Record, StatusFile, replaced
from neurons.localnet.screen import Screen, View
from subnet.chain import Chain, Epoch
from subnet.errors import ChainBusy, ConditionError
from subnet.protocol import Hotkey, Peer

# The chain refuses to publish 127.0.0.1; Linux treats all of 127.0.0.0/8 as this machine.
AXON_HOST = "127.0.0.2"
CHAIN_SECONDS = 30.0
# A validator's rhythm here: many short rounds per epoch, and no long wait for the miner that never answers.
ROUND_SECONDS = 1.0
QUERY_SECONDS = 0.8
TASKS_PER_ROUND = 3
NEWCOMER_AFTER = 2  # epochs
STALL_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Staging:
    """The run's figures: port, blocks per epoch, seconds per block, seed, epochs to run, where files go."""

    port: int
    tempo: int
    block_time: float
    seed: int
    epochs: int
    verbose: bool
    folder: Path

    @property
    def endpoint(self) -> str:
        """The chain's websocket."""
        return f"ws://127.0.0.1:{self.port}"


@dataclass
class Play:
    """One run of the local network."""

    staging: Staging
    members: list[Member]
    keys: dict[str, Keys]
    record: Record
    processes: Processes
    screen: Screen
    status: list[StatusFile] = field(default_factory=list)
    scores: dict[str, dict[str, float]] = field(default_factory=dict)
    base_index: int = 0
    newcomer: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """From nothing to the last epoch asked for; raises ConditionError when a part fails."""
        await self.start_chain()
        importing = asyncio.create_task(self.processes.import_heavy())
        terms = Terms(self.staging.tempo, immunity=self.staging.tempo)
        netuid = await found(self.staging.endpoint, self.members, self.keys, terms, self.screen.say)
        self.record.netuid = netuid
        await importing
        async with Chain.connect(self.staging.endpoint, netuid, CHAIN_SECONDS) as chain:
            await self.start_neurons(chain)
            await Founder(self.staging.endpoint, self.keys).set_tempo(netuid, self.staging.tempo)
            self.base_index = (await chain.epoch()).index
            self.screen.say(f"tempo is {self.staging.tempo} blocks; the first epoch gives permits")
            await self.watch(chain)

    async def start_chain(self) -> None:
        """The chain's process, up to its first block."""
        staging = self.staging
        argv = [
            "--port",
            str(staging.port),
            "--block-time",
            str(staging.block_time),
            "--seed",
            str(staging.seed),
        ]
        self.processes.start("chain", "chain", argv)
        await self.processes.until(lambda: _listens("127.0.0.1", staging.port), "the chain's start")
        while int((await rpc(staging.endpoint, "chain_getHeader", None))["number"], 16) < 1:
            self.processes.check()
            await asyncio.sleep(staging.block_time / 4)
        self.record.mark("to_first_block")
        self.screen.say(f"chain at {staging.endpoint}")

    async def start_neurons(self, chain: Chain) -> None:
        """Starts miners and validators and waits until every miner has published its axon."""
        for member in self.members:
            if member.role == "miner" and not member.newcomer:
                self.start_miner(member, chain.netuid)
            elif member.role == "validator":
                self.start_validator(member, chain.netuid)
        self.screen.say("miners and validators start")
        await self.wait_for_axons(
            chain, [m.name for m in self.members if m.role == "miner" and not m.newcomer]
        )

    def start_miner(self, member: Member, netuid: int) -> None:
        """One miner process on a free port."""
        argv = [
            *self.neuron_flags(member, netuid),
            "--backend",
            member.backend,
            "--model",
            member.model or member.name,
        ]
        argv += ["--host", AXON_HOST, "--port", str(_free_port()), "--external-ip", AXON_HOST]
        self.processes.start(member.name, "miner", argv)

    def start_validator(self, member: Member, netuid: int) -> None:
        """One validator process, its ledger under the run's folder."""
        folder = self.staging.folder
        status = folder / f"{member.name}-status.jsonl"
        self.status.append(StatusFile(member.name, status))
        argv = [*self.neuron_flags(member, netuid), "--allow-private", "--status", str(status)]
        argv += ["--state", str(folder / "state" / member.name), "--stale-seconds", str(STALL_SECONDS)]
        argv += ["--round-seconds", str(ROUND_SECONDS), "--query-seconds", str(QUERY_SECONDS)]
        argv += ["--tasks-per-round", str(TASKS_PER_ROUND)]
        self.processes.start(member.name, "validator", argv)

    def neuron_flags(self, member: Member, netuid: int) -> list[str]:
        """What every neuron is told: chain, subnet, wallet."""
        wallets = str(self.staging.folder / "wallets")
        flags = ["--network", self.staging.endpoint, "--netuid", str(netuid), "--wallet", member.name]
        flags += [
            "--wallet-hotkey",
            HOTKEY_NAME,
            "--wallet-path",
            wallets,
            "--chain-seconds",
            str(CHAIN_SECONDS),
        ]
        return [*flags, "--verbose"] if self.staging.verbose else flags

    async def wait_for_axons(self, chain: Chain, names: list[str]) -> None:
        """Returns when the chain shows an address for each of the named miners."""
        hotkeys = {self.keys[name].hotkey for name in names}
        served: set[str] = set()

        async def look() -> None:
            while not hotkeys <= served:
                peers = await chain.peers()
                served.update(hotkey for hotkey, peer in peers.items() if peer.address is not None)
                await asyncio.sleep(self.staging.block_time)

        looking = asyncio.create_task(look())
        try:
            await self.processes.until(looking.done, f"the axons of {', '.join(names)}")
            await looking
        finally:
            looking.cancel()

    async def watch(self, chain: Chain) -> None:
        """Follows the chain block by block until the epochs asked for have run."""
        members = await chain.peers()
        blocks = aiter(chain.blocks())
        while not self.over():
            try:
                async with asyncio.timeout(STALL_SECONDS):
                    block = await anext(blocks)
            except TimeoutError:
                self.processes.check()
                raise ConditionError(f"no block for {STALL_SECONDS:g} s: the chain stands still") from None
            except ChainBusy:
                self.processes.check()
                raise
            self.processes.check()
            self.read_status()
            peers = await chain.peers()
            self.announce_replacements(members, peers)
            members = peers
            await self.note_epochs(chain, await chain.epoch())
            self.consider_newcomer(chain, block, peers)
            self.show(block, peers, await chain.epoch())

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

    async def note_epochs(self, chain: Chain, epoch: Epoch) -> None:
        """Records the epoch that has run since the last look, if one has."""
        if epoch.index - self.base_index <= len(self.record.epochs):
            return
        peers = await chain.peers(epoch.last_block)
        row = self.record.add_epoch(epoch.last_block, peers, self.mean_scores())
        self.record.drained.append(await self.drained(chain.netuid, epoch.last_block))
        self.screen.epoch(row)

    async def drained(self, netuid: int, block: int) -> dict[str, int]:
        """What the epoch at `block` took from the subnet's pendings, in rao."""
        for entry in await rpc(self.staging.endpoint, "dev_epochs", netuid):
            if entry["block"] == block:
                return {name: int(entry[name]) for name in ("server", "validator", "root", "owner")}
        raise ConditionError(f"the chain has no record of the epoch at block {block}")

    def mean_scores(self) -> dict[str, float]:
        """Scores by hotkey, the mean over the validators that have one."""
        hotkeys = {hotkey for scores in self.scores.values() for hotkey in scores}
        by_hotkey = {hotkey: [s[hotkey] for s in self.scores.values() if hotkey in s] for hotkey in hotkeys}
        return {hotkey: sum(values) / len(values) for hotkey, values in by_hotkey.items()}

    def consider_newcomer(self, chain: Chain, block: int, peers: Mapping[Hotkey, Peer]) -> None:
        """Sends the newcomer in once two epochs have run and no seat is immune."""
        if self.newcomer is not None:
            if self.newcomer.done():
                self.newcomer.result()
            return
        immune = any(block - peer.registered_at < self.staging.tempo for peer in peers.values())
        if len(self.record.epochs) >= NEWCOMER_AFTER and not immune:
            member = next(member for member in self.members if member.newcomer)
            self.newcomer = asyncio.create_task(self.enter(chain, member))

    async def enter(self, chain: Chain, member: Member) -> None:
        """The newcomer buys the weakest seat and starts to serve."""
        self.screen.say(f"{member.name} registers: the subnet is full, the weakest seat goes")
        await Founder(self.staging.endpoint, self.keys).register(chain.netuid, member.name)
        self.start_miner(member, chain.netuid)

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

    async def dump_state(self, path: Path) -> None:
        """Writes the chain's whole state at the head: raw storage keys and values as hex."""
        endpoint = self.staging.endpoint
        head = await rpc(endpoint, "chain_getHead")
        keys: list[str] = []
        while page := await rpc(endpoint, "state_getKeysPaged", "0x", 1000, keys[-1] if keys else "0x", head):
            keys += page
        changes = (await rpc(endpoint, "state_queryStorageAt", keys, head))[0]["changes"]
        path.write_text(json.dumps({"block": head, "storage": dict(changes)}) + "\n")


async def rpc(endpoint: str, method: str, *params: object) -> Any:
    """One JSON-RPC answer of the embedded chain, for what the SDK has no read."""
    async with asyncio.timeout(CHAIN_SECONDS), connect(endpoint, max_size=1 << 28) as socket_:
        await socket_.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}))
        reply = json.loads(await socket_.recv())
    if "error" in reply:
        raise ConditionError(f"the chain refused {method}: {reply['error'].get('message')}")
    return reply["result"]


def _listens(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex((host, port)) == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((AXON_HOST, 0))
        return int(probe.getsockname()[1])
