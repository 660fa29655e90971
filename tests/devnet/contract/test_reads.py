"""Every read that the SDK registers, on a chain with two subnets, ten neurons and something of everything."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import bittensor as bt
import bittensor_core
import pytest
import pytest_asyncio

from tests.devnet.contract.cases_subnets import AXON, IDENTITY, SUBNET_IDENTITY, commit_reveal
from tests.devnet.contract.world import (
    ALICE,
    BOB,
    MONA,
    MONA_KEY,
    NETUID,
    OWNER,
    SECOND,
    VERA,
    VERA_KEY,
    By,
    World,
    cold,
    founded,
    hot,
    ok,
    register,
    stake,
    wallet,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")
OTHER = 3
MINERS = [wallet("Charlie", f"miner {number}") for number in range(6)]
REGISTERED_READS = 102
ROUND = 30_000_000  # of drand, far ahead of what the chain knows


def sealed(netuid: int) -> Any:
    """A timelocked commit, which stays sealed."""
    return ok(
        "commit_timelocked_weights", VERA_KEY, "TimelockedWeightsCommitted", netuid=netuid,
        commit=bittensor_core.encrypt_at_round(b"weights", ROUND)[0], reveal_round=ROUND, commit_reveal_version=4,
    )  # fmt: skip


FULL = (
    ok("register_network_with_identity", ALICE, "NetworkAdded", hotkey=hot(OWNER), identity=SUBNET_IDENTITY),
    ok("register_network", BOB, "NetworkAdded", hotkey=hot(SECOND)),
    ok("start_call", ALICE, "FirstEmissionBlockNumberSet", netuid=NETUID),
    ok("start_call", BOB, "FirstEmissionBlockNumberSet", netuid=OTHER),
    register(VERA),
    register(MONA),
    *(register(miner) for miner in MINERS[:3]),
    *(register(miner, OTHER) for miner in MINERS[3:]),
    ok("root_register", BOB, "NeuronRegistered", hotkey=hot(VERA)),
    stake(VERA, 100),
    stake(VERA, 50, netuid=0),
    ok("set_identity", BOB, "ChainIdentitySet", **IDENTITY),
    ok("set_children", BOB, "SetChildrenScheduled", hotkey=hot(VERA), netuid=NETUID,
       children=[(2**62, hot(MONA))]),
    12,
    ok("set_weights", VERA_KEY, "WeightsSet", netuid=NETUID, dests=[2, 3], weights=[1, 2], version_key=0),
    ok("serve_axon", MONA_KEY, "AxonServed", **AXON),
    ok("Commitments.set_commitment", MONA_KEY, "Commitment", netuid=NETUID, info={"fields": [[{"Raw5": b"model"}]]}),
    ok("Proxy.add_proxy", BOB, "ProxyAdded", delegate=cold(MONA), proxy_type="Any", delay=0),
    ok("set_coldkey_auto_stake_hotkey", By(MONA), "AutoStakeDestinationSet", netuid=NETUID, hotkey=hot(VERA)),
    12,
    commit_reveal,
    sealed(NETUID),
    ok("set_children", BOB, "SetChildrenScheduled", hotkey=hot(VERA), netuid=NETUID, children=[]),
)  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world() -> AsyncIterator[World]:
    """Two subnets with six and four neurons, one of them with weights, an axon, a commitment and children."""
    async with founded("reads", FULL) as made:
        yield made
    assert made.chain.node.failures == []


@pytest_asyncio.fixture(loop_scope="module")
async def client(world: World) -> AsyncIterator[bt.Client]:
    """A client of the chain."""
    async with bt.Client(world.chain.endpoint) as connected:
        yield connected


def argument(name: str, kind: str, netuid: int, who: SimpleNamespace) -> Any:
    """A value for a parameter of a read, found by its name and type."""
    addresses = {"hotkey_ss58": hot(who), "coldkey_ss58": cold(who), "account_ss58": cold(who)}
    if name.removesuffix("s") in addresses:
        address = addresses[name.removesuffix("s")]
        return [address] if name.endswith("s") and kind == "array" else address
    fixed = {"netuid": netuid, "netuids": [netuid], "call_hash": "0x" + "00" * 32, "lite": False, "block": 1}
    return fixed.get(name, 1 if kind == "number" else 0)


@pytest.mark.parametrize(("netuid", "who"), [(NETUID, VERA), (NETUID, MONA), (OTHER, SECOND), (0, VERA)])
async def test_every_registered_read_answers(client: bt.Client, netuid: int, who: SimpleNamespace) -> None:
    failed = {}
    for read in client.reads():
        arguments = {name: argument(name, kind, netuid, who) for name, kind in read["params"].items()}
        try:
            await client.read(read["name"], **arguments)
        except Exception as error:  # noqa: BLE001 - whatever a read raises is what this test is about
            failed[read["name"]] = f"{arguments}: {type(error).__name__}: {error}"
    assert failed == {}
    assert len(client.reads()) == REGISTERED_READS


async def test_collateral_reads_answer_though_collateral_is_off(client: bt.Client) -> None:
    assert await client.read("collateral_policy", netuid=NETUID) == {
        "netuid": NETUID,
        "lock_share": 0.0,
        "drain_ratio": 1.0,
    }
    keys = {"hotkey_ss58": hot(MONA), "coldkey_ss58": cold(MONA)}
    assert await client.read("miner_collateral", netuid=NETUID, **keys) is None
    assert await client.read("subnet_collateral", netuid=NETUID) == []


async def test_reads_tell_what_was_done(client: bt.Client) -> None:
    graph, other = [await client.subnets.metagraph(netuid) for netuid in (NETUID, OTHER)]
    assert (len(graph.neurons), len(other.neurons)) == (6, 4)
    assert graph.neurons[2].axon == "8.8.8.8:8091" and graph.neurons[1].validator_permit
    assert await client.read("uid", netuid=NETUID, hotkey_ss58=hot(MONA)) == 2
    weights = await client.read("weights", netuid=NETUID, mechid=0)
    assert weights[1] == pytest.approx({2: 1 / 3, 3: 2 / 3}, abs=1e-4)
    assert await client.read("bonds", netuid=NETUID, mechid=0)
    children = await client.read("children", netuid=NETUID, hotkey_ss58=hot(VERA))
    parents = await client.read("parents", netuid=NETUID, hotkey_ss58=hot(MONA))
    assert hot(MONA) in str(children) and hot(VERA) in str(parents)
    assert await client.read("pending_children", netuid=NETUID, hotkey_ss58=hot(VERA))
    assert "model" in str(await client.read("commitment", netuid=NETUID, hotkey_ss58=hot(MONA)))
    assert cold(MONA) in str(await client.read("proxies", coldkey_ss58=cold(VERA)))
    assert hot(VERA) in str(await client.read("auto_stake", coldkey_ss58=cold(MONA), netuid=NETUID))
    commits = await client.read("timelocked_weight_commits", netuid=NETUID, mechid=0)
    assert hot(VERA) in str(commits) and str(ROUND) in str(commits)
    assert (await client.read("stake", coldkey_ss58=cold(VERA), hotkey_ss58=hot(VERA), netuid=0)).tao == 50
    assert await client.read("hotkey_owner", hotkey_ss58=hot(VERA)) == cold(VERA)
    assert sorted(await client.read("netuids_for_hotkey", hotkey_ss58=hot(VERA))) == [0, NETUID]
    assert (await client.read("subnet_identity", netuid=NETUID)) is not None
    assert {info.netuid for info in await client.read("subnets")} == {0, 1, NETUID, OTHER}


async def test_what_is_not_there_reads_as_none(client: bt.Client) -> None:
    assert await client.read("metagraph", netuid=77) is None
    assert await client.read("subnet_identity", netuid=77) is None
    assert await client.read("uid", netuid=NETUID, hotkey_ss58=cold(VERA)) is None
