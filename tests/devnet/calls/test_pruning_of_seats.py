"""Who leaves a full subnet, and what the newcomer finds (rules 4.5, 4.6)."""

from typing import Any

import pytest

from subnet.devnet.pallets.subtensor import storage

IMMUNITY = 100


@pytest.fixture
def full(chain: Any) -> Any:
    """A chain with a subnet 2 of four seats: the owner's on uid 0 and miners a, b, c, all past their immunity."""
    netuid = chain.subnet()
    for name in "abc":
        chain.seat(netuid, name)
        chain.blocks()
    storage.MaxAllowedUids[chain.state, netuid] = 4
    storage.ImmunityPeriod[chain.state, netuid] = IMMUNITY
    chain.until(chain.state.block + IMMUNITY)
    emit(chain, 0, 30, 20, 10)
    return chain


def emit(chain: Any, *emission: int) -> None:
    """Writes what the uids earned in the last epoch."""
    storage.Emission[chain.state, 2] = emission


def test_the_lowest_emission_leaves(full: Any) -> None:
    assert full.seat(2, "new") == 3


def test_of_equal_emissions_the_earliest_registration_leaves(full: Any) -> None:
    emit(full, 0, 7, 7, 7)
    assert full.seat(2, "new") == 1


def test_of_equal_registrations_the_lowest_uid_leaves(full: Any) -> None:
    emit(full, 0, 7, 7, 7)
    for uid in range(4):
        storage.BlockAtRegistration[full.state, 2, uid] = 1
    assert full.seat(2, "new") == 1


def test_the_owners_hotkey_stays_whatever_it_earns(full: Any) -> None:
    emit(full, 0, 1, 1, 1)
    assert full.seat(2, "new") != 0


def test_more_hotkeys_of_the_owner_stay_when_the_limit_says_so(full: Any, hotkey: Any) -> None:
    emit(full, 9, 3, 2, 1)
    storage.ImmuneOwnerUidsLimit[full.state, 2] = 10
    storage.Owner[full.state, hotkey("b")] = full.bob
    storage.OwnedHotkeys[full.state, full.alice] = (hotkey("owner"), hotkey("a"), hotkey("c"))
    assert full.seat(2, "new", full.bob) == 2, "a and c are the owner's, so b leaves although c earns less"


def test_an_immune_neuron_stays_while_enough_others_can_leave(full: Any) -> None:
    emit(full, 0, 30, 20, 10)
    storage.BlockAtRegistration[full.state, 2, 3] = full.state.block - IMMUNITY + 1
    assert full.seat(2, "new") == 2


def test_immunity_ends_after_exactly_the_period(full: Any) -> None:
    storage.BlockAtRegistration[full.state, 2, 3] = full.state.block - IMMUNITY
    assert full.seat(2, "new") == 3


def test_in_a_small_subnet_an_immune_neuron_leaves_first(full: Any) -> None:
    storage.MinNonImmuneUids[full.state, 2] = 2
    storage.BlockAtRegistration[full.state, 2, 1] = full.state.block
    assert full.seat(2, "new") == 1, "only two can leave freely, which is not more than the minimum"


def test_in_a_small_subnet_without_an_immune_neuron_nobody_can_come(full: Any, hotkey: Any) -> None:
    storage.MinNonImmuneUids[full.state, 2] = 10
    assert full.error(full.bob, "burned_register", 2, hotkey("new")) == "NoNeuronIdAvailable"


def test_the_newcomer_finds_a_clean_seat(full: Any, hotkey: Any) -> None:
    state = full.state
    storage.Weights[state, 2, 3] = ((1, 65535),)
    storage.Bonds[state, 2, 3] = ((1, 9),)
    storage.Weights[state, 2, 1] = ((2, 65535), (3, 40000))
    storage.Bonds[state, 2, 1] = ((3, 7),)
    for vector in (storage.Consensus, storage.Dividends, storage.ValidatorTrust, storage.StakeWeight):
        vector[state, 2] = (1, 2, 3, 4)
    storage.Incentive[state, 2] = (1, 2, 3, 4)
    full.permit(2, 0, 3)
    assert full.seat(2, "new") == 3
    assert storage.Weights[state, 2, 3] == storage.Bonds[state, 2, 3] == ()
    assert storage.Weights[state, 2, 1] == ((2, 65535), (3, 0)), "the entry stays, as zero"
    assert storage.Bonds[state, 2, 1] == ((3, 7),), "bonds towards the seat stay"
    for vector in (storage.Consensus, storage.Dividends, storage.ValidatorTrust, storage.StakeWeight):
        assert vector[state, 2] == (1, 2, 3, 0)
    assert storage.Incentive[state, 2] == (1, 2, 3, 0)
    assert storage.ValidatorPermit[state, 2] == (True, False, False, False)
    assert storage.LastUpdate[state, 2][3] == storage.BlockAtRegistration[state, 2, 3] == state.block


def test_the_old_neuron_keeps_its_stake_and_loses_its_address(full: Any, hotkey: Any) -> None:
    state = full.state
    full.call(hotkey("c"), "serve_axon", 2, 1, 0x01020304, 8091, 4, 4, 0, 0)
    full.call(full.bob, "add_stake", hotkey("c"), 2, 10**9)
    full.seat(2, "new")
    assert storage.Axons[state, 2, hotkey("c")] is None
    assert storage.Uids[state, 2, hotkey("c")] is None
    assert not storage.IsNetworkMember[state, hotkey("c"), 2]
    assert storage.TotalHotkeyAlpha[state, hotkey("c"), 2] > 0
