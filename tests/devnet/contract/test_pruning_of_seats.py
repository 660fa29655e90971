"""Who leaves a full subnet, rule by rule, as a newcomer's client sees it (rules 4.5 and 4.6)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import bittensor as bt
import pytest
import pytest_asyncio

from subnet.devnet.pallets.subtensor import storage
from tests.devnet.contract.world import (
    ALICE,
    FOUNDING,
    NETUID,
    NORA,
    By,
    Stored,
    World,
    founded,
    hot,
    no,
    ok,
    put,
    register,
    wallet,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")
SEATS, NOW = 6, 105  # between two epochs, which would write other emissions
OWNERS = wallet("Alice", "another of the owner's")
MORE = [wallet("Charlie", f"more {number}") for number in range(2)]
NEWCOMER = {"netuid": NETUID, "hotkey": hot(NORA)}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world() -> AsyncIterator[World]:
    """A full subnet: the owner's hotkey on uid 0, another of the owner's on 3, and four strangers."""
    seats = [register(OWNERS), *map(register, MORE)]
    steps = (*FOUNDING, *seats, put(storage.MaxAllowedUids, NETUID, SEATS))
    async with founded("pruning", (*steps, NOW - 1 - 20 - len(seats))) as made:
        assert made.chain.node.state.block == NOW - 1
        yield made


def full(
    emission: tuple[int, ...] = (0, 50, 40, 30, 20, 60),
    registered: tuple[int, ...] = (1, 2, 3, 4, 5, 6),
    immunity: int = 10,
    least: int = 0,
) -> list[Any]:
    """The seats' emission of the last epoch and registration blocks, and the subnet's rules."""
    return [
        put(storage.Emission, NETUID, emission),
        *(put(storage.BlockAtRegistration, NETUID, uid, block) for uid, block in enumerate(registered)),
        put(storage.ImmunityPeriod, NETUID, immunity),
        put(storage.MinNonImmuneUids, NETUID, least),
    ]


def taken(uid: int) -> Any:
    """A registration that gets this uid."""
    return ok("burned_register", By(NORA), Stored("Keys", (NETUID, uid), hot(NORA)), **NEWCOMER)


AT_NOW = {
    "the lowest emission leaves": (4, full()),
    "of equal emissions the earliest registration": (5, full((0, 20, 20, 20, 20, 20), (1, 7, 6, 5, 4, 3))),
    "of equal registrations the lowest uid": (1, full((0, 20, 20, 20, 20, 20), (1, 3, 3, 3, 3, 3))),
    "the owner's hotkey stays whatever it earns": (4, full((0, 50, 40, 30, 20, 60))),
    "another hotkey of the owner's does not": (3, full((0, 50, 40, 0, 20, 60))),
    "unless the limit says so": (
        4, [*full((0, 50, 40, 0, 20, 60)), put(storage.ImmuneOwnerUidsLimit, NETUID, 2)],
    ),
    "an immune neuron stays": (3, full(registered=(1, 2, 3, 4, NOW - 9, 6))),
    "immunity ends after exactly the period": (4, full(registered=(1, 2, 3, 4, NOW - 10, 6))),
    "in a small subnet an immune neuron leaves first": (5, full(registered=(1, 2, 3, 4, 5, NOW - 1), least=4)),
    "of several immune ones that with the lowest emission": (
        1, full(registered=(1, NOW - 1, 3, 4, 5, NOW - 1), least=3),
    ),
    "one more than the minimum is enough": (4, full(registered=(1, 2, 3, 4, 5, NOW - 1), least=3)),
}  # fmt: skip


@pytest.mark.parametrize("rule", AT_NOW)
async def test_a_newcomer_gets_the_seat_that_the_rule_names(world: World, rule: str) -> None:
    uid, before = AT_NOW[rule]
    await world.play(taken(uid).after(*before))


async def test_a_small_subnet_without_an_immune_neuron_takes_nobody(world: World) -> None:
    refused = no("burned_register", By(NORA), "NoNeuronIdAvailable", **NEWCOMER)
    await world.play(refused.after(*full(least=10)))


async def test_where_all_belong_to_the_owner_nobody_can_leave(world: World) -> None:
    owned = [put(storage.OwnedHotkeys, ALICE.wallet.coldkey.public_key, _keys(world)),
             put(storage.ImmuneOwnerUidsLimit, NETUID, 10)]  # fmt: skip
    refused = no("burned_register", By(NORA), "NoNeuronIdAvailable", **NEWCOMER)
    await world.play(refused.after(*full(), *owned))


def _keys(world: World) -> tuple[bytes, ...]:
    return tuple(storage.Keys[world.chain.node.state, NETUID, uid] for uid in range(SEATS))


async def test_the_newcomer_finds_a_clean_seat_and_the_old_one_is_gone(world: World) -> None:
    judged = [
        put(storage.Weights, NETUID, 1, ((4, 60), (2, 40))),
        put(storage.Incentive, NETUID, (9,) * SEATS),
    ]
    await world.play(taken(4).after(*full(), *judged))
    async with bt.Client(world.chain.endpoint) as client:
        seat = (await client.subnets.metagraph(NETUID)).neurons[4]
        assert (seat.hotkey, seat.incentive, seat.emission.rao) == (hot(NORA), 0.0, 0)
        assert (seat.validator_permit, seat.last_update) == (False, NOW)
        assert (await client.weights.weights(NETUID))[1] == {4: 0.0, 2: 1.0}
        assert await client.read("uid", netuid=NETUID, hotkey_ss58=hot(MORE[0])) is None
