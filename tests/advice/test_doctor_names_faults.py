"""The doctor finds nothing wrong where nothing is, and names each planted fault together with its fix."""

import asyncio
import shlex
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import bittensor as bt
import pytest

from subnet.advice.doctor import CHECKS, Role
from subnet.protocol import Address
from subnet.transport.listening import address_of, listen, serving
from subnet.transport.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="module")
HOME = "127.0.0.2"


class Plant:
    """What a planting may use besides the world."""

    def __init__(
        self, stack: AsyncExitStack, patch: pytest.MonkeyPatch, folder: Path, time_server: Any
    ) -> None:
        self.stack = stack
        self.patch = patch
        self.folder = folder
        self.time_server = time_server


async def no_hotkey(world: Any, plant: Plant) -> None:
    world.words["--wallet-hotkey"] = "nobody"


async def spoilt_hotkey(world: Any, plant: Plant) -> None:
    (world.wallets / "vera" / "hotkeys" / "spoilt").write_text("not a key")
    world.words["--wallet-hotkey"] = "spoilt"


async def no_chain(world: Any, plant: Plant) -> None:
    world.words |= {"--network": "ws://127.0.0.1:9", "--chain-seconds": "3"}


async def no_subnet(world: Any, plant: Plant) -> None:
    world.words["--netuid"] = "77"


async def no_seat(world: Any, plant: Plant) -> None:
    world.wallet = "stranger"


async def old_sdk(world: Any, plant: Plant) -> None:
    plant.patch.setattr(bt, "__version__", "10.5.0")


async def slow_clock(world: Any, plant: Plant) -> None:
    world.words["--time-server"] = await plant.stack.enter_async_context(plant.time_server(30.0))


async def small_machine(world: Any, plant: Plant) -> None:
    role = "{cpu: {min_cores: 4096}, memory: {min_gib: 1}}"
    file = plant.folder / "min_compute.yml"
    file.write_text(f"miner: {role}\nvalidator: {role}\n")
    world.words["--min-compute"] = str(file)


async def nothing_published(world: Any, plant: Plant) -> None:
    world.wallet = "poor"


async def not_running(world: Any, plant: Plant) -> None:
    world.words["--port"] = "9"
    await world.publish("miner", Address(HOME, 9))


async def behind_a_firewall(world: Any, plant: Plant) -> None:
    await world.publish("miner", Address(HOME, 9))


async def no_miner_at_the_address(world: Any, plant: Plant) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-something\r\n")
        writer.close()

    server = await asyncio.start_server(answer, HOME, 0)
    await plant.stack.enter_async_context(server)
    await world.publish("miner", Address(HOME, server.sockets[0].getsockname()[1]))


async def somebody_elses_address(world: Any, plant: Plant) -> None:
    listener = listen(HOME, 0)
    answers: Any = None
    other = Server(world.keys["poor"].wallet.hotkey, answers, lambda caller: None)
    await plant.stack.enter_async_context(serving(other, listener))
    await world.publish("miner", address_of(listener))


async def address_nobody_may_ask(world: Any, plant: Plant) -> None:
    await world.publish("miner", Address("203.0.113.7", world.port))


async def about_to_be_pruned(world: Any, plant: Plant) -> None:
    await world.root("sudo_set_immunity_period", netuid=world.netuid, immunity_period=1)
    await world.root("sudo_set_min_allowed_uids", netuid=world.netuid, min_allowed_uids=3)
    await world.root("sudo_set_max_allowed_uids", netuid=world.netuid, max_allowed_uids=4)
    world.wallet = "vera"  # nobody has earned yet, and she came first


async def too_little_stake(world: Any, plant: Plant) -> None:
    await world.root("sudo_set_stake_threshold", min_stake=10_000 * 10**9)


async def no_permit(world: Any, plant: Plant) -> None:
    await world.root("sudo_set_max_allowed_validators", netuid=world.netuid, max_allowed_validators=1)
    world.wallet = "poor"


async def weights_too_old(world: Any, plant: Plant) -> None:
    await world.root("sudo_set_activity_cutoff_factor", netuid=world.netuid, factor_milli=1_000)
    await world.chain.advance(25)


async def newer_version_key(world: Any, plant: Plant) -> None:
    await world.root("sudo_set_weights_version_key", netuid=world.netuid, weights_version_key=7)


async def no_such_mechanism(world: Any, plant: Plant) -> None:
    world.words["--mechid"] = "1"


async def old_weights_of_the_second_mechanism(world: Any, plant: Plant) -> None:
    await world.root("sudo_set_max_allowed_uids", netuid=world.netuid, max_allowed_uids=128)
    await world.root("sudo_set_mechanism_count", netuid=world.netuid, mechanism_count=2)
    await weights_too_old(world, plant)
    await world.weigh()  # of the first one
    world.words["--mechid"] = "1"


async def too_many_weights_wanted(world: Any, plant: Plant) -> None:
    await world.root("sudo_set_min_allowed_weights", netuid=world.netuid, min_allowed_weights=3)


async def not_the_owner(world: Any, plant: Plant) -> None:
    world.wallet = "vera"


async def never_started(world: Any, plant: Plant) -> None:
    keys = world.keys["owner"]
    await world.chain.fund(keys.coldkey, 10_000)
    await world.chain.call(
        keys.coldkey, "SubtensorModule.register_network", hotkey=world.keys["stranger"].hotkey
    )
    world.words["--netuid"] = str(world.netuid + 1)


async def nobody_sets_weights(world: Any, plant: Plant) -> None:
    await weights_too_old(world, plant)


async def short_immunity(world: Any, plant: Plant) -> None:
    await world.root("sudo_set_immunity_period", netuid=world.netuid, immunity_period=10)


FAULTS: list[tuple[Callable[[Any, Plant], Awaitable[None]], Role, str, str]] = [
    (no_hotkey, "miner", "hotkey", "btcli wallet new-hotkey"),
    (spoilt_hotkey, "validator", "hotkey", "btcli wallet regen-hotkey"),
    (no_chain, "validator", "chain", "btcli subnets list"),
    (no_subnet, "miner", "chain", "btcli subnets list"),
    (no_seat, "miner", "registered", "btcli subnets register"),
    (old_sdk, "miner", "sdk", "pip install 'bittensor>=11.3,<12'"),
    (slow_clock, "validator", "clock", "timedatectl set-ntp true"),
    (small_machine, "miner", "machine", "lscpu"),
    (nothing_published, "miner", "port", "assay miner"),
    (not_running, "miner", "port", "assay miner"),
    (behind_a_firewall, "miner", "port", "ufw allow 9/tcp"),
    (no_miner_at_the_address, "miner", "port", "ss -ltnp"),
    (somebody_elses_address, "miner", "port", "assay miner"),
    (address_nobody_may_ask, "miner", "port", "--external-ip"),
    (about_to_be_pruned, "miner", "immunity", "btcli subnets register"),
    (too_little_stake, "validator", "stake", "btcli stake add"),
    (no_permit, "validator", "permit", "btcli stake add"),
    (weights_too_old, "validator", "activity", "assay validator"),
    (newer_version_key, "validator", "version", "--version-key 7"),
    (no_such_mechanism, "validator", "mechanism", "--mechid 0"),
    (old_weights_of_the_second_mechanism, "validator", "activity", "--mechid 1"),
    (too_many_weights_wanted, "validator", "weights", "--name min_allowed_weights"),
    (not_the_owner, "owner", "owner", "btcli wallet list"),
    (never_started, "owner", "started", "btcli sudo start"),
    (nobody_sets_weights, "owner", "validators", "assay validator"),
    (short_immunity, "owner", "immunity", "--name immunity_period"),
]


@pytest.mark.parametrize("role", list(CHECKS))
async def test_nothing_is_wrong_where_nothing_is(world: Any, role: Role) -> None:
    lines = await world.lines(role)
    assert {check: line.says for check, line in lines.items() if line.status == "failed"} == {}
    assert {check for check, line in lines.items() if line.status == "unknown"} <= {"clock"}
    assert len(lines) == len(CHECKS[role])


@pytest.mark.parametrize(("plant", "role", "check", "fix"), FAULTS, ids=[row[0].__name__ for row in FAULTS])
async def test_a_planted_fault_is_named_with_its_fix(
    world: Any,
    plant: Callable[[Any, Plant], Awaitable[None]],
    role: Role,
    check: str,
    fix: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    time_server: Any,
) -> None:
    async with AsyncExitStack() as stack:
        await plant(world, Plant(stack, monkeypatch, tmp_path, time_server))
        line = (await world.lines(role))[check]
    assert line.status == "failed", line
    assert fix in line.fix
    assert line.says and "\n" not in line.says + line.fix
    shlex.split(line.fix, comments=True)
