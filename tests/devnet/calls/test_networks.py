"""Founding and starting subnets (rules 3.1 to 3.5)."""

from typing import Any

import pytest

from subnet.devnet.dispatch import BadOrigin
from subnet.devnet.pallets import balances
from subnet.devnet.pallets.subtensor import networks, shares, storage
from subnet.devnet.pallets.subtensor.audit import audit
from subnet.devnet.pallets.subtensor.subnets import subnet_account

RAO = 10**9


def test_a_chain_starts_with_root_and_one_unstarted_subnet(chain: Any) -> None:
    assert [n for (n,), _ in storage.NetworksAdded.items(chain.state)] == [0, 1]
    assert storage.MaxAllowedUids[chain.state, 0] == 64
    assert storage.SubnetMechanism[chain.state, 1] == 1
    assert storage.FirstEmissionBlockNumber[chain.state, 1] is None
    assert not storage.SubtokenEnabled[chain.state, 1]


def test_a_new_subnet_belongs_to_the_signer_and_seats_its_hotkey_on_uid_0(chain: Any, hotkey: Any) -> None:
    events = chain.call(chain.alice, "register_network", hotkey("owner"))
    assert "NetworkAdded" in events
    assert storage.SubnetOwner[chain.state, 2] == chain.alice
    assert storage.Keys[chain.state, 2, 0] == storage.SubnetOwnerHotkey[chain.state, 2] == hotkey("owner")
    assert storage.MinAllowedWeights[chain.state, 2] == 1
    assert storage.Yuma3On[chain.state, 2]
    assert not storage.SubnetEmissionEnabled[chain.state, 2]


def test_the_whole_lock_cost_moves_into_the_pool_and_the_next_subnet_costs_twice(
    chain: Any, hotkey: Any
) -> None:
    chain.blocks()
    cost, before = networks.lock_cost(chain.state), balances.free(chain.state, chain.alice)
    assert cost == 1000 * RAO
    chain.call(chain.alice, "register_network", hotkey("owner"))
    assert balances.free(chain.state, chain.alice) == before - cost
    assert balances.free(chain.state, subnet_account(2)) == cost
    assert storage.SubnetTAO[chain.state, 2] == storage.SubnetLocked[chain.state, 2] == cost
    assert networks.lock_cost(chain.state) == 2 * cost


def test_a_pool_opens_at_the_median_price(chain: Any, hotkey: Any) -> None:
    chain.subnet()
    assert storage.SubnetAlphaIn[chain.state, 2] == storage.SubnetTAO[chain.state, 2]


def test_founding_is_refused_in_the_order_of_the_chain(mainnet: Any, hotkey: Any) -> None:
    chain = mainnet
    chain.call(chain.bob, "try_associate_hotkey", hotkey("bobs"))
    assert chain.error(chain.alice, "register_network", hotkey("bobs")) == "NonAssociatedColdKey"
    assert chain.error(chain.alice, "register_network", subnet_account(1)) == "CannotUseSystemAccount"
    assert chain.error(hotkey("poor"), "register_network", hotkey("h")) == "CannotAffordLockCost"
    chain.call(chain.alice, "register_network", hotkey("first"))
    assert chain.error(chain.alice, "register_network", hotkey("second")) == "NetworkTxRateLimitExceeded"
    assert chain.refusal(chain.alice, "register_network", hotkey("second")) == "Custom error: 6"


def test_without_a_prunable_subnet_the_limit_holds(chain: Any, hotkey: Any) -> None:
    chain.root("AdminUtils.sudo_set_subnet_limit", 1)
    assert chain.error(chain.alice, "register_network", hotkey("h")) == "SubnetLimitReached"


def test_a_full_chain_dissolves_the_subnet_with_the_lowest_price(chain: Any, hotkey: Any) -> None:
    chain.root("AdminUtils.sudo_set_subnet_limit", 1)
    chain.root("AdminUtils.sudo_set_network_immunity_period", 0)
    events = chain.call(chain.alice, "register_network", hotkey("new"))
    assert "NetworkRemoved" in events
    assert storage.SubnetOwner[chain.state, 1] == chain.alice
    assert storage.Keys[chain.state, 1, 0] == hotkey("new")
    assert storage.SubnetworkN[chain.state, 1] == 1


def test_dissolving_pays_the_pool_out_and_leaves_nothing(chain: Any, hotkey: Any) -> None:
    netuid = chain.subnet()
    chain.call(chain.bob, "add_stake", hotkey("owner"), netuid, 100 * RAO)
    before = balances.free(chain.state, chain.bob)
    chain.root("root_dissolve_network", netuid)
    assert balances.free(chain.state, chain.bob) > before + 100 * RAO, "the only staker gets the whole pool"
    assert balances.free(chain.state, subnet_account(netuid)) == 0
    assert audit(chain.state) == []
    for item in (storage.Keys, storage.Weights, storage.TotalHotkeyAlpha, storage.SubnetTAO):
        assert not [key for key in item.all_keys(chain.state) if netuid in key]


def test_only_the_owner_starts_a_subnet_and_only_once(chain: Any, hotkey: Any) -> None:
    chain.call(chain.alice, "register_network", hotkey("owner"))
    assert chain.error(chain.alice, "start_call", 9) == "SubnetNotExists"
    with pytest.raises(BadOrigin):
        chain.call(chain.bob, "start_call", 2)
    assert chain.call(chain.alice, "start_call", 2) == ["FirstEmissionBlockNumberSet"]
    assert storage.FirstEmissionBlockNumber[chain.state, 2] == chain.state.block + 1
    assert chain.error(chain.alice, "start_call", 2) == "FirstEmissionBlockNumberAlreadySet"


def test_a_subnet_may_have_to_wait_before_it_starts(chain: Any, hotkey: Any) -> None:
    chain.root("AdminUtils.sudo_set_start_call_delay", 3)
    chain.call(chain.alice, "register_network", hotkey("owner"))
    assert chain.error(chain.alice, "start_call", 2) == "NeedWaitingMoreBlocksToStarCall"
    chain.blocks(3)
    chain.call(chain.alice, "start_call", 2)


def test_identities_are_published_by_owners_and_bounded(chain: Any, hotkey: Any) -> None:
    netuid = chain.subnet()
    identity = [b"gold"] + [b""] * 7
    assert chain.call(chain.alice, "set_subnet_identity", netuid, *identity) == ["SubnetIdentitySet"]
    assert storage.SubnetIdentitiesV3[chain.state, netuid].subnet_name == b"gold"
    assert (
        chain.error(chain.alice, "set_subnet_identity", netuid, b"g" * 257, *identity[1:])
        == "InvalidIdentity"
    )
    assert chain.error(chain.bob, "set_identity", *[b""] * 7) == "HotKeyNotRegisteredInNetwork"
    assert chain.call(chain.alice, "set_identity", b"alice", *[b""] * 6) == ["ChainIdentitySet"]


def test_dissolving_pays_nobody_less_than_an_account_needs(chain: Any, hotkey: Any) -> None:
    netuid, poor = chain.subnet(), hotkey("poor")
    chain.call(chain.bob, "add_stake", hotkey("owner"), netuid, 100 * RAO)
    shares.increase_stake(chain.state, hotkey("owner"), poor, netuid, 1)
    storage.SubnetAlphaOut[chain.state, netuid] += 1
    chain.root("root_dissolve_network", netuid)
    assert balances.free(chain.state, poor) == 0
    assert audit(chain.state) == []


def test_a_subnet_that_takes_a_freed_netuid_starts_from_nothing(chain: Any, hotkey: Any) -> None:
    netuid = chain.subnet()
    for name in ("validator", "miner"):
        chain.seat(netuid, name)
    chain.call(chain.bob, "add_stake", hotkey("validator"), netuid, 100 * RAO)
    chain.blocks(25)
    chain.root("root_dissolve_network", netuid)
    assert chain.subnet(hotkey="second") == netuid
    assert storage.SubnetworkN[chain.state, netuid] == 1
    chain.blocks(25)
    assert audit(chain.state) == []
