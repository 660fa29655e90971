"""Relaying: a miner that has a validator permit asks other miners and sells what they answer as its own."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from subnet.attackers.strategies import Situation, Strategy, relaying
from subnet.errors import Refused
from subnet.miner.policy import RAO, Policy
from subnet.protocol import Coldkey, Hotkey, Peer, Reply
from tests.attacks.network import Network, attackers_share

NO_POLICY = Policy(earner_stake=0)


def peer(name: str, stake: int, incentive: float) -> Peer:
    """A member with a permit."""
    return Peer(
        hotkey=Hotkey(name),
        coldkey=Coldkey(f"cold-{name}"),
        uid=0,
        address=None,
        stake=stake,
        validator_permit=True,
        incentive=incentive,
        dividends=0.0,
        emission=0,
        registered_at=0,
        last_update=0,
    )


RELAY = peer("relay", 50 * RAO, 0.1)
VALIDATOR = peer("validator", 5000 * RAO, 0.0)


def served_by(policy: Policy) -> Strategy:
    """A relay that hears of other miners' answers only as far as their policy serves it."""

    def relay(met: Situation) -> Reply:
        others: Sequence[Reply] = met.others
        try:
            policy.admit(RELAY.hotkey, {RELAY.hotkey: RELAY, VALIDATOR.hotkey: VALIDATOR})
        except Refused:
            others = ()
        return relaying(0.05)(Situation(met.task, met.epoch, met.index, others, met.rng))

    return relay


def test_m3_a_paid_miner_is_not_served_by_other_miners_and_has_nothing_to_sell() -> None:
    assert attackers_share(Network([served_by(NO_POLICY)])) > 0.09, (
        "the attack works where a permit is enough"
    )
    assert attackers_share(Network([served_by(Policy())])) == 0.0


def test_the_policy_that_stops_a_relay_serves_validators() -> None:
    members = {member.hotkey: member for member in (RELAY, VALIDATOR)}
    Policy().admit(VALIDATOR.hotkey, members)
    with pytest.raises(Refused, match="earns incentive"):
        Policy().admit(RELAY.hotkey, members)
