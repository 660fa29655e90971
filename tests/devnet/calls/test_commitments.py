"""What a hotkey publishes on a subnet (rules 6.5)."""

from typing import Any

import bittensor_core

from subnet.devnet.pallets import commitments, drand
from subnet.devnet.pallets.subtensor import storage

SET = "Commitments.set_commitment"
# Round 1000 of drand's quicknet, public since August 2023
ROUND = 1000
SIGNATURE = bytes.fromhex(
    "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39"
)


def info(*fields: Any) -> tuple[Any, ...]:
    """A commitment of these fields."""
    return (fields,)


def test_a_member_publishes_and_replaces_its_data(chain: Any, hotkey: Any) -> None:
    netuid = chain.subnet()
    assert chain.call(hotkey("owner"), SET, netuid, info(("Raw5", (b"hello",)))) == ["Commitment"]
    stored = commitments.CommitmentOf[chain.state, netuid, hotkey("owner")]
    assert (stored.block, stored.info.fields) == (chain.state.block, (("Raw5", (b"hello",)),))
    chain.call(hotkey("owner"), SET, netuid, info(("BigRaw", (b"b" * 512,))))
    assert commitments.CommitmentOf[chain.state, netuid, hotkey("owner")].info.fields[0].name == "BigRaw"


def test_who_and_how_much_is_bounded(chain: Any, hotkey: Any) -> None:
    netuid = chain.subnet()
    assert chain.error(chain.bob, SET, netuid, info()) == "AccountNotAllowedCommit"
    many = info(*[("Raw1", (b"x",))] * 4)
    assert chain.error(hotkey("owner"), SET, netuid, many) == "TooManyFieldsInCommitmentInfo"
    large = info(("BigRaw", (b"x" * 513,)))
    assert chain.error(hotkey("owner"), SET, netuid, large) == "TooManyFieldsInCommitmentInfo"
    forged = info(("TimelockRevealFailed", (b"x", 1)))
    assert chain.error(hotkey("owner"), SET, netuid, forged) == "TimelockRevealFailedNotAllowed"


def test_space_is_bounded_per_epoch_and_each_call_counts(chain: Any, hotkey: Any) -> None:
    netuid = chain.subnet()
    for _ in range(31):
        chain.call(hotkey("owner"), SET, netuid, info(("Raw0", (b"",))))
    assert chain.error(hotkey("owner"), SET, netuid, info(("Raw0", (b"",)))) == "SpaceLimitExceeded"
    chain.blocks(10)
    chain.call(hotkey("owner"), SET, netuid, info(("Raw0", (b"",))))


def test_a_flag_resets_the_bonds_towards_a_neuron_where_that_is_on(chain: Any, hotkey: Any) -> None:
    netuid = chain.subnet()
    uid = chain.seat(netuid, "miner")
    storage.Bonds[chain.state, netuid, 0] = ((0, 5), (uid, 7))
    chain.call(hotkey("miner"), SET, netuid, info("ResetBondsFlag"))
    assert storage.Bonds[chain.state, netuid, 0] == ((0, 5), (uid, 7))
    chain.root("AdminUtils.sudo_set_bonds_reset_enabled", netuid, True)
    chain.call(hotkey("miner"), SET, netuid, info("ResetBondsFlag"))
    assert storage.Bonds[chain.state, netuid, 0] == ((0, 5),)


def sealed(content: bytes) -> Any:
    """A field that is encrypted to ROUND."""
    return ("TimelockEncrypted", (bittensor_core.encrypt_at_round(content, ROUND)[0], ROUND))


def test_a_sealed_field_opens_with_its_pulse(chain: Any, hotkey: Any) -> None:
    netuid, where = chain.subnet(), (chain.state, 2, hotkey("owner"))
    fields = info(("Raw1", (b"x",)), sealed(b"model"))
    assert chain.call(hotkey("owner"), SET, netuid, fields) == ["TimelockCommitment"]
    chain.blocks()
    assert len(commitments.CommitmentOf[where].info.fields) == 2
    chain.root(
        "Drand.write_pulse", (0, (drand.Pulse(ROUND, b"", SIGNATURE),), ("Sr25519", (bytes(32),))), None
    )
    chain.blocks()
    assert commitments.RevealedCommitments[where] == ((b"model", chain.state.block),)
    assert commitments.CommitmentOf[where].info.fields == (("Raw1", (b"x",)),)
    assert commitments.TimelockedIndex[chain.state] == ()


def test_a_sealed_field_that_does_not_open_says_so(chain: Any, hotkey: Any) -> None:
    netuid, where = chain.subnet(), (chain.state, 2, hotkey("owner"))
    chain.root(
        "Drand.write_pulse", (0, (drand.Pulse(ROUND, b"", SIGNATURE),), ("Sr25519", (bytes(32),))), None
    )
    chain.call(hotkey("owner"), SET, netuid, info(("TimelockEncrypted", (b"garbage", ROUND))))
    chain.blocks()
    assert commitments.CommitmentOf[where].info.fields[0].name == "TimelockRevealFailed"
    assert "CommitmentRevealFailed" in [event.name for _, event in chain.state.events]
