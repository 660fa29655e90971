"""Whom a miner serves: every combination of seat, permit, stake and own income."""

import itertools

import pytest

from subnet.errors import Refused
from subnet.miner.policy import RAO, Policy
from subnet.protocol import Coldkey, Hotkey, Peer

POLICY = Policy(min_stake=10 * RAO, earner_stake=1000 * RAO)
CALLER = Hotkey("caller")
CASES = list(itertools.product([True, False], [True, False], [0, 10 * RAO, 1000 * RAO], [0.0, 0.25]))


def a_peer(permit: bool, stake: int, incentive: float) -> Peer:
    """The caller as the chain shows it."""
    return Peer(CALLER, Coldkey("cold"), 0, None, stake, permit, incentive, 0.0, 0, 0, 0)


@pytest.mark.parametrize(("seated", "permit", "stake", "incentive"), CASES)
def test_only_validators_with_stake_are_served(seated, permit, stake, incentive):
    peers = {CALLER: a_peer(permit, stake, incentive)} if seated else {}
    served = seated and permit and stake >= 10 * RAO and (incentive == 0 or stake >= 1000 * RAO)
    if served:
        POLICY.admit(CALLER, peers)
    else:
        with pytest.raises(Refused):
            POLICY.admit(CALLER, peers)


def test_by_default_a_permit_is_enough_for_who_earns_nothing():
    Policy().admit(CALLER, {CALLER: a_peer(True, 0, 0.0)})


def test_a_refusal_names_its_reason():
    for peers, reason in (
        ({}, "seat"),
        ({CALLER: a_peer(False, 0, 0.0)}, "permit"),
        ({CALLER: a_peer(True, 9 * RAO, 0.0)}, "below 10 TAO"),
        ({CALLER: a_peer(True, 10 * RAO, 0.1)}, "1000 TAO"),
    ):
        with pytest.raises(Refused, match=reason):
            POLICY.admit(CALLER, peers)
