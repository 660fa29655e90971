"""Seats and their price (rules 4)."""

from typing import Any

import pytest

from subnet.devnet.pallets import balances
from subnet.devnet.pallets.subtensor import storage
from subnet.devnet.pallets.subtensor.subnets import subnet_account

TAO = 10**9


def test_a_seat_costs_the_burn_price_which_then_rises(chain: Any, hotkey: Any) -> None:
    netuid = chain.subnet()
    price, before = storage.Burn[chain.state, netuid], balances.free(chain.state, chain.bob)
    events = chain.call(chain.bob, "burned_register", netuid, hotkey("miner"))
    assert "NeuronRegistered" in events
    assert balances.free(chain.state, chain.bob) == before - price
    assert storage.RAORecycledForRegistration[chain.state, netuid] == price
    assert storage.Burn[chain.state, netuid] == price * 126 // 100
    assert storage.RegistrationsThisBlock[chain.state, netuid] == 1


def test_the_alpha_that_a_price_buys_is_owned_by_nobody(chain: Any, hotkey: Any) -> None:
    netuid = chain.subnet()
    out, pooled = storage.SubnetAlphaOut[chain.state, netuid], storage.SubnetAlphaIn[chain.state, netuid]
    chain.seat(netuid, "miner")
    assert storage.SubnetAlphaOut[chain.state, netuid] == out
    assert storage.SubnetAlphaIn[chain.state, netuid] < pooled


def test_a_new_neuron_starts_active_and_unjudged(chain: Any, hotkey: Any) -> None:
    netuid = chain.subnet()
    uid = chain.seat(netuid, "miner")
    assert uid == 1
    assert storage.Keys[chain.state, netuid, uid] == hotkey("miner")
    assert storage.IsNetworkMember[chain.state, hotkey("miner"), netuid]
    assert storage.BlockAtRegistration[chain.state, netuid, uid] == chain.state.block
    assert storage.LastUpdate[chain.state, netuid][uid] == chain.state.block
    assert storage.Active[chain.state, netuid] == (True, True)
    assert storage.ValidatorPermit[chain.state, netuid] == (False, False)
    assert storage.Emission[chain.state, netuid][uid] == storage.Incentive[chain.state, netuid][uid] == 0


def test_registration_is_refused_in_the_order_of_the_chain(chain: Any, hotkey: Any) -> None:
    netuid = chain.subnet()
    poor, h = hotkey("poor"), hotkey("h")
    assert chain.error(chain.bob, "burned_register", 0, h) == "RegistrationNotPermittedOnRootSubnet"
    assert chain.error(chain.bob, "burned_register", 9, h) == "SubnetNotExists"
    chain.root("AdminUtils.sudo_set_network_registration_allowed", netuid, False)
    assert chain.error(chain.bob, "burned_register", netuid, hotkey("owner")) == "SubNetRegistrationDisabled"
    chain.root("AdminUtils.sudo_set_network_registration_allowed", netuid, True)
    assert chain.error(poor, "burned_register", netuid, hotkey("owner")) == "HotKeyAlreadyRegisteredInSubNet"
    chain.call(chain.alice, "try_associate_hotkey", hotkey("alices"))
    assert chain.error(poor, "burned_register", netuid, hotkey("alices")) == "NotEnoughBalanceToStake"
    assert chain.error(chain.bob, "burned_register", netuid, hotkey("alices")) == "NonAssociatedColdKey"
    assert (
        chain.error(chain.bob, "burned_register", netuid, subnet_account(netuid)) == "CannotUseSystemAccount"
    )
    storage.MaxAllowedUids[chain.state, netuid] = 0
    assert chain.error(chain.bob, "burned_register", netuid, h) == "NoNeuronIdAvailable"


def test_a_refused_registration_leaves_no_trace(chain: Any, hotkey: Any) -> None:
    netuid = chain.subnet()
    storage.MaxAllowedUids[chain.state, netuid] = 0
    chain.error(chain.bob, "burned_register", netuid, hotkey("h"))
    assert not storage.Owner.has(chain.state, hotkey("h"))
    assert not storage.OwnedHotkeys[chain.state, chain.bob]


def test_a_limit_price_protects_from_a_risen_price(chain: Any, hotkey: Any) -> None:
    netuid = chain.subnet()
    price = storage.Burn[chain.state, netuid]
    below = chain.error(chain.bob, "register_limit", netuid, hotkey("h"), price - 1)
    assert below == "RegistrationPriceLimitExceeded"
    chain.call(chain.bob, "register_limit", netuid, hotkey("h"), price)


def test_register_ignores_the_proof_of_work_and_charges_the_signer(chain: Any, hotkey: Any) -> None:
    netuid = chain.subnet()
    chain.call(chain.bob, "register", netuid, 1, 2, b"work", hotkey("h"), chain.alice)
    assert storage.Owner[chain.state, hotkey("h")] == chain.bob


def test_several_may_register_in_one_block(chain: Any) -> None:
    netuid = chain.subnet()
    assert [chain.seat(netuid, f"m{n}") for n in range(4)] == [1, 2, 3, 4]
    chain.blocks()
    assert storage.RegistrationsThisBlock[chain.state, netuid] == 0


@pytest.mark.parametrize(
    ("half_life", "burn", "prices"), [(1000, 1000, [999]), (2, 1024, [None, 511, None, 255])]
)
def test_the_price_falls_by_half_in_a_half_life(
    chain: Any, half_life: int, burn: int, prices: list[Any]
) -> None:
    netuid = chain.subnet()
    storage.MinBurn[chain.state, netuid] = 0
    storage.BurnHalfLife[chain.state, netuid], storage.Burn[chain.state, netuid] = half_life, burn
    for price in prices:
        chain.blocks()
        assert price in (None, storage.Burn[chain.state, netuid])


def test_the_price_stays_between_its_bounds(chain: Any) -> None:
    netuid = chain.subnet()
    storage.MinBurn[chain.state, netuid], storage.MaxBurn[chain.state, netuid] = 100_000, 150_000
    storage.BurnHalfLife[chain.state, netuid], storage.Burn[chain.state, netuid] = 1, 1
    storage.BurnIncreaseMult[chain.state, netuid] = storage.FixedU128(2 << 64)
    chain.blocks()
    assert storage.Burn[chain.state, netuid] == 100_000
    chain.seat(netuid, "miner")
    assert storage.Burn[chain.state, netuid] == 150_000
    chain.blocks()
    assert storage.Burn[chain.state, netuid] == 100_000


def test_the_last_existential_deposit_is_not_burned(chain: Any, hotkey: Any) -> None:
    netuid = chain.subnet()
    price = storage.Burn[chain.state, netuid]
    chain.call(chain.bob, "Balances.transfer_keep_alive", ("Id", (hotkey("just enough"),)), price)
    chain.call(hotkey("just enough"), "burned_register", netuid, hotkey("h"))
    assert balances.free(chain.state, hotkey("just enough")) == balances.EXISTENTIAL_DEPOSIT


def test_root_seats_are_limited_per_block_and_go_to_the_larger_stake(chain: Any, hotkey: Any) -> None:
    assert chain.call(chain.bob, "root_register", hotkey("first"))[-1] == "NeuronRegistered"
    assert chain.error(chain.bob, "root_register", hotkey("second")) == "TooManyRegistrationsThisBlock"
    chain.blocks()
    assert chain.error(chain.bob, "root_register", hotkey("first")) == "HotKeyAlreadyRegisteredInSubNet"
    storage.MaxAllowedUids[chain.state, 0] = 1
    assert chain.error(chain.bob, "root_register", hotkey("second")) == "StakeTooLowForRoot"
    storage.TotalHotkeyAlpha[chain.state, hotkey("second"), 0] = TAO
    chain.call(chain.bob, "root_register", hotkey("second"))
    assert storage.Uids[chain.state, 0, hotkey("first")] is None
