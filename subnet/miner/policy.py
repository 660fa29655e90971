"""Whom a miner serves, and how much of it: validators of its subnet, by stake, and nobody who would use it for
free.

A caller needs a seat, a validator permit, and at least `min_stake`. One that earns incentive is a miner, too:
it could pass our answers on as its own, so it is served only when its stake makes it a validator in earnest.
The subnet's owner may look after its miners without either, where the operator allows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from subnet.errors import Refused
from subnet.protocol import Hotkey, Peer

RAO = 1_000_000_000
"""Rao in one TAO."""

NO_SEAT = "this hotkey has no seat on the subnet"


@dataclass(frozen=True, slots=True)
class Callers:
    """Who is served, with its share of the stake of all who are; and why other members are not."""

    served: Mapping[Hotkey, float] = field(default_factory=dict)
    refused: Mapping[Hotkey, str] = field(default_factory=dict)

    def admit(self, caller: Hotkey) -> None:
        """Returns when the caller is served; raises Refused with the reason when it is not."""
        if caller not in self.served:
            raise Refused(self.refused.get(caller, NO_SEAT))

    def share(self, caller: Hotkey) -> float:
        """The caller's part of the served stake, in [0, 1]."""
        return self.served.get(caller, 0.0)


@dataclass(frozen=True, slots=True)
class Policy:
    """Limits in rao of total stake weight.

    The default asks for no stake beyond the permit, which the chain itself gives only to the best-staked
    seats; 1000 TAO for callers that earn incentive is the stake at which mainnet lets a hotkey set weights.
    """

    min_stake: int = 0
    earner_stake: int = 1000 * RAO
    serve_owner: bool = False

    def admit(self, caller: Hotkey, peers: Mapping[Hotkey, Peer], owner: Hotkey | None = None) -> None:
        """Returns when the caller is served; raises Refused with the reason when it is not."""
        self.callers(peers, owner).admit(caller)

    def callers(self, peers: Mapping[Hotkey, Peer], owner: Hotkey | None = None) -> Callers:
        """Everybody's standing among these members of the subnet; without any stake all share alike."""
        refused = {
            hotkey: reason
            for hotkey, peer in peers.items()
            if (reason := self._refusal(peer, hotkey == owner)) is not None
        }
        stakes = {hotkey: peer.stake for hotkey, peer in peers.items() if hotkey not in refused}
        whole = sum(stakes.values())
        shares = {hotkey: stake / whole if whole else 1 / len(stakes) for hotkey, stake in stakes.items()}
        return Callers(shares, refused)

    def _refusal(self, peer: Peer, owns: bool) -> str | None:
        if owns and self.serve_owner:
            return None
        if not peer.validator_permit:
            return "this hotkey has no validator permit"
        if peer.stake < self.min_stake:
            return f"stake below {self.min_stake / RAO:g} TAO"
        if peer.incentive > 0 and peer.stake < self.earner_stake:
            return f"a hotkey that earns incentive needs a stake of {self.earner_stake / RAO:g} TAO"
        return None
