"""Setting weights: every check, and that they come in the chain's order (rules 7.1 to 7.3)."""

from typing import Any

import pytest

from subnet.devnet.pallets.subtensor import storage

VALIDATOR, MINER, OWNER = "validator", "miner", "owner"


@pytest.fixture
def voting(chain: Any) -> Any:
    """Subnet 2 with the owner on uid 0, a permitted validator on 1, miners on 2 and 3; weights may be set now."""
    netuid = chain.subnet()
    for name in (VALIDATOR, MINER, "other"):
        chain.seat(netuid, name)
    chain.permit(netuid, 1)
    storage.WeightsSetRateLimit[chain.state, netuid] = 5
    chain.blocks(5)
    chain.permit(netuid, 1)
    return chain


def weights(*pairs: tuple[int, int], netuid: int = 2, version: int = 0) -> list[Any]:
    """The arguments of set_weights."""
    return [netuid, tuple(uid for uid, _ in pairs), tuple(value for _, value in pairs), version]


def test_weights_are_stored_upscaled_zeros_included_in_the_order_given(voting: Any, hotkey: Any) -> None:
    assert voting.call(hotkey(VALIDATOR), "set_weights", *weights((3, 1), (2, 4), (0, 0))) == ["WeightsSet"]
    assert storage.Weights[voting.state, 2, 1] == ((3, 16384), (2, 65535), (0, 0))
    assert storage.LastUpdate[voting.state, 2][1] == voting.state.block


def test_root_takes_no_weights(voting: Any, hotkey: Any) -> None:
    storage.CommitRevealWeightsEnabled[voting.state, 0] = False
    assert voting.error(hotkey(VALIDATOR), "set_weights", *weights((2, 1), netuid=0)) == (
        "CanNotSetRootNetworkWeights"
    )


def test_plain_weights_are_refused_where_commits_are_wanted(voting: Any, hotkey: Any) -> None:
    storage.CommitRevealWeightsEnabled[voting.state, 2] = True
    assert voting.error(hotkey("nobody"), "set_weights", 2, (1, 1), (1,), 0) == "CommitRevealEnabled"
    storage.CommitRevealWeightsEnabled[voting.state, 9] = False
    assert voting.error(hotkey("nobody"), "set_weights", 9, (1,), (1,), 0) == "MechanismDoesNotExist"


def test_each_check_comes_before_the_next(voting: Any, hotkey: Any) -> None:
    """Starts with a vote that fails every check, and mends one thing after the other."""
    state = voting.state
    storage.StakeThreshold[state] = 10**18
    storage.WeightsVersionKey[state, 2] = 7
    storage.MinAllowedWeights[state, 2] = 3
    # The neurons have just updated: too soon
    storage.LastUpdate[state, 2] = (state.block,) * 4
    voting.permit(2)

    def error(who: str, *arguments: Any) -> str:
        name: str = voting.error(hotkey(who), "set_mechanism_weights", *arguments)
        return name

    bad, long, good = (9, 9), (9, 9, 9, 9, 9), (2, 3, 0)
    assert error("nobody", 2, 1, long, (1,), 0) == "WeightVecNotEqualSize"
    assert error("nobody", 2, 1, long, (1,) * 5, 0) == "MechanismDoesNotExist"
    assert error("nobody", 2, 0, long, (1,) * 5, 0) == "UidsLengthExceedUidsInSubNet"
    assert error("nobody", 2, 0, bad, (1, 1), 0) == "HotKeyNotRegisteredInSubNet"
    assert error(VALIDATOR, 2, 0, bad, (1, 1), 0) == "NotEnoughStakeToSetWeights"
    storage.StakeThreshold[state] = 0
    assert error(VALIDATOR, 2, 0, bad, (1, 1), 6) == "IncorrectWeightVersionKey"
    assert error(VALIDATOR, 2, 0, bad, (1, 1), 7) == "SettingWeightsTooFast"
    storage.LastUpdate[state, 2] = (state.block - 5,) * 4
    assert error(VALIDATOR, 2, 0, bad, (1, 1), 7) == "NeuronNoValidatorPermit"
    voting.permit(2, 1)
    assert error(VALIDATOR, 2, 0, bad, (1, 1), 7) == "DuplicateUids"
    assert error(VALIDATOR, 2, 0, (9, 2), (1, 1), 7) == "UidVecContainInvalidOne"
    assert error(VALIDATOR, 2, 0, (3, 2), (1, 1), 7) == "WeightVecLengthIsLow"
    storage.MaxWeightsLimit[state, 2] = 30_000
    assert error(VALIDATOR, 2, 0, good, (1, 9, 1), 7) == "MaxWeightExceeded"
    storage.MaxWeightsLimit[state, 2] = 65_535
    voting.call(hotkey(VALIDATOR), "set_mechanism_weights", 2, 0, good, (1, 9, 1), 7)


def test_the_subnets_owner_needs_neither_stake_nor_permit(voting: Any, hotkey: Any) -> None:
    voting.root("AdminUtils.sudo_set_stake_threshold", 10**18)
    assert voting.refusal(hotkey(OWNER), "set_weights", *weights((2, 1))) is None
    voting.call(hotkey(OWNER), "set_weights", *weights((2, 1)))


def test_a_lone_self_weight_needs_neither_permit_nor_company(voting: Any, hotkey: Any) -> None:
    storage.MinAllowedWeights[voting.state, 2] = 4
    assert voting.error(hotkey(MINER), "set_weights", *weights((3, 1))) == "NeuronNoValidatorPermit"
    voting.call(hotkey(MINER), "set_weights", *weights((2, 1)))


def test_a_registration_counts_as_an_update(voting: Any, hotkey: Any) -> None:
    uid = voting.seat(2, "late")
    assert voting.error(hotkey("late"), "set_weights", *weights((uid, 1))) == "SettingWeightsTooFast"
    assert voting.refusal(hotkey("late"), "set_weights", *weights((uid, 1))) == "Custom error: 6"
    voting.blocks(5)
    voting.call(hotkey("late"), "set_weights", *weights((uid, 1)))


def test_the_pool_knows_too_little_stake_and_too_much_haste(voting: Any, hotkey: Any) -> None:
    voting.call(hotkey(VALIDATOR), "set_weights", *weights((2, 1)))
    assert voting.refusal(hotkey(VALIDATOR), "set_weights", *weights((2, 1))) == "Custom error: 6"
    voting.root("AdminUtils.sudo_set_stake_threshold", 1)
    assert voting.refusal(hotkey(VALIDATOR), "set_weights", *weights((2, 1))) == "Custom error: 1"


def test_mechanisms_keep_their_weights_apart(voting: Any, hotkey: Any) -> None:
    voting.root("AdminUtils.sudo_set_max_allowed_uids", 2, 100)
    voting.root("AdminUtils.sudo_set_mechanism_count", 2, 2)
    voting.call(hotkey(VALIDATOR), "set_mechanism_weights", 2, 1, (2,), (1,), 0)
    assert storage.Weights[voting.state, 4096 + 2, 1] == ((2, 65535),)
    assert storage.Weights[voting.state, 2, 1] == ()
    assert storage.LastUpdate[voting.state, 4096 + 2][1] == voting.state.block
    voting.root("AdminUtils.sudo_set_mechanism_count", 2, 1)
    assert storage.Weights[voting.state, 4096 + 2, 1] == ()


def test_a_batch_goes_on_after_a_failure(voting: Any, hotkey: Any) -> None:
    other = voting.subnet(hotkey="owner of another")
    rows = (((2, 1),), ((0, 1),))
    assert voting.call(hotkey(VALIDATOR), "batch_set_weights", (other, 2), rows, (0, 0)) == [
        "BatchWeightItemFailed",
        "WeightsSet",
        "BatchCompletedWithErrors",
        "BatchWeightsCompleted",
    ]
    assert storage.Weights[voting.state, 2, 1] == ((0, 65535),)
    assert voting.refusal(hotkey(VALIDATOR), "batch_set_weights", (2,), rows, (0,)) == "Custom error: 18"


@pytest.mark.parametrize("netuid", [4096, 65535])
@pytest.mark.parametrize("mechid", [0, 16, 255])
def test_numbers_that_no_subnet_has_are_refused_like_any_other(
    voting: Any, hotkey: Any, netuid: int, mechid: int
) -> None:
    who = hotkey(VALIDATOR)
    storage.CommitRevealWeightsEnabled[voting.state, netuid] = False
    call = ("set_mechanism_weights", netuid, mechid, (2,), (1,), 0)
    assert voting.refusal(who, *call) is None
    assert voting.error(who, *call) == "MechanismDoesNotExist"
    storage.CommitRevealWeightsEnabled[voting.state, netuid] = True
    commit = ("commit_mechanism_weights", netuid, mechid, bytes(32))
    assert voting.refusal(who, *commit) is None
    assert voting.error(who, *commit) == "MechanismDoesNotExist"
    reveal = ("reveal_mechanism_weights", netuid, mechid, (2,), (1,), (), 0)
    assert voting.refusal(who, *reveal) == "Custom error: 16"
    assert voting.error(who, *reveal) == "NoWeightsCommitFound"
