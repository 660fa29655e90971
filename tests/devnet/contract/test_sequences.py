"""The behaviour sequences of the recorded vectors, step by step on a chain, through the SDK's client."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import bittensor as bt
import pytest
import pytest_asyncio

from subnet.devnet.pallets import balances
from subnet.devnet.pallets.subtensor import storage
from subnet.rules import commits
from tests.devnet.contract.cases_subnets import commit_reveal, without_seats
from tests.devnet.contract.world import (
    ALICE,
    DAVE,
    NETUID,
    NORA,
    VERA,
    VERA_KEY,
    Case,
    World,
    event_names,
    founded,
    hot,
    ok,
    put,
    submit,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")
_VECTORS = Path(__file__).resolve().parents[2] / "vectors"
SEQUENCES = {entry["id"]: entry for entry in json.loads((_VECTORS / "chain_sequences.json").read_text())}
SOURCE = Path(__file__).read_text()
MOST_FEE = 10**6  # rao: far below the price of a seat
UIDS, VALUES, SALT = [2, 0], [3, 1], [9, 9]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def begun() -> AsyncIterator[World]:
    """The world, one block behind an epoch of its subnet."""
    async with founded("sequences") as world:
        yield world


@pytest.fixture
def world(begun: World) -> World:
    """The same at its start."""
    begun.chain.node.restore(begun.start)
    return begun


async def told(world: World, case: Case) -> str:
    """ "ok", or the name of the error that the client reads."""
    async with bt.Client(world.chain.endpoint) as client:
        result = await submit(client, case)
    return "ok" if result.success else str(result.error.name or result.message)


def reveal(values: list[int] = VALUES, salt: list[int] = SALT) -> Case:
    """Vera's reveal of a hash commit."""
    arguments = {"netuid": NETUID, "uids": UIDS, "values": values, "salt": salt, "version_key": 0}
    return ok("reveal_weights", VERA_KEY, "WeightsRevealed", **arguments)


def in_a_batch(case: Case) -> Case:
    """The same call where the pool does not see it, so that the chain's own error shows."""
    return Case("Utility.batch_all", case.by, {"calls": [case]})


def commit() -> Case:
    """Vera's hash commit."""
    preimage = commits.legacy_preimage(VERA.hotkey.public_key, NETUID, UIDS, VALUES, SALT, 0)
    digest = "0x" + commits.legacy_hash(preimage).hex()
    return ok("commit_weights", VERA_KEY, "WeightsCommitted", netuid=NETUID, commit_hash=digest)


async def epochs(world: World, count: int) -> str:
    """Makes blocks until so many epochs have run."""
    await world.chain.epochs(NETUID, count)
    return ""


Step = Callable[[World], Awaitable[str]]
COMMITTING: dict[str, Step] = {
    "commit": lambda world: told(world, commit()),
    "reveal at once": lambda world: told(world, in_a_batch(reveal())),
    "reveal": lambda world: told(world, in_a_batch(reveal())),
    "reveal again": lambda world: told(world, in_a_batch(reveal())),
    "reveal with other weights": lambda world: told(world, in_a_batch(reveal(values=[1, 1]))),
    "reveal with other salt": lambda world: told(world, in_a_batch(reveal(salt=[1]))),
    "reveal with the committed data": lambda world: told(world, in_a_batch(reveal())),
    "advance one epoch": lambda world: epochs(world, 1),
    "advance two epochs": lambda world: epochs(world, 2),
}


async def committing(world: World) -> None:
    """Weights are committed, and Vera's hotkey can pay for a batch."""
    await world.make(commit_reveal)
    await world.make(put(storage.WeightsSetRateLimit, NETUID, 0))
    await world.make(ok("Balances.transfer_keep_alive", ALICE, "", dest=hot(VERA), value=10**9))


async def played(world: World, name: str, steps: dict[str, Step]) -> None:
    """Makes the steps of a sequence and compares what is told after each."""
    for step, expected in SEQUENCES[name]["steps"]:
        assert await steps[step](world) == expected, step


async def test_a_hash_commit_has_its_window(world: World) -> None:
    await committing(world)
    await played(world, "commit_reveal_legacy_window", COMMITTING)


async def test_a_reveal_must_be_of_what_was_committed(world: World) -> None:
    await committing(world)
    await world.make(commit())
    await epochs(world, 1)
    await played(world, "commit_reveal_hash_mismatch", COMMITTING)


async def test_plain_weights_are_refused_where_they_are_committed(world: World) -> None:
    await world.make(commit_reveal)
    plain = ok("set_weights", VERA_KEY, "", netuid=NETUID, dests=[2], weights=[1], version_key=0)
    steps: dict[str, Step] = {"set_weights": lambda world: told(world, plain)}
    await played(world, "set_weights_with_commit_reveal_on", steps)


async def test_a_registration_without_a_seat_burns_nothing(world: World) -> None:
    await world.make(without_seats)

    async def burned(world: World) -> str:
        before = balances.free(world.chain.node.state, NORA.coldkey.public_key)
        seat = ok("burned_register", DAVE, "", netuid=NETUID, hotkey=hot(NORA))
        async with bt.Client(world.chain.endpoint) as client:
            result = await submit(client, seat)
        paid = before - balances.free(world.chain.node.state, NORA.coldkey.public_key)
        return f"{result.error.name}; balance {'unchanged' if paid < MOST_FEE else paid}"

    await played(world, "registration_without_slot", {"burned_register": burned})


async def test_an_epoch_is_triggered_once_and_in_time(world: World) -> None:
    trigger = ok("trigger_epoch", ALICE, "EpochTriggered", netuid=NETUID)
    window = put(storage.AdminFreezeWindow, 8)

    async def with_commits(world: World) -> str:
        await world.make(commit_reveal)
        return await told(world, trigger)

    async def late(world: World) -> str:
        world.chain.node.restore(world.start)
        await world.make(window)
        due = storage.LastEpochBlock[world.chain.node.state, NETUID] + 10
        await world.chain.advance(due - 6 - 1 - world.chain.node.state.block)
        return await told(world, trigger)

    async def in_time(world: World) -> str:
        await epochs(world, 1)
        async with bt.Client(world.chain.endpoint) as client:
            assert "EpochTriggered" in event_names(await submit(client, trigger))
            pending = await client.query(("SubtensorModule", "PendingEpochAt"), [NETUID])
            now = await client.block()
        return "PendingEpochAt = now + window" if pending == now + 8 else str(pending - now)

    steps: dict[str, Step] = {
        "trigger with commit-reveal on": with_commits,
        "trigger with 6 blocks left and window 8": late,
        "trigger with commit-reveal off and time left": in_time,
        "trigger again": lambda world: told(world, trigger),
    }
    await played(world, "trigger_epoch", steps)


async def test_a_salted_commit_and_its_reveal_go_through_the_sdks_own_intent(world: World) -> None:
    await committing(world)
    shares, whole = {2: 0.75, 0: 0.25}, [65535, 21845]
    preimage = commits.legacy_preimage(VERA.hotkey.public_key, NETUID, list(shares), whole, SALT, 0)
    digest = "0x" + commits.legacy_hash(preimage).hex()
    await world.make(ok("commit_weights", VERA_KEY, "WeightsCommitted", netuid=NETUID, commit_hash=digest))
    await epochs(world, 1)
    async with bt.Client(world.chain.endpoint) as client:
        intent = bt.RevealWeights(NETUID, uids=list(shares), weights=list(shares.values()), salt=SALT)
        result = await client.execute(intent, VERA)
        assert result.success, result.message
        assert (await client.weights.weights(NETUID))[1] == pytest.approx(shares, abs=1e-4)


async def test_every_recorded_sequence_is_played_here() -> None:
    assert all(f'"{name}"' in SOURCE for name in SEQUENCES)
