"""Every runtime API answers, in bytes that decode to what it said, for what exists and for what does not."""

from typing import Any

import pytest

from subnet.devnet.pallets.subtensor import storage
from subnet.devnet.pallets.subtensor.types import SubnetIdentityV3
from subnet.devnet.primitives import decode_all
from subnet.devnet.state import State
from subnet.devnet.views import APIS, hyperparameters, metagraph, neurons, stake, subnets, swap, types
from subnet.rules import pool as rules

TAO = 10**9
OWNER, VERA, MONA = (name.encode().ljust(32, b".") for name in ("owner", "vera", "mona"))
METHODS = sorted((f"{api.name}_{name}", decl) for api in APIS for name, decl in api.methods.items())


@pytest.fixture
def staffed(world):
    """A subnet that has had epochs with weights, with an identity, a validator and a miner."""
    netuid = world.subnet()
    world.seat(netuid, "vera")
    world.seat(netuid, "mona")
    world.stake(netuid, "vera", 300 * TAO)
    storage.SubnetIdentitiesV3[world.state, netuid] = SubnetIdentityV3(b"assay", *(b"",) * 7)
    world.until_epoch(netuid)
    world.weigh(netuid, "vera", {2: 65535})
    world.until_epoch(netuid)
    return netuid


def sample(name: str, netuid: int, coldkey: bytes) -> Any:
    """An argument that fits the name of a parameter."""
    values = {
        "netuid": netuid,
        "uid": 1,
        "metagraph_indexes": tuple(range(len(types.SELECTIVE_FIELDS) + 3)),
        "tao": TAO,
        "alpha": TAO,
        "amount": TAO,
        "coldkey_accounts": (coldkey,),
        "netuids": (netuid,),
        "origin": (VERA, netuid),
        "destination": None,
    }
    keys = {"hotkey", "hotkey_account", "delegate_account"}
    return values.get(name, VERA if name in keys else coldkey)


def answer(world, name: str, decl, netuid: int) -> tuple[Any, Any]:
    """What a method returns, and what its bytes decode to."""
    arguments = {key: sample(key, netuid, world.bob) for key, _ in decl.inputs}
    encoded = b"".join(kind.encode(arguments[key]) for key, kind in decl.inputs)
    said = decl.function(world.state, **arguments)
    return said, decode_all(decl.output, world.runtime.call_api(world.state, name, encoded))


@pytest.mark.parametrize(("name", "decl"), METHODS, ids=[name for name, _ in METHODS])
def test_an_api_says_in_bytes_what_it_says(world, staffed, name, decl):
    for netuid in (staffed, 0, 77):
        said, heard = answer(world, name, decl, netuid)
        assert heard == said


def test_a_metagraph_is_the_stored_subnet(world, staffed):
    graph = metagraph.get_metagraph(world.state, staffed)
    assert graph.hotkeys == (OWNER, VERA, MONA) and graph.coldkeys == (world.alice, world.bob, world.bob)
    assert bytes(graph.name) == b"assay" and graph.block == world.state.block
    assert graph.incentives == (0, 0, 65535) and graph.dividends == (0, 65535, 0)
    assert (
        graph.alpha_stake[1] == graph.total_stake[1] == storage.TotalHotkeyAlpha[world.state, VERA, staffed]
    )
    assert dict(graph.alpha_dividends_per_hotkey)[VERA] > 0
    assert graph.last_step == 20 and graph.blocks_since_last_step == 0
    assert len(graph.axons) == len(graph.identities) == len(graph.collateral_min) == graph.num_uids == 3
    assert metagraph.get_metagraph(world.state, 77) is None


def test_selected_fields_are_filled_and_the_others_are_not(world, staffed):
    names = [name for name, _ in types.SELECTIVE_FIELDS]
    chosen = (names.index("hotkeys"), names.index("validators"), 9999)
    graph = metagraph.get_selective_metagraph(world.state, staffed, chosen)
    assert graph.hotkeys == (OWNER, VERA, MONA) and graph.validators == (0, 1)
    assert graph.netuid == 0 and graph.coldkeys is None and graph.tempo is None
    assert metagraph.get_selective_metagraph(world.state, staffed, (0,)).netuid == staffed


def test_a_past_block_has_the_metagraph_that_it_had(world, staffed):
    block, then = world.state.block, metagraph.get_metagraph(world.state, staffed)
    world.blocks(15)
    past: State = world.state.at(block)
    assert metagraph.get_metagraph(past, staffed) == then
    assert metagraph.get_metagraph(world.state, staffed) != then


def test_a_neuron_shows_weights_bonds_and_its_stake(world, staffed):
    vera = neurons.get_neuron(world.state, staffed, 1)
    assert vera.weights == ((2, 65535),) and vera.bonds[0][0] == 2
    assert vera.stake == ((world.bob, storage.TotalHotkeyAlpha[world.state, VERA, staffed]),)
    assert vera.validator_permit and vera.last_update == 10
    assert neurons.get_neuron(world.state, staffed, 3) is None
    assert [neuron.uid for neuron in neurons.get_neurons_lite(world.state, staffed)] == [0, 1, 2]


def test_hyperparameters_come_as_a_struct_and_as_named_values(world, staffed):
    struct = hyperparameters.get_subnet_hyperparams_v2(world.state, staffed)
    named = hyperparameters.get_subnet_hyperparams_v3(world.state, staffed)
    values = {entry.name.decode(): entry.value.fields[0] for entry in named}
    assert struct.tempo == values["tempo"] == 10
    assert values["activity_cutoff"] == 138 and values["burn_increase_mult"].bits >> 32 == 5411658792
    assert len(values) == 33


def test_the_next_epoch_is_known(world, staffed):
    assert subnets.get_next_epoch_start_block(world.state, staffed) == 30
    storage.PendingEpochAt[world.state, staffed] = 25
    assert subnets.get_next_epoch_start_block(world.state, staffed) == 25
    assert subnets.get_next_epoch_start_block(world.state, 77) is None


def test_a_simulated_trade_is_the_trade_itself(world, staffed):
    quoted = swap.sim_swap_tao_for_alpha(world.state, staffed, 50 * TAO)
    before = storage.SubnetAlphaIn[world.state, staffed]
    world.stake(staffed, "mona", 50 * TAO)
    assert before - storage.SubnetAlphaIn[world.state, staffed] == quoted.alpha_amount
    assert quoted.tao_fee == rules.fee(50 * TAO) and quoted.alpha_slippage > 0
    assert swap.sim_swap_tao_for_alpha(world.state, staffed, 10**18) == swap.NO_TRADE
    assert swap.current_alpha_price(world.state, 0) == TAO


def test_stake_is_listed_by_coldkey_and_all_of_it_is_available(world, staffed):
    world.stake(0, "vera", 5 * TAO)
    positions = stake.get_stake_info_for_coldkey(world.state, world.bob)
    held = {(position.hotkey, position.netuid): position.stake for position in positions}
    assert held[VERA, 0] == 5 * TAO and set(held) == {(VERA, 0), (VERA, staffed), (MONA, staffed)}
    ((_, available),) = stake.get_stake_availability_for_coldkeys(world.state, (world.bob,), (staffed,))
    assert dict(available)[staffed].available == held[VERA, staffed] + held[MONA, staffed]
