"""The unmodified SDK founds a subnet, fills it, serves, votes and configures; refusals carry the chain's names."""

from types import SimpleNamespace
from typing import Any

import bittensor as bt
import pytest
from bittensor_core import Keypair

from subnet.devnet import Devnet, devnet

ALICE, BOB = Keypair.create_from_uri("//Alice"), Keypair.create_from_uri("//Bob")
MINER, VALIDATOR, OWNER = (Keypair.create_from_uri(f"//{name}") for name in ("miner", "validator", "owner"))
NETUID = 2


def wallet(coldkey: Keypair, hotkey: Keypair) -> SimpleNamespace:
    """What the SDK needs of a wallet."""
    return SimpleNamespace(coldkey=coldkey, coldkeypub=coldkey, hotkey=hotkey, hotkeypub=hotkey)


FOUNDER = wallet(ALICE, OWNER)


async def done(client: Any, intent: Any, who: Any) -> Any:
    """Executes an intent that must succeed."""
    result = await client.execute(intent, who)
    assert result.success, result.message
    return result


async def refused(client: Any, intent: Any, who: Any) -> str | None:
    """The name of the error with which an intent fails, or what the pool said."""
    result = await client.execute(intent, who)
    assert not result.success
    return result.error.name or result.message


@pytest.fixture
async def founded(chain: Devnet) -> Devnet:
    """A chain with a started subnet of Alice's."""
    async with bt.Client(chain.endpoint) as client:
        await done(client, bt.RegisterSubnet(), FOUNDER)
        await done(client, bt.StartCall(NETUID), FOUNDER)
    return chain


async def register(chain: Devnet, who: SimpleNamespace) -> None:
    """Registers with a client of its own: the SDK's nonce is off by one after a shielded send."""
    async with bt.Client(chain.endpoint) as client:
        await done(client, bt.BurnedRegister(NETUID), who)


async def test_a_subnet_is_founded_for_the_price_that_was_quoted(chain: Devnet) -> None:
    async with bt.Client(chain.endpoint) as client:
        before = await client.balances.get(ALICE.ss58_address)
        result = await done(client, bt.RegisterSubnet(), FOUNDER)
        after = await client.balances.get(ALICE.ss58_address)
        assert before - after == bt.tao(1000) + result.fee
        assert result.data["netuid"] == NETUID
        assert [info.netuid for info in await client.subnets.all()] == [0, 1, NETUID]
        neuron = (await client.neurons.all(NETUID))[0]
        assert (neuron.uid, neuron.hotkey, neuron.coldkey) == (0, OWNER.ss58_address, ALICE.ss58_address)


async def test_only_the_owner_starts_a_subnet(chain: Devnet) -> None:
    async with bt.Client(chain.endpoint) as client:
        await done(client, bt.RegisterSubnet(), FOUNDER)
        assert await refused(client, bt.StartCall(NETUID), wallet(BOB, MINER)) == "BadOrigin"
        await done(client, bt.StartCall(NETUID), FOUNDER)
        name = await refused(client, bt.StartCall(NETUID), FOUNDER)
        assert name == "FirstEmissionBlockNumberAlreadySet"


async def test_a_shielded_registration_gives_the_next_uid_and_raises_the_price(founded: Devnet) -> None:
    async with bt.Client(founded.endpoint) as client:
        price = (await client.subnets.info(NETUID)).burn
        await register(founded, wallet(BOB, MINER))
        assert {n.uid: n.hotkey for n in await client.neurons.all(NETUID)}[1] == MINER.ss58_address
        assert (await client.subnets.info(NETUID)).burn > price


@pytest.mark.parametrize(
    ("netuid", "who", "name"),
    [
        (9, wallet(BOB, MINER), "SubnetNotExists"),
        (0, wallet(BOB, MINER), "RegistrationNotPermittedOnRootSubnet"),
        (NETUID, FOUNDER, "HotKeyAlreadyRegisteredInSubNet"),
        (NETUID, wallet(MINER, MINER), None),
    ],
)
async def test_a_registration_that_fails_says_why(
    founded: Devnet, netuid: int, who: Any, name: str | None
) -> None:
    async with bt.Client(founded.endpoint) as client:
        call = bt.calls.SubtensorModule.burned_register(netuid=netuid, hotkey=who.hotkey.ss58_address)
        result = await client.submit_call(call, who)
    assert not result.success
    assert name is None or result.error.name == name


async def test_an_axon_is_served_and_read_back(founded: Devnet) -> None:
    await register(founded, wallet(BOB, MINER))
    async with bt.Client(founded.endpoint) as client:
        await done(client, bt.ServeAxon(NETUID, "127.0.0.2", 8091), wallet(BOB, MINER))
        metagraph = await client.subnets.metagraph(NETUID)
        assert metagraph.neurons[1].axon == "127.0.0.2:8091"


@pytest.mark.parametrize(
    ("ip", "port", "name"), [("127.0.0.1", 8091, "InvalidIpAddress"), ("1.2.3.4", 0, "InvalidPort")]
)
async def test_a_bad_axon_is_refused_before_it_enters_a_block(
    founded: Devnet, ip: str, port: int, name: str
) -> None:
    async with bt.Client(founded.endpoint) as client:
        before = await client.block()
        result = await client.execute(bt.ServeAxon(NETUID, ip, port), FOUNDER)
        assert not result.success
        assert result.error.name == name
        assert await client.block() == before


async def test_weights_are_set_as_the_subnet_demands_and_read_back(founded: Devnet) -> None:
    await register(founded, wallet(BOB, MINER))
    await founded.advance(5)
    async with bt.Client(founded.endpoint) as client:
        await done(client, bt.SetWeights(NETUID, weights={0: 1, 1: 3}), FOUNDER)
        row = (await client.weights.weights(NETUID))[0]
        assert row == pytest.approx({0: 0.25, 1: 0.75}, abs=1e-4)


async def test_a_miner_without_permit_sets_no_weights(founded: Devnet) -> None:
    await register(founded, wallet(BOB, MINER))
    await founded.advance(5)
    async with bt.Client(founded.endpoint) as client:
        name = await refused(client, bt.SetWeights(NETUID, weights={0: 1, 1: 3}), wallet(BOB, MINER))
        assert name == "NeuronNoValidatorPermit"


async def test_an_owner_changes_a_setting_and_a_stranger_does_not(founded: Devnet) -> None:
    change = bt.SetHyperparameter(NETUID, "immunity_period", 77)
    async with bt.Client(founded.endpoint) as client:
        assert await refused(client, change, wallet(BOB, MINER)) == "BadOrigin"
        await done(client, change, FOUNDER)
        assert (await client.subnets.subnet_hyperparameters(NETUID))["immunity_period"] == 77
        assert (
            await refused(client, bt.SetHyperparameter(NETUID, "min_burn", 1.5), FOUNDER)
            == "ValueNotInBounds"
        )


async def test_on_a_chain_like_the_real_one_weights_are_committed(request: pytest.FixtureRequest) -> None:
    options = {"seed": request.node.nodeid, "preset": "mainnet", "checked": True}
    async with devnet(mode="instant", **options) as chain, bt.Client(chain.endpoint) as client:
        await done(client, bt.RegisterSubnet(), FOUNDER)
        await done(client, bt.StartCall(NETUID), FOUNDER)
        await chain.advance(100)
        await done(client, bt.SetWeights(NETUID, weights={0: 1}), FOUNDER)
        [(_, commits)] = (await client.weights.timelocked_weight_commits(NETUID)).items()
        assert commits[0]["hotkey"] == OWNER.ss58_address
        plain = bt.calls.SubtensorModule.set_weights(netuid=NETUID, dests=[0], weights=[1], version_key=0)
        result = await client.submit_call(plain, FOUNDER, signer="hotkey")
        assert result.error.name == "CommitRevealEnabled"
        assert chain.node.failures == []
