"""A neuron under a new hotkey: the seat, its age and its history stay."""

from typing import Any

import pytest

from subnet.devnet.pallets import balances
from subnet.devnet.pallets.subtensor import shares, storage
from subnet.devnet.pallets.subtensor.audit import audit

TAO = 10**9


@pytest.fixture
def seated(chain: Any, hotkey: Any) -> Any:
    """Subnet 2 with Bob's miner "old" on uid 1: served, staked by Alice, with weights towards it."""
    netuid = chain.subnet()
    chain.seat(netuid, "old", chain.bob)
    chain.call(hotkey("old"), "serve_axon", netuid, 1, 0x01020304, 8091, 4, 4, 0, 0)
    chain.call(chain.alice, "add_stake", hotkey("old"), netuid, 5 * TAO)
    storage.Weights[chain.state, netuid, 0] = ((1, 65535),)
    chain.blocks(3)
    return chain


def test_the_seat_keeps_its_uid_its_age_and_what_others_think_of_it(seated: Any, hotkey: Any) -> None:
    state = seated.state
    registered = storage.BlockAtRegistration[state, 2, 1]
    stake = shares.stake_of(state, hotkey("old"), seated.alice, 2)
    before = balances.free(state, seated.bob)
    assert seated.call(seated.bob, "swap_hotkey", hotkey("old"), hotkey("new"), 2)[-1] == "HotkeySwapped"
    assert storage.Keys[state, 2, 1] == hotkey("new")
    assert (storage.Uids[state, 2, hotkey("new")], storage.Uids[state, 2, hotkey("old")]) == (1, None)
    assert storage.BlockAtRegistration[state, 2, 1] == registered
    assert storage.Weights[state, 2, 0] == ((1, 65535),)
    assert storage.Axons[state, 2, hotkey("new")].port == 8091
    assert shares.stake_of(state, hotkey("new"), seated.alice, 2) == stake
    assert shares.stake_of(state, hotkey("old"), seated.alice, 2) == 0
    assert storage.Owner[state, hotkey("new")] == storage.Owner[state, hotkey("old")] == seated.bob
    assert balances.free(state, seated.bob) == before - TAO // 1000
    assert audit(state) == []


def test_a_swap_everywhere_leaves_nothing_of_the_old_hotkey(seated: Any, hotkey: Any) -> None:
    state = seated.state
    other = seated.subnet(hotkey="owner of another")
    seated.seat(other, "old", seated.bob)
    seated.call(seated.bob, "swap_hotkey", hotkey("old"), hotkey("new"), None)
    for netuid in (2, other):
        assert storage.Keys[state, netuid, 1] == hotkey("new")
    assert not storage.Owner.has(state, hotkey("old"))
    assert storage.OwnedHotkeys[state, seated.bob] == (hotkey("new"),)
    assert audit(state) == []


def test_stake_stays_where_that_is_asked_for(seated: Any, hotkey: Any) -> None:
    stake = shares.stake_of(seated.state, hotkey("old"), seated.alice, 2)
    seated.call(seated.bob, "swap_hotkey_v2", hotkey("old"), hotkey("new"), 2, True)
    assert shares.stake_of(seated.state, hotkey("old"), seated.alice, 2) == stake
    assert storage.Keys[seated.state, 2, 1] == hotkey("new")


def test_the_owners_hotkey_stays_the_owners(seated: Any, hotkey: Any) -> None:
    seated.call(seated.alice, "swap_hotkey", hotkey("owner"), hotkey("new"), 2)
    assert storage.SubnetOwnerHotkey[seated.state, 2] == hotkey("new")


def test_swaps_are_refused_for_a_reason(seated: Any, hotkey: Any) -> None:
    old, new = hotkey("old"), hotkey("new")
    assert seated.error(seated.alice, "swap_hotkey", old, new, 2) == "NonAssociatedColdKey"
    assert seated.error(seated.bob, "swap_hotkey", old, old, 2) == "NewHotKeyIsSameWithOld"
    assert (
        seated.error(seated.bob, "swap_hotkey", old, hotkey("owner"), 2) == "HotKeyAlreadyRegisteredInSubNet"
    )
    assert seated.error(seated.bob, "swap_hotkey", old, new, 9) == "SubnetNotExists"
    seated.call(seated.alice, "try_associate_hotkey", hotkey("alices"))
    assert seated.error(seated.bob, "swap_hotkey", old, hotkey("alices"), 2) == "NonAssociatedColdKey"
    seated.call(seated.bob, "swap_hotkey", old, new, 2)
    again = seated.error(seated.bob, "swap_hotkey", new, old, 2)
    assert again == "HotKeySwapOnSubnetIntervalNotPassed"
