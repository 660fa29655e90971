"""Weights by commit: hashes that are revealed, and timelocks that open with a drand pulse (rules 7.4 to 7.6)."""

from typing import Any

import bittensor_core
import pytest

from subnet.devnet.pallets import drand
from subnet.devnet.pallets.subtensor import storage
from subnet.devnet.scale import BYTES, U16, U64, Tuple, Vec
from subnet.rules import commits as rules

TEMPO = 10
VALIDATOR = "validator"
SALT = (1, 2, 3)
# Round 1000 of drand's quicknet, public since August 2023
ROUND = 1000
SIGNATURE = bytes.fromhex(
    "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39"
)


@pytest.fixture
def committing(chain: Any) -> Any:
    """Subnet 2 with commit-reveal over one epoch of ten blocks, at the start of an epoch; a validator on uid 1."""
    netuid = chain.subnet()
    chain.seat(netuid, VALIDATOR)
    chain.seat(netuid, "miner")
    chain.root("AdminUtils.sudo_set_commit_reveal_weights_enabled", netuid, True)
    chain.root("AdminUtils.sudo_set_weights_set_rate_limit", netuid, 0)
    chain.root("AdminUtils.sudo_set_tempo", netuid, TEMPO)
    chain.permit(netuid, 1)
    return chain


def commitment(who: bytes, uids: tuple[int, ...], values: tuple[int, ...]) -> bytes:
    """The hash to commit to."""
    return rules.legacy_hash(rules.legacy_preimage(who, 2, uids, values, SALT, 0))


def next_epoch(chain: Any) -> None:
    """Goes to the first block of the next epoch, and keeps the validator's permit through it."""
    chain.until(storage.LastEpochBlock[chain.state, 2] + TEMPO)
    chain.permit(2, 1)


def test_a_commit_is_revealed_in_the_epoch_that_the_period_names(committing: Any, hotkey: Any) -> None:
    chain, who = committing, hotkey(VALIDATOR)
    commit = commitment(who, (2,), (9,))
    assert chain.call(who, "commit_weights", 2, commit) == ["WeightsCommitted"]
    reveal = ("reveal_weights", 2, (2,), (9,), SALT, 0)
    assert chain.error(who, *reveal) == "RevealTooEarly"
    assert chain.refusal(who, *reveal) == "Custom error: 17"
    next_epoch(chain)
    assert chain.refusal(who, *reveal) is None
    assert chain.call(who, *reveal) == ["WeightsSet", "WeightsRevealed"]
    assert storage.Weights[chain.state, 2, 1] == ((2, 65535),)
    assert storage.WeightCommits[chain.state, 2, who] is None
    assert chain.error(who, *reveal) == "NoWeightsCommitFound"


def test_a_reveal_must_match_its_commit(committing: Any, hotkey: Any) -> None:
    chain, who = committing, hotkey(VALIDATOR)
    chain.call(who, "commit_weights", 2, commitment(who, (2,), (9,)))
    next_epoch(chain)
    assert chain.error(who, "reveal_weights", 2, (2,), (8,), SALT, 0) == "InvalidRevealCommitHashNotMatch"
    assert chain.refusal(who, "reveal_weights", 2, (2,), (8,), SALT, 0) == "Custom error: 16"
    assert chain.error(hotkey("miner"), "reveal_weights", 2, (2,), (9,), SALT, 0) == "NoWeightsCommitFound"


def test_a_commit_that_is_not_revealed_in_its_epoch_is_lost(committing: Any, hotkey: Any) -> None:
    chain, who = committing, hotkey(VALIDATOR)
    chain.call(who, "commit_weights", 2, commitment(who, (2,), (9,)))
    next_epoch(chain)
    next_epoch(chain)
    assert chain.error(who, "reveal_weights", 2, (2,), (9,), SALT, 0) == "ExpiredWeightCommit"
    assert chain.error(who, "reveal_weights", 2, (2,), (8,), SALT, 0) == "NoWeightsCommitFound"


def test_a_reveal_drops_the_commits_before_it(committing: Any, hotkey: Any) -> None:
    chain, who = committing, hotkey(VALIDATOR)
    for value in (1, 2, 3):
        chain.call(who, "commit_weights", 2, commitment(who, (0, 2), (value, 9)))
    next_epoch(chain)
    chain.call(who, "reveal_weights", 2, (0, 2), (2, 9), SALT, 0)
    assert [commit[0] for commit in storage.WeightCommits[chain.state, 2, who]] == [
        commitment(who, (0, 2), (3, 9))
    ]


def test_at_most_ten_commits_wait(committing: Any, hotkey: Any) -> None:
    chain, who = committing, hotkey(VALIDATOR)
    for number in range(10):
        chain.call(who, "commit_weights", 2, bytes([number]) * 32)
    assert chain.error(who, "commit_weights", 2, bytes(32)) == "TooManyUnrevealedCommits"


def test_commits_are_refused_in_the_order_of_the_chain(committing: Any, hotkey: Any) -> None:
    chain, who, nobody = committing, hotkey(VALIDATOR), hotkey("nobody")
    assert chain.error(nobody, "commit_weights", 9, bytes(32)) == "MechanismDoesNotExist"
    storage.CommitRevealWeightsEnabled[chain.state, 2] = False
    assert chain.error(nobody, "commit_weights", 2, bytes(32)) == "CommitRevealDisabled"
    storage.CommitRevealWeightsEnabled[chain.state, 2] = True
    assert chain.error(nobody, "commit_weights", 2, bytes(32)) == "HotKeyNotRegisteredInSubNet"
    storage.WeightsSetRateLimit[chain.state, 2] = 5
    assert chain.error(who, "commit_weights", 2, bytes(32)) == "CommittingWeightsTooFast"
    assert chain.refusal(who, "commit_weights", 2, bytes(32)) == "Custom error: 6"


def sealed(who: bytes, uids: tuple[int, ...], values: tuple[int, ...]) -> bytes:
    """Weights encrypted to ROUND, as the SDK encrypts them."""
    content = Tuple(BYTES, Vec(U16), Vec(U16), U64).encode((who, uids, values, 0))
    ciphertext: bytes = bittensor_core.encrypt_at_round(content, ROUND)[0]
    return ciphertext


def publish(chain: Any, number: int = ROUND) -> None:
    """Stores the pulse of the round."""
    pulses = (drand.Pulse(number, bytes(32), SIGNATURE),)
    payload = (0, pulses, ("Sr25519", (bytes(32),)))
    assert chain.root("Drand.write_pulse", payload, None) == ["NewPulse"]


def test_a_timelocked_commit_opens_in_its_epoch_once_the_pulse_is_there(committing: Any, hotkey: Any) -> None:
    chain, who = committing, hotkey(VALIDATOR)
    ciphertext = sealed(who, (2, 0), (9, 0))
    events = chain.call(who, "commit_timelocked_weights", 2, ciphertext, ROUND, 4)
    assert events == ["TimelockedWeightsCommitted"]
    publish(chain)
    chain.blocks(2)
    assert storage.Weights[chain.state, 2, 1] == (), "the pulse is there, the epoch is not"
    next_epoch(chain)
    assert storage.Weights[chain.state, 2, 1] == ((2, 65535), (0, 0))
    assert "TimelockedWeightsRevealed" in [event.name for _, event in chain.state.events]


def test_a_timelocked_commit_waits_for_its_pulse_and_is_lost_with_its_epoch(
    committing: Any, hotkey: Any
) -> None:
    chain, who = committing, hotkey(VALIDATOR)
    chain.call(who, "commit_timelocked_weights", 2, sealed(who, (2,), (9,)), ROUND, 4)
    next_epoch(chain)
    chain.blocks(3)
    assert storage.Weights[chain.state, 2, 1] == ()
    next_epoch(chain)
    publish(chain)
    chain.blocks()
    assert storage.Weights[chain.state, 2, 1] == ()
    assert not storage.TimelockedWeightCommits.all_keys(chain.state, 2)


@pytest.mark.parametrize("content", ["somebody else's", "garbage", "no permit"])
def test_a_timelocked_commit_that_cannot_be_used_is_dropped_in_silence(
    committing: Any, hotkey: Any, content: str
) -> None:
    chain, who = committing, hotkey(VALIDATOR)
    signer = hotkey("miner") if content == "no permit" else who
    author = hotkey("miner") if content != "garbage" else who
    ciphertext = b"\xff" * 200 if content == "garbage" else sealed(author, (0,), (9,))
    chain.call(signer, "commit_timelocked_weights", 2, ciphertext, ROUND, 4)
    publish(chain)
    next_epoch(chain)
    assert not storage.Weights.all_keys(chain.state, 2)
    assert not storage.TimelockedWeightCommits.all_keys(chain.state, 2)


def test_timelocked_commits_are_refused_in_the_order_of_the_chain(committing: Any, hotkey: Any) -> None:
    chain, who = committing, hotkey(VALIDATOR)
    name = "commit_timelocked_mechanism_weights"
    assert chain.error(who, name, 2, 1, b"x", ROUND, 3) == "MechanismDoesNotExist"
    assert chain.error(hotkey("nobody"), name, 2, 0, b"x", ROUND, 3) == "IncorrectCommitRevealVersion"
    assert chain.error(hotkey("nobody"), name, 2, 0, b"x", ROUND, 4) == "HotKeyNotRegisteredInSubNet"
    publish(chain, ROUND + 1)
    assert chain.refusal(who, name, 2, 0, b"x", ROUND, 4) == "Custom error: 15"
    assert chain.error(who, name, 2, 0, b"x", ROUND, 4) == "InvalidRevealRound"
    assert chain.refusal(who, name, 2, 0, b"x", ROUND + 1, 4) is None


def test_pulses_come_from_root_in_increasing_order(chain: Any) -> None:
    publish(chain)
    payload = (0, (drand.Pulse(ROUND, bytes(32), SIGNATURE),), ("Sr25519", (bytes(32),)))
    with pytest.raises(Exception, match="InvalidRoundNumber"):
        chain.root("Drand.write_pulse", payload, None)
