"""Mechanisms, lent stake, nominators, root's share and halving, as a client of the SDK sees them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import bittensor as bt
import pytest
import pytest_asyncio

from subnet.devnet.pallets import assay, balances
from subnet.devnet.pallets.subtensor import storage
from subnet.devnet.pallets.subtensor.audit import audit
from subnet.devnet.pallets.subtensor.types import FixedI128
from subnet.rules.fixed import I96F32
from tests.devnet.contract.world import (
    ALICE,
    BOB,
    DAVE,
    MONA,
    MONA_KEY,
    NETUID,
    NORA,
    OWNER,
    ROOT,
    TAO,
    VERA,
    VERA_KEY,
    Stored,
    World,
    cold,
    founded,
    hot,
    ok,
    put,
    register,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")
WHOLE = 2**64 - 1


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def begun() -> AsyncIterator[World]:
    """The world, with Nora as a second miner."""
    async with founded("economy") as made:
        await made.make(register(NORA))
        await made.chain.advance(10)
        yield World(made.chain, made.chain.node.snapshot())
        assert made.chain.node.failures == []


@pytest.fixture
def world(begun: World) -> World:
    """The same at its start."""
    begun.chain.node.restore(begun.start)
    return begun


@pytest_asyncio.fixture(loop_scope="module")
async def client(world: World) -> AsyncIterator[bt.Client]:
    """A client of the chain, which must be in balance at the end."""
    async with bt.Client(world.chain.endpoint) as connected:
        yield connected
    assert audit(world.chain.node.state) == []


def vote(uid: int, mechid: int = 0) -> Any:
    """All of Vera's weight on one miner of a mechanism."""
    return ok("set_mechanism_weights", VERA_KEY, "WeightsSet", netuid=NETUID, mecid=mechid, dests=[uid],
              weights=[1], version_key=0)  # fmt: skip


async def test_two_mechanisms_have_weights_and_incentives_of_their_own(
    world: World, client: bt.Client
) -> None:
    for step in (
        ok("AdminUtils.sudo_set_max_allowed_uids", ALICE, "", netuid=NETUID, max_allowed_uids=128),
        ok("AdminUtils.sudo_set_mechanism_count", ALICE, "", netuid=NETUID, mechanism_count=2),
        ok(
            "AdminUtils.sudo_set_mechanism_emission_split",
            ALICE,
            "",
            netuid=NETUID,
            maybe_split=[49152, 16383],
        ),
        vote(2),
    ):
        await world.make(step)
    intent = bt.SetWeights(NETUID, uids=[3], weights=[1.0], mechid=1)
    assert (await client.execute(intent, VERA)).success
    await world.chain.epochs(NETUID)
    assert await client.read("mechanism_count", netuid=NETUID) == 2
    assert (await client.weights.weights(NETUID, mechid=1))[1] == {3: 1.0}
    graph = await client.subnets.metagraph(NETUID)
    second = await client.query(("SubtensorModule", "Incentive"), [4096 + NETUID])
    assert [neuron.incentive for neuron in graph.neurons] == [0.0, 0.0, 1.0, 0.0]
    assert list(second) == [0, 0, 0, 65535]
    mona, nora = graph.neurons[2].emission.rao, graph.neurons[3].emission.rao
    assert mona == pytest.approx(3 * nora, rel=1e-3)


async def test_a_mechanism_that_goes_takes_its_weights_along(world: World, client: bt.Client) -> None:
    count = "AdminUtils.sudo_set_mechanism_count"
    await world.make(
        ok("AdminUtils.sudo_set_max_allowed_uids", ALICE, "", netuid=NETUID, max_allowed_uids=128)
    )
    await world.make(ok(count, ALICE, "", netuid=NETUID, mechanism_count=2))
    await world.make(vote(3, mechid=1))
    await world.make(ok(count, ROOT, "", netuid=NETUID, mechanism_count=1))
    assert await client.weights.weights(NETUID, mechid=1) == {}


async def test_lent_stake_weighs_at_the_child_and_earns_for_the_parent(
    world: World, client: bt.Client
) -> None:
    before = (await client.subnets.metagraph(NETUID)).neurons
    children = [(WHOLE // 2, hot(MONA))]
    await world.make(
        ok("set_children", BOB, "SetChildrenScheduled", hotkey=hot(VERA), netuid=NETUID, children=children)
    )
    await world.chain.advance(40)  # the cooldown, the epoch that links them, and the one that gives a permit
    after = (await client.subnets.metagraph(NETUID)).neurons
    assert after[2].alpha_stake.rao > before[2].alpha_stake.rao + 40 * TAO
    assert after[1].alpha_stake.rao < 0.6 * before[1].alpha_stake.rao + 20 * TAO
    await world.make(vote(3))
    await world.make(
        ok(
            "set_mechanism_weights",
            MONA_KEY,
            "",
            netuid=NETUID,
            mecid=0,
            dests=[3],
            weights=[1],
            version_key=0,
        )
    )
    held = await client.staking.get(cold(VERA), hot(VERA), NETUID)
    await world.chain.epochs(NETUID)
    again = (await client.subnets.metagraph(NETUID)).neurons
    assert again[1].dividends == pytest.approx(again[2].dividends, abs=0.02)
    earned = (await client.staking.get(cold(VERA), hot(VERA), NETUID)).rao - held.rao
    childs = again[2].emission.rao
    assert earned > 1.5 * childs  # its own dividends and, less no take, what the lent half earned


async def test_a_nominator_earns_by_its_stake_less_the_take(world: World, client: bt.Client) -> None:
    mine = ok("add_stake", ALICE, "StakeAdded", hotkey=hot(VERA), netuid=NETUID, amount_staked=100 * TAO)
    await world.make(mine)
    await world.make(vote(2))
    await world.chain.epochs(NETUID)
    held = [(await client.staking.get(cold(who), hot(VERA), NETUID)).rao for who in (OWNER, VERA)]
    await world.chain.epochs(NETUID)
    now = [(await client.staking.get(cold(who), hot(VERA), NETUID)).rao for who in (OWNER, VERA)]
    nominators, own = (after - before for after, before in zip(now, held, strict=True))
    drained = assay.epochs(world.chain.node.state, NETUID)[-1].validator
    assert nominators + own == pytest.approx(drained, abs=3)
    take = drained * 11_796 / 65_535
    # The take is staked first, so that it has its part of the rest
    share = held[0] / (sum(held) + take)
    assert nominators == pytest.approx((drained - take) * share, rel=1e-4)


async def test_root_stake_earns_alpha_that_the_sdks_claim_turns_into_root_stake(
    world: World, client: bt.Client
) -> None:
    await world.make(put(storage.SubnetMovingPrice, NETUID, FixedI128(2 * I96F32.one)))
    await world.make(ok("add_stake", BOB, "", hotkey=hot(VERA), netuid=0, amount_staked=5000 * TAO))
    await world.make(vote(2))
    await world.chain.epochs(NETUID, 2)
    owed = await client.read("root_basket_owed", coldkey_ss58=cold(VERA))
    before = await client.staking.get(cold(VERA), hot(VERA), 0)
    await world.make(ok("claim_root", BOB, "RootClaimed", subnets=[NETUID]))
    after = await client.staking.get(cold(VERA), hot(VERA), 0)
    assert owed.rao > TAO // 100
    assert after.rao - before.rao == pytest.approx(owed.rao, rel=0.05)


@pytest.mark.parametrize(
    ("issued", "emission"), [(10_499_000, 10**9), (10_500_001, 5 * 10**8), (15_750_001, 25 * 10**7)]
)
async def test_emission_halves_as_the_issuance_passes_its_thresholds(
    world: World, client: bt.Client, issued: int, emission: int
) -> None:
    state = world.chain.node.state
    others = balances.TotalIssuance[state] - balances.free(state, NORA.coldkey.public_key)
    rich = ok(
        "Balances.force_set_balance", ROOT, "BalanceSet", who=cold(NORA), new_free=issued * TAO - others
    )
    await world.make(rich)
    await world.chain.advance()
    assert await client.query(("SubtensorModule", "BlockEmission")) == emission


async def test_a_full_issuance_emits_nothing_more(world: World, client: bt.Client) -> None:
    state = world.chain.node.state
    others = balances.TotalIssuance[state] - balances.free(state, NORA.coldkey.public_key)
    await world.make(
        ok("Balances.force_set_balance", ROOT, "", who=cold(NORA), new_free=21_000_000 * TAO - others)
    )
    await world.chain.advance(3)
    assert await client.query(("SubtensorModule", "BlockEmission")) == 0
    assert balances.TotalIssuance[state] <= 21_000_000 * TAO


async def test_what_a_seat_costs_rises_with_each_and_falls_by_half_in_a_half_life(
    world: World, client: bt.Client
) -> None:
    await world.make(ok("AdminUtils.sudo_set_burn_half_life", ALICE, Stored("BurnHalfLife", (NETUID,), 20),
                        netuid=NETUID, burn_half_life=20))  # fmt: skip
    before = await client.read("burn", netuid=NETUID)
    await world.chain.advance(20)
    after = await client.read("burn", netuid=NETUID)
    assert after.rao == pytest.approx(before.rao / 2, rel=1e-3)
    await world.make(ok("burned_register", DAVE, "", netuid=NETUID, hotkey=cold(NORA)))
    assert (await client.read("burn", netuid=NETUID)).rao == pytest.approx(after.rao * 1.26, rel=0.05)
