"""A subnet on a real chain with an owner, a validator and a miner that are as they should be."""

import asyncio
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from neurons.doctor_facts import gathered
from neurons.localnet.cast import Keys, Member, make_wallets
from subnet.advice.doctor import Role, examined
from subnet.advice.line import Line
from subnet.devnet import Devnet, devnet
from subnet.devnet.pallets.subtensor.storage import Uids
from subnet.protocol import Address
from subnet.settings import DoctorSettings
from subnet.transport.listening import address_of, listen, serving
from subnet.transport.server import Server

NAMES = ("owner", "vera", "miner", "poor", "stranger")
TEMPO = 20
HOME = "127.0.0.2"  # loopback as the chain takes it


@dataclass
class World:
    """The subnet, everybody's wallets, and the words with which the doctor is called."""

    chain: Devnet
    netuid: int
    keys: dict[str, Keys]
    wallets: Path
    port: int
    words: dict[str, str] = field(default_factory=dict)
    wallet: str = ""

    def fresh(self) -> None:
        """The words as they are when nothing is wrong."""
        self.wallet = ""
        self.words = {
            "--network": self.chain.address,
            "--netuid": str(self.netuid),
            "--wallet-path": str(self.wallets),
            "--port": str(self.port),
            "--time-server": "",
            "--chain-seconds": "10",
        }

    def argv(self, role: Role) -> list[str]:
        """The command line for the healthy neuron of a role, or for the wallet that was named instead."""
        usual = {"miner": "miner", "validator": "vera", "owner": "owner"}[role]
        words = {**self.words, "--wallet": self.wallet or usual}
        return [word for pair in words.items() for word in pair]

    async def lines(self, role: Role) -> dict[str, Line]:
        """What the doctor says of the neuron of a role, by check."""
        settings = DoctorSettings.read(self.argv(role), program="doctor", about="")
        return {line.check: line for line in examined(role, await gathered(role, settings))}

    async def root(self, name: str, **arguments: Any) -> None:
        """A setting by root."""
        await self.chain.call(None, f"AdminUtils.{name}", **arguments)

    async def publish(self, name: str, address: Address) -> None:
        """Writes an axon record by the neuron's own hotkey."""
        ip = int(ip_address(address.host))
        place = {"ip": ip, "port": address.port, "ip_type": 4, "protocol": 4, "version": 1}
        unused = {"placeholder1": 0, "placeholder2": 0}
        hotkey = self.keys[name].hotkey
        await self.chain.call(hotkey, "SubtensorModule.serve_axon", netuid=self.netuid, **place, **unused)

    async def weigh(self) -> None:
        """The validator gives all its weight to the miner."""
        uid = Uids[self.chain.node.state, self.netuid, self.keys["miner"].wallet.hotkey.public_key]
        vote = {"netuid": self.netuid, "dests": [uid], "weights": [65535], "version_key": 0}
        await self.chain.call(self.keys["vera"].hotkey, "SubtensorModule.set_weights", **vote)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def settled(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """The subnet, after an epoch that gave the permit and weights that are on the chain; the miner runs."""
    wallets = tmp_path_factory.mktemp("wallets")
    keys = make_wallets([Member(name, "miner") for name in NAMES], wallets, 1)
    listener = listen("0.0.0.0", 0)
    port = address_of(listener).port
    answers: Any = None  # nobody asks
    server = Server(keys["miner"].wallet.hotkey, answers, lambda caller: None)
    async with devnet(mode="instant", seed="the doctor", checked=True) as chain, serving(server, listener):
        for name in NAMES:
            await chain.fund(keys[name].coldkey, 3_000)
        netuid = await chain.register_subnet(keys["owner"].hotkey, keys["owner"].coldkey)
        world = World(chain, netuid, keys, wallets, port)
        await _furnish(world)
        yield world
        assert chain.node.failures == []


async def _furnish(world: World) -> None:
    netuid, keys = world.netuid, world.keys
    await world.root("sudo_set_commit_reveal_weights_enabled", netuid=netuid, enabled=False)
    await world.root("sudo_set_weights_set_rate_limit", netuid=netuid, weights_set_rate_limit=1)
    await world.root("sudo_set_serving_rate_limit", netuid=netuid, serving_rate_limit=0)
    await world.root("sudo_set_max_allowed_validators", netuid=netuid, max_allowed_validators=2)
    await world.root("sudo_set_min_non_immune_uids", netuid=netuid, min=0)
    await world.root("sudo_set_immunity_period", netuid=netuid, immunity_period=3 * TEMPO)
    for name in ("vera", "miner", "poor"):
        await world.chain.register(netuid, keys[name].hotkey, keys[name].coldkey)
    stake = {"hotkey": keys["vera"].hotkey, "netuid": netuid, "amount_staked": 500 * 10**9}
    await world.chain.call(keys["vera"].coldkey, "SubtensorModule.add_stake", **stake)
    await world.root("sudo_set_tempo", netuid=netuid, tempo=TEMPO)
    await world.chain.epochs(netuid)
    await world.publish("miner", Address(HOME, world.port))
    await world.weigh()


@pytest_asyncio.fixture(loop_scope="module")
async def world(settled: World) -> AsyncIterator[World]:
    """The settled subnet; what a test does to the chain is undone."""
    settled.fresh()
    before = settled.chain.snapshot()
    yield settled
    settled.chain.revert(before)


@asynccontextmanager
async def _time_server(ahead: float) -> AsyncIterator[str]:
    """A real NTP server on loopback whose clock is so many seconds ahead of ours."""

    class Answer(asyncio.DatagramProtocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport

        def datagram_received(self, data: bytes, addr: Any) -> None:
            now = time.time() + ahead + 2_208_988_800
            stamp = struct.pack("!II", int(now), int(now % 1 * (1 << 32)))
            self.transport.sendto(b"\x24\x02" + bytes(22) + data[40:48] + stamp + stamp, addr)

    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Answer, local_addr=("127.0.0.1", 0))
    try:
        yield f"127.0.0.1:{transport.get_extra_info('sockname')[1]}"
    finally:
        transport.close()


@pytest.fixture
def time_server() -> Any:
    """`async with time_server(seconds) as address`."""
    return _time_server
