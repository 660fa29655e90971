"""The network that the soak wears on: a chain in a file, an owner, two validators, four miners, proxies between."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from soak_disk import Disk, disk_at
from soak_members import Member, Program
from soak_proxy import Proxy
from websockets.exceptions import WebSocketException

from neurons.localnet import cast
from neurons.localnet.cast import Keys, make_wallets
from neurons.localnet.founding import STAKE_TAO, Founder, Terms
from neurons.localnet.rpc import rpc
from subnet.chain import Chain
from subnet.errors import ConditionError

BLOCK_SECONDS = 1.0
TEMPO = 80
AXON_HOST = "127.0.0.2"  # the chain refuses to publish 127.0.0.1
STALE_SECONDS = 45.0
AGED_BLOCKS = (3000, 1200)
"""Made at once before and after the founding, so that the chain's caches and its window of history are full before
its memory is measured. More after it would give the owner's cut more stake than a validator has."""

START_SECONDS = 60.0
VALIDATORS = ("vera", "viktor")
MINERS = {
    "strong": ("transformers", "strong"),
    "weak": ("transformers", "weak"),
    "garbage": ("garbage", "garbage"),
    "crasher": ("echo", "crasher"),
}


@dataclass
class World:
    """Everything that runs, by name; `proxies` are a validator's two, and one for all miners."""

    folder: Path
    endpoint: str
    netuid: int
    keys: dict[str, Keys]
    members: dict[str, Member]
    proxies: dict[str, tuple[Proxy, ...]]
    disk: Disk

    def state(self, validator: str) -> Path:
        """A validator's ledger."""
        return self.folder / f"{validator}-state" / "validator.db"

    def status(self, validator: str) -> Path:
        """A validator's status file."""
        return self.folder / f"{validator}-status.jsonl"

    def recording(self, validator: str) -> Path:
        """Where a validator records its rounds."""
        return self.folder / f"{validator}-rounds"


@asynccontextmanager
async def world(folder: Path, seed: int, mounts: bool) -> AsyncIterator[World]:
    """A network whose first epoch is about to begin; on leaving, every process has ended."""
    async with AsyncExitStack() as stack:
        members: dict[str, Member] = {}
        group = await stack.enter_async_context(_supervision())
        port = _free_port("127.0.0.1")
        members["chain"] = Member(_chain(folder, port), folder)
        group.append(asyncio.create_task(members["chain"].supervise()))
        endpoint = f"ws://127.0.0.1:{port}"
        await _listening(endpoint)
        await rpc(endpoint, "dev_newBlock", {"count": AGED_BLOCKS[0]})
        keys = make_wallets(_cast(), folder / "wallets", seed)
        netuid = await _founded(endpoint, keys)
        names = {"vera": 2, "viktor": 2, "miners": 1}
        proxies = {
            name: tuple([await stack.enter_async_context(Proxy.before(endpoint)) for _ in range(count)])
            for name, count in names.items()
        }
        made = World(folder, endpoint, netuid, keys, members, proxies, disk_at(folder / "vera-state", mounts))
        for program in (*_miners(made), *_validators(made)):
            members[program.name] = Member(program, folder)
            group.append(asyncio.create_task(members[program.name].supervise()))
        await _all_published(made)
        await Founder(endpoint, keys).set_tempo(netuid, TEMPO)
        await rpc(endpoint, "dev_newBlock", {"count": TEMPO})  # the first epoch gives permits
        await _until(lambda: all(_weighs(made.status(name)) for name in VALIDATORS), "first weights", folder)
        yield made


@asynccontextmanager
async def _supervision() -> AsyncIterator[list[asyncio.Task[None]]]:
    """Tasks that are cancelled, and have ended, when the body is left."""
    tasks: list[asyncio.Task[None]] = []
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _cast() -> list[cast.Member]:
    validators = [cast.Member(name, "validator") for name in VALIDATORS]
    return [cast.Member("owner", "owner"), *validators, *(cast.Member(name, "miner") for name in MINERS)]


async def _founded(endpoint: str, keys: dict[str, Keys]) -> int:
    founder, members = Founder(endpoint, keys), _cast()
    await founder.fund(members)
    netuid = await founder.create("owner")
    await founder.configure(netuid, Terms(TEMPO, immunity=TEMPO))
    for member in members[1:]:
        await founder.register(netuid, member.name)
    for name, tao in zip(VALIDATORS, STAKE_TAO, strict=True):
        await founder.stake(netuid, name, tao)
    await rpc(endpoint, "dev_newBlock", {"count": AGED_BLOCKS[1]})
    return netuid


def _chain(folder: Path, port: int) -> Program:
    argv = ("--port", str(port), "--block-time", str(BLOCK_SECONDS), "--state", str(folder / "chain-state"))
    return Program("chain", "neurons.chain_command", argv)


def _miners(made: World) -> list[Program]:
    programs = []
    for name, (backend, model) in MINERS.items():
        flags = _neuron(made, name, made.proxies["miners"][0].endpoint)
        path = str(Path(__file__).resolve().parent.parent / "models" / model)
        flags += ["--backend", backend, "--model", path if backend == "transformers" else model]
        flags += ["--host", AXON_HOST, "--port", str(_free_port(AXON_HOST)), "--external-ip", AXON_HOST]
        programs.append(Program(name, "neurons.miner", tuple(flags)))
    return programs


def _validators(made: World) -> list[Program]:
    programs = []
    for name in VALIDATORS:
        first, second = (proxy.endpoint for proxy in made.proxies[name])
        flags = [*_neuron(made, name, first), "--fallback", second, "--allow-private"]
        flags += ["--state", str(made.state(name).parent), "--status", str(made.status(name))]
        flags += ["--record", str(made.recording(name)), "--stale-seconds", str(STALE_SECONDS)]
        flags += ["--round-seconds", "2", "--query-seconds", "1.5", "--tasks-per-round", "4"]
        programs.append(Program(name, "neurons.validator", tuple(flags)))
    return programs


def _neuron(made: World, name: str, endpoint: str) -> list[str]:
    wallets = str(made.folder / "wallets")
    flags = ["--network", endpoint, "--netuid", str(made.netuid), "--wallet", name, "--wallet-path", wallets]
    return [*flags, "--chain-seconds", "10"]


async def _listening(endpoint: str) -> None:
    async with asyncio.timeout(START_SECONDS):
        while True:
            try:
                if int((await rpc(endpoint, "chain_getHeader", None))["number"], 16) >= 1:
                    return
            except (WebSocketException, OSError):
                pass
            await asyncio.sleep(0.2)


async def _all_published(made: World) -> None:
    """Returns when every miner stands on the chain with an address."""
    shown: set[str] = set()
    wanted = {made.keys[name].hotkey for name in MINERS}

    async def look() -> None:
        async with Chain.connect(made.endpoint, made.netuid, 10.0) as chain:
            while not wanted <= shown:
                peers = await chain.peers()
                shown.update(hotkey for hotkey, peer in peers.items() if peer.address is not None)
                await asyncio.sleep(0.5)

    looking = asyncio.create_task(look())
    try:
        await _until(looking.done, "the miners' addresses on the chain", made.folder)
        await looking
    finally:
        looking.cancel()


def _weighs(status: Path) -> bool:
    return status.exists() and '"status": "effective"' in status.read_text()


async def _until(done: Callable[[], bool], what: str, folder: Path) -> None:
    deadline = asyncio.get_running_loop().time() + 3 * START_SECONDS
    while not done():
        if asyncio.get_running_loop().time() > deadline:
            raise ConditionError(f"{what} did not come: see the logs in {folder}")
        await asyncio.sleep(0.5)


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
