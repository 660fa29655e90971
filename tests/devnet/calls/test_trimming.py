"""A subnet is trimmed: who goes, and that everything that names a uid follows (rules 4.7)."""

from typing import Any

from subnet.devnet.pallets.subtensor import storage
from subnet.devnet.pallets.subtensor.audit import audit

TRIM = "AdminUtils.sudo_trim_to_max_allowed_uids"


def full(chain: Any, names: str = "abcd") -> int:
    """A subnet of the owner (uid 0) and one neuron for each letter, none of them immune."""
    netuid = chain.subnet()
    for name in names:
        chain.seat(netuid, name)
    storage.ImmunityPeriod[chain.state, netuid] = 1
    chain.blocks(2)
    return netuid


def test_those_who_earned_least_go_and_the_others_move_together(chain: Any, hotkey: Any) -> None:
    netuid, state = full(chain), chain.state
    storage.Emission[state, netuid] = (0, 5, 9, 5, 7)
    storage.Weights[state, netuid, 2] = ((1, 10), (3, 20), (4, 30))
    storage.Bonds[state, netuid, 4] = ((2, 40), (3, 50))
    chain.call(chain.alice, TRIM, netuid, 3)
    assert [storage.Keys[state, netuid, uid] for uid in range(3)] == [hotkey(n) for n in ("owner", "b", "d")]
    assert [storage.Uids[state, netuid, hotkey(name)] for name in "abcd"] == [None, 1, None, 2]
    assert storage.Emission[state, netuid] == (0, 9, 7)
    assert storage.Weights[state, netuid, 1] == ((2, 30),)
    assert storage.Bonds[state, netuid, 2] == ((1, 40),)
    assert (storage.SubnetworkN[state, netuid], storage.MaxAllowedUids[state, netuid]) == (3, 3)
    assert not storage.IsNetworkMember[state, hotkey("a"), netuid]
    chain.until(chain.state.block + 11)
    assert len(storage.Emission[state, netuid]) == 3
    assert audit(state) == []


def test_among_equals_the_later_seat_goes(chain: Any, hotkey: Any) -> None:
    netuid, state = full(chain), chain.state
    chain.call(chain.alice, TRIM, netuid, 3)
    assert [storage.Uids[state, netuid, hotkey(name)] for name in "abcd"] == [1, 2, None, None]


def test_immune_neurons_stay_and_must_not_be_most_of_those_who_stay(chain: Any, hotkey: Any) -> None:
    netuid, state = full(chain, "ab"), chain.state
    storage.ImmunityPeriod[state, netuid] = 2
    chain.seat(netuid, "young")
    chain.call(chain.alice, TRIM, netuid, 3)
    assert [storage.Uids[state, netuid, hotkey(name)] for name in ("a", "b", "young")] == [1, None, 2]
    chain.blocks()
    assert chain.error(chain.alice, TRIM, netuid, 2) == "TrimmingWouldExceedMaxImmunePercentage"


def test_the_maximum_is_bounded_and_set_by_the_owner_in_time(chain: Any) -> None:
    netuid = full(chain)
    assert chain.error(chain.alice, TRIM, netuid, 257) == "InvalidValue"
    assert chain.error(chain.alice, TRIM, netuid, 0) == "InvalidValue"
    chain.call(chain.alice, TRIM, netuid, 100)
    assert chain.error(chain.alice, TRIM, netuid, 99) == "TxRateLimitExceeded"
