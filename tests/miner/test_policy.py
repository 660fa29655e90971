"""Whom a miner serves: every combination of seat, permit, stake and own income."""

import itertools
from dataclasses import replace

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


def standing(**peers):
    """Everybody's standing; each is (permit, stake, incentive)."""
    made = {Hotkey(name): replace(a_peer(*facts), hotkey=Hotkey(name)) for name, facts in peers.items()}
    return POLICY.callers(made, Hotkey("owner"))


def test_shares_are_parts_of_the_stake_of_those_who_are_served():
    callers = standing(
        big=(True, 3000 * RAO, 0.0), small=(True, 1000 * RAO, 0.0), miner=(False, 9000 * RAO, 0.5)
    )
    assert callers.served == {"big": 0.75, "small": 0.25}
    assert callers.share(Hotkey("miner")) == callers.share(Hotkey("nobody")) == 0.0
    with pytest.raises(Refused, match="permit"):
        callers.admit(Hotkey("miner"))


def test_without_any_stake_all_share_alike():
    callers = Policy().callers({Hotkey(n): replace(a_peer(True, 0, 0.0), hotkey=Hotkey(n)) for n in "abcd"})
    assert set(callers.served.values()) == {0.25}


def test_nobody_is_served_on_an_empty_subnet():
    assert not Policy().callers({}).served


@pytest.mark.parametrize("serve_owner", [True, False])
def test_the_owner_needs_neither_permit_nor_stake_where_the_operator_says_so(serve_owner):
    policy = replace(POLICY, serve_owner=serve_owner)
    owner = Hotkey("owner")
    callers = policy.callers({owner: replace(a_peer(False, 0, 0.0), hotkey=owner)}, owner)
    assert (owner in callers.served) == serve_owner
