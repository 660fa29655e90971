"""Whom a miner serves: validators of its subnet, and nobody who would use it for free.

A caller needs a seat, a validator permit, and at least `min_stake`. One that earns incentive is a miner, too:
it could pass our answers on as its own, so it is served only when its stake makes it a validator in earnest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from subnet.errors import Refused
from subnet.protocol import Hotkey, Peer

RAO = 1_000_000_000
"""Rao in one TAO."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Limits in rao of total stake weight.

    The default asks for no stake beyond the permit, which the chain itself gives only to the best-staked
    seats; 1000 TAO for callers that earn incentive is the stake at which mainnet lets a hotkey set weights.
    """

    min_stake: int = 0
    earner_stake: int = 1000 * RAO

    def admit(self, caller: Hotkey, peers: Mapping[Hotkey, Peer]) -> None:
        """Returns when the caller is served; raises Refused with the reason when it is not."""
        peer = peers.get(caller)
        if peer is None:
            raise Refused("this hotkey has no seat on the subnet")
        if not peer.validator_permit:
            raise Refused("this hotkey has no validator permit")
        if peer.stake < self.min_stake:
            raise Refused(f"stake below {self.min_stake / RAO:g} TAO")
        if peer.incentive > 0 and peer.stake < self.earner_stake:
            raise Refused(f"a hotkey that earns incentive needs a stake of {self.earner_stake / RAO:g} TAO")
