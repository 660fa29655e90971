"""The real SDK and btcli trade, vote and read on a running chain."""

import asyncio
import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bittensor as bt
import bittensor_core
import pytest
from websockets.asyncio.client import ClientConnection, connect

from subnet.devnet import Devnet
from subnet.devnet.pallets import assay
from subnet.devnet.pallets.subtensor import storage
from subnet.devnet.pallets.subtensor.audit import audit

NETUID = 2
TAO = 10**9


def signer(coldkey: str, hotkey: str) -> SimpleNamespace:
    """A wallet of development keys."""
    cold, hot = (bittensor_core.Keypair.create_from_uri(f"//{name}") for name in (coldkey, hotkey))
    return SimpleNamespace(coldkey=cold, coldkeypub=cold, hotkey=hot, name=coldkey)


ALICE, VERA, MONA = signer("Alice", "owner"), signer("Bob", "vera"), signer("Charlie", "mona")


async def done(chain: Devnet, intent: bt.Intent, wallet: SimpleNamespace) -> bt.ExtrinsicResult:
    """Executes an intent with a client of its own: after a shielded send a client's nonce is one behind."""
    async with bt.Client(chain.endpoint) as client:
        result = await asyncio.wait_for(client.execute(intent, wallet), 20)
    assert result.success, result.message
    return result


@pytest.fixture
async def market(chain: Devnet) -> Devnet:
    """A started subnet with the owner, the validator vera (100 TAO staked, permitted) and the miner mona."""
    await done(chain, bt.RegisterSubnet(), ALICE)
    await done(chain, bt.StartCall(NETUID), ALICE)
    await done(chain, bt.BurnedRegister(NETUID), VERA)
    await done(chain, bt.BurnedRegister(NETUID), MONA)
    await done(chain, bt.AddStake(VERA.hotkey.ss58_address, NETUID, 100, rate_tolerance=0.5), VERA)
    await chain.advance(10)
    return chain


async def test_stake_is_bought_read_moved_and_sold(market: Devnet) -> None:
    hotkey, coldkey = VERA.hotkey.ss58_address, VERA.coldkey.ss58_address
    async with bt.Client(market.endpoint) as client:
        held = await client.staking.get(coldkey, hotkey, NETUID)
        (position,) = await client.staking.positions(coldkey)
        assert position.stake == held and position.is_registered and held.rao > 90 * TAO
        value = await client.read("stake_value_for_coldkey", coldkey_ss58=coldkey)
        assert value.stake_value.rao == pytest.approx(held.rao * value.tao_per_alpha[NETUID], rel=1e-6)
    await done(market, bt.RemoveStake(hotkey, NETUID, 10), VERA)
    await done(market, bt.MoveStake(hotkey, NETUID, MONA.hotkey.ss58_address, NETUID, 5), VERA)
    await done(market, bt.SwapStake(hotkey, NETUID, 0, 5), VERA)
    await done(market, bt.TransferStake(MONA.coldkey.ss58_address, hotkey, NETUID, NETUID, 5), VERA)
    await done(market, bt.SetTake(0.1), VERA)
    async with bt.Client(market.endpoint) as client:
        # An epoch may have passed since, and then they have earned dividends as well
        assert 5 * TAO <= (await client.staking.get(MONA.coldkey.ss58_address, hotkey, NETUID)).rao < 6 * TAO
        assert 5 * TAO <= (await client.staking.get(coldkey, MONA.hotkey.ss58_address, NETUID)).rao < 6 * TAO
        assert (await client.staking.get(coldkey, hotkey, 0)).rao > 4 * TAO
    await done(market, bt.UnstakeAll(hotkey), VERA)
    assert audit(market.node.state) == []


async def test_weights_become_emission_that_the_metagraph_shows(market: Devnet) -> None:
    await done(market, bt.SetWeights(NETUID, uids=[2], weights=[1.0]), VERA)
    async with bt.Client(market.endpoint) as client:
        due = await client.epochs.next_epoch_start_block(NETUID)
        await market.advance(due - market.node.state.block)
        graph = await client.subnets.metagraph(NETUID)
        neurons = await client.neurons.all(NETUID)
        full = await client.runtime(bt.runtime_api.NeuronInfoRuntimeApi.get_neuron, [NETUID, 1])
        status = await client.epochs.epoch_status(NETUID)
    owner, vera, mona = graph.neurons
    assert (mona.incentive, vera.dividends, owner.incentive) == (1.0, 1.0, 0.0)
    assert mona.emission.rao == vera.emission.rao > 4 * TAO
    assert mona.alpha_stake.rao == mona.emission.rao
    assert [neuron.hotkey for neuron in neurons] == [neuron.hotkey for neuron in graph.neurons]
    assert [tuple(weight) for weight in full["weights"]] == [(2, 65535)]
    assert status["last_epoch_block"] == due and status["next_epoch_start_block"] == due + 10
    record = assay.epochs(market.node.state, NETUID)[-1]
    assert record.block == due
    assert mona.emission.rao + vera.emission.rao == pytest.approx(record.server + record.validator, abs=4)


async def test_past_blocks_stay_readable(market: Devnet) -> None:
    async with bt.Client(market.endpoint) as client:
        before = await client.at(market.node.state.block)
        then = await before.subnets.metagraph(NETUID, commitments=False)
        await market.advance(25)
        again = await before.subnets.metagraph(NETUID, commitments=False)
        now = await client.subnets.metagraph(NETUID, commitments=False)
    assert [n.total_stake for n in again.neurons] == [n.total_stake for n in then.neurons]
    assert now.neurons[0].total_stake.rao > then.neurons[0].total_stake.rao


async def test_hyperparameters_and_prices_are_what_is_stored(market: Devnet) -> None:
    state = market.node.state
    async with bt.Client(market.endpoint) as client:
        values = await client.read("subnet_hyperparameters", netuid=NETUID)
        cost = await client.read("subnet_registration_cost")
    assert values["tempo"] == storage.Tempo[state, NETUID] and values["yuma_version"] == 3
    assert values["subnet_is_active"] is True and values["max_validators"] == 64
    assert cost.rao >= 1000 * TAO


async def test_btcli_shows_subnets_the_metagraph_and_a_balance(market: Devnet, tmp_path: Path) -> None:
    listed, graph, balance = await asyncio.gather(
        btcli(market, tmp_path, "subnets", "list"),
        btcli(market, tmp_path, "query", "metagraph", "--netuid", str(NETUID)),
        btcli(market, tmp_path, "wallet", "balance", VERA.coldkey.ss58_address),
    )
    assert {row["netuid"] for row in rows(listed)} == {0, 1, 2}
    assert graph["netuid"] == NETUID and len(graph["hotkeys" if "hotkeys" in graph else "neurons"]) == 3
    assert "free" in json.dumps(balance)


def rows(answer: object) -> list[dict[str, object]]:
    """The rows of a table, which may be wrapped in an object."""
    if isinstance(answer, list):
        return answer
    assert isinstance(answer, dict)
    return next(value for value in answer.values() if isinstance(value, list))


async def btcli(chain: Devnet, home: Path, *arguments: str) -> object:
    """What a btcli command prints as JSON."""
    command = [
        str(Path(sys.executable).with_name("btcli")),
        *arguments,
        "--json",
        "--network",
        chain.endpoint,
    ]
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | {"HOME": str(home)},
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, err.decode()
    return json.loads(out)


async def test_a_client_of_any_kind_reads_what_epochs_paid_and_that_the_books_balance(market: Devnet) -> None:
    await market.advance(20)
    async with connect(market.endpoint) as socket:
        paid = await asked(socket, "dev_epochs", [NETUID])
        later = await asked(socket, "dev_epochs", [NETUID, paid[-1]["block"]])
        assert await asked(socket, "dev_audit", []) == []
    assert later == paid[-1:]
    assert paid[-1]["server"] == 10 * 410_002_289 and paid[-1]["owner"] == 10 * 179_995_422
    async with bt.Client(market.endpoint) as client:
        stored = await client.query(("Assay", "Epochs"), [NETUID, paid[-1]["epoch"]])
    assert {key: int(value) for key, value in stored.items()} == paid[-1]


async def asked(socket: ClientConnection, method: str, parameters: list[int]) -> Any:
    """The result of one JSON-RPC request."""
    await socket.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}))
    return json.loads(await asyncio.wait_for(socket.recv(), 10))["result"]
