"""What a hotkey publishes on a subnet (rules 6.5)."""

from typing import Any

from subnet.devnet.pallets import commitments
from subnet.devnet.pallets.subtensor import storage

SET = "Commitments.set_commitment"


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
