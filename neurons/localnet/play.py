"""The run itself: start the chain, found the subnet, start the neurons, watch epochs, send in the newcomer."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass, field

from neurons.localnet.cast import HOTKEY_NAME, Keys, Member
from neurons.localnet.founding import Founder, Terms, found
from neurons.localnet.processes import Processes
from neurons.localnet.record import Record, StatusFile
from neurons.localnet.rpc import rpc
from neurons.localnet.screen import Screen
from neurons.localnet.staging import Staging
from neurons.localnet.watch import STALL_SECONDS, Watch
from subnet.chain import Chain

# The chain refuses to publish 127.0.0.1; Linux treats all of 127.0.0.0/8 as this machine.
AXON_HOST = "127.0.0.2"
CHAIN_SECONDS = 30.0
# A validator's rhythm here: enough tasks before the first weights that even the weak model has solved some,
# and no long wait for the miner that never answers.
ROUND_SECONDS = 1.0
QUERY_SECONDS = 0.8
TASKS_PER_ROUND = 8


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
            base_index = (await chain.epoch()).index
            self.screen.say(f"tempo is {self.staging.tempo} blocks; the first epoch gives permits")
            watch = Watch(
                chain=chain,
                staging=self.staging,
                record=self.record,
                screen=self.screen,
                processes=self.processes,
                status=self.status,
                enter=self.enter,
                base_index=base_index,
            )
            await watch.run()

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
        if staging.keep:
            argv += ["--state", str(staging.folder / "chain-state")]
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

    async def enter(self, netuid: int) -> None:
        """The newcomer buys the weakest seat and starts to serve."""
        member = next(member for member in self.members if member.newcomer)
        self.screen.say(f"{member.name} registers: the subnet is full, the weakest seat goes")
        await Founder(self.staging.endpoint, self.keys).register(netuid, member.name)
        self.start_miner(member, netuid)


def _listens(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex((host, port)) == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((AXON_HOST, 0))
        return int(probe.getsockname()[1])
