"""What owners and root may set, when and within which bounds (rules 1.5, 3.4)."""

from typing import Any

import pytest

from subnet.devnet.dispatch import BadOrigin
from subnet.devnet.pallets.admin_utils.pallet import pallet
from subnet.devnet.pallets.admin_utils.settings import BY_OWNER, BY_ROOT, OF_THE_CHAIN, Setting
from subnet.devnet.pallets.subtensor import storage

ADMIN = "AdminUtils.sudo_set_"
ONE = 1 << 64


def good_value(setting: Setting) -> Any:
    """A value that the setting takes on a fresh subnet: what it has now, or one that is in its bounds."""
    chosen = {"max_burn": 2 * 10**9, "min_burn": 10**6, "min_allowed_uids": 0, "activity_cutoff": 360}
    return chosen.get(setting.name, setting.item.default)


@pytest.mark.parametrize("setting", BY_OWNER, ids=lambda setting: setting.name)
def test_an_owner_sets_what_is_the_owners(chain: Any, setting: Setting) -> None:
    netuid, value = chain.subnet(), good_value(setting)
    events = chain.call(chain.alice, ADMIN + setting.name, netuid, value)
    assert setting.item[chain.state, netuid] == value
    assert setting.event is None or setting.event.name in events
    with pytest.raises(BadOrigin):
        chain.call(chain.bob, ADMIN + setting.name, netuid, value)
    assert chain.error(chain.alice, ADMIN + setting.name, 9, value) == "SubnetNotExists"


@pytest.mark.parametrize("setting", BY_ROOT, ids=lambda setting: setting.name)
def test_root_sets_the_rest(chain: Any, setting: Setting) -> None:
    netuid, value = chain.subnet(), good_value(setting)
    chain.root(ADMIN + setting.name, netuid, value)
    assert setting.item[chain.state, netuid] == value
    with pytest.raises(BadOrigin):
        chain.call(chain.alice, ADMIN + setting.name, netuid, value)
    with pytest.raises(Exception, match="SubnetDoesNotExist"):
        chain.root(ADMIN + setting.name, 9, value)


@pytest.mark.parametrize("setting", OF_THE_CHAIN, ids=lambda setting: setting.name)
def test_root_sets_what_holds_for_the_whole_chain(chain: Any, setting: Any) -> None:
    chain.root(ADMIN + setting.name, setting.item.default)
    assert setting.item[chain.state] == setting.item.default
    with pytest.raises(BadOrigin):
        chain.call(chain.alice, ADMIN + setting.name, setting.item.default)


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("min_burn", 10**9, "ValueNotInBounds"),
        ("max_burn", 10**8, "ValueNotInBounds"),
        ("bonds_moving_average", 975_001, "BondsMovingAverageMaxReached"),
        ("alpha_sigmoid_steepness", -1, "NegativeSigmoidSteepness"),
        ("commit_reveal_weights_interval", 0, "RevealPeriodTooSmall"),
        ("commit_reveal_weights_interval", 101, "RevealPeriodTooLarge"),
        ("burn_half_life", 0, "ValueNotInBounds"),
        ("burn_half_life", 36_101, "ValueNotInBounds"),
        ("burn_increase_mult", (ONE - 1,), "ValueNotInBounds"),
        ("burn_increase_mult", (3 * ONE + 1,), "ValueNotInBounds"),
        ("owner_immune_neuron_limit", 0, "InvalidValue"),
        ("owner_immune_neuron_limit", 11, "InvalidValue"),
        ("activity_cutoff_factor", 999, "ActivityCutoffFactorMilliOutOfBounds"),
        ("max_allowed_uids", 257, "MaxAllowedUidsGreaterThanDefaultMaxAllowedUids"),
    ],
)
def test_values_out_of_bounds_are_refused(chain: Any, name: str, value: Any, error: str) -> None:
    assert chain.error(chain.alice, ADMIN + name, chain.subnet(), value) == error


def test_root_may_go_where_an_owner_may_not(chain: Any) -> None:
    netuid = chain.subnet()
    chain.root(ADMIN + "alpha_sigmoid_steepness", netuid, -5)
    chain.root(ADMIN + "bonds_moving_average", netuid, 990_000)
    chain.root(ADMIN + "tempo", netuid, 3)
    assert chain.error(chain.alice, "set_tempo", netuid, 359) == "TempoOutOfBounds"


def test_a_new_maximum_of_uids_is_checked_in_the_order_of_the_chain(chain: Any) -> None:
    netuid = chain.subnet()
    for name in "abc":
        chain.seat(netuid, name)
    storage.MinAllowedUids[chain.state, netuid] = 3
    name = ADMIN + "max_allowed_uids"
    assert chain.error(chain.alice, name, netuid, 2) == "MaxAllowedUidsLessThanMinAllowedUids"
    assert chain.error(chain.alice, name, netuid, 3) == "MaxAllowedUIdsLessThanCurrentUIds"
    storage.MechanismCountCurrent[chain.state, netuid] = 2
    assert chain.error(chain.alice, name, netuid, 129) == "TooManyUIDsPerMechanism"
    assert chain.call(chain.alice, name, netuid, 128) == ["MaxAllowedUidsSet"]


def test_alpha_values_need_liquid_alpha_and_order(chain: Any) -> None:
    netuid, name = chain.subnet(), ADMIN + "alpha_values"
    assert chain.error(chain.alice, name, netuid, 2000, 3000) == "LiquidAlphaDisabled"
    chain.call(chain.alice, ADMIN + "liquid_alpha_enabled", netuid, True)
    assert chain.error(chain.alice, name, netuid, 1, 1637) == "AlphaHighTooLow"
    assert chain.error(chain.alice, name, netuid, 1637, 3000) == "AlphaLowOutOfRange"
    assert chain.error(chain.alice, name, netuid, 3001, 3000) == "AlphaLowOutOfRange"
    chain.call(chain.alice, name, netuid, 2000, 3000)
    assert storage.AlphaValues[chain.state, netuid] == (2000, 3000)


def test_an_owner_waits_two_tempos_between_changes_of_one_setting(mainnet: Any) -> None:
    chain = mainnet
    netuid = chain.subnet()
    chain.root(ADMIN + "tempo", netuid, 20)
    chain.call(chain.alice, ADMIN + "rho", netuid, 1)
    assert chain.error(chain.alice, ADMIN + "rho", netuid, 2) == "TxRateLimitExceeded"
    chain.call(chain.alice, ADMIN + "immunity_period", netuid, 2)
    chain.root(ADMIN + "rho", netuid, 2)
    chain.blocks(40)
    chain.call(chain.alice, ADMIN + "rho", netuid, 3)


def test_the_last_blocks_before_an_epoch_are_frozen_for_owners_only(mainnet: Any) -> None:
    chain = mainnet
    netuid = chain.subnet()
    chain.root(ADMIN + "tempo", netuid, 20)
    start = chain.state.block
    chain.until(start + 10)
    chain.call(chain.alice, ADMIN + "rho", netuid, 1)
    chain.blocks()
    frozen = "AdminActionProhibitedDuringWeightsWindow"
    assert chain.error(chain.alice, ADMIN + "immunity_period", netuid, 1) == frozen
    chain.root(ADMIN + "kappa", netuid, 1)
    chain.until(start + 20)
    chain.call(chain.alice, ADMIN + "immunity_period", netuid, 1)


def test_the_version_key_changes_once_in_five_tempos(chain: Any) -> None:
    netuid, name = chain.subnet(), ADMIN + "weights_version_key"
    assert chain.call(chain.alice, name, netuid, 1) == ["WeightsVersionKeySet"]
    assert chain.error(chain.alice, name, netuid, 2) == "TxRateLimitExceeded"
    chain.blocks(50)
    chain.call(chain.alice, name, netuid, 2)


def test_a_new_tempo_starts_a_new_epoch(chain: Any) -> None:
    netuid = chain.subnet()
    chain.blocks(4)
    assert chain.call(chain.alice, "set_tempo", netuid, 360) == ["TempoSet"]
    assert storage.LastEpochBlock[chain.state, netuid] == chain.state.block
    assert chain.error(chain.alice, "set_tempo", netuid, 400) == "TxRateLimitExceeded"


def test_an_owner_brings_an_epoch_forward(mainnet: Any) -> None:
    chain = mainnet
    netuid = chain.subnet()
    assert chain.error(chain.alice, "trigger_epoch", netuid) == "DynamicTempoBlockedByCommitReveal"
    chain.call(chain.alice, ADMIN + "commit_reveal_weights_enabled", netuid, False)
    assert chain.call(chain.alice, "trigger_epoch", netuid) == ["EpochTriggered"]
    assert chain.error(chain.alice, "trigger_epoch", netuid) == "EpochTriggerAlreadyPending"
    fires_at = chain.state.block + 10
    chain.until(fires_at - 1)
    before = storage.SubnetEpochIndex[chain.state, netuid]
    chain.blocks()
    assert storage.SubnetEpochIndex[chain.state, netuid] == before + 1
    assert storage.LastEpochBlock[chain.state, netuid] == fires_at
    chain.until(fires_at + 351)
    assert chain.error(chain.alice, "trigger_epoch", netuid) == "AutoEpochAlreadyImminent"


def test_shares_of_mechanisms_sum_to_one(chain: Any) -> None:
    netuid, name = chain.subnet(), ADMIN + "mechanism_emission_split"
    chain.root(ADMIN + "max_allowed_uids", netuid, 128)
    chain.call(chain.alice, ADMIN + "mechanism_count", netuid, 2)
    assert chain.error(chain.alice, ADMIN + "mechanism_count", netuid, 1) == "TxRateLimitExceeded"
    assert chain.error(chain.alice, name, netuid, (1, 2)) == "InvalidValue"
    chain.call(chain.alice, name, netuid, (65_000, 535))
    assert storage.MechanismEmissionSplit[chain.state, netuid] == (65_000, 535)


def test_calls_that_this_chain_does_not_make_fail_and_say_so(chain: Any) -> None:
    netuid = chain.subnet()
    assert chain.error(chain.alice, "AdminUtils.sudo_set_collateral_lock_share", netuid, 64) == "CallFiltered"
    assert chain.error(chain.alice, "announce_coldkey_swap", bytes(32)) == "CallFiltered"


def test_each_setting_says_who_may_change_it() -> None:
    assert all(call.doc for call in pallet.calls.values() if call.function is not None)
    assert all(call.operational for call in pallet.calls.values() if call.function is not None)
