"""Which miners are asked in a round.

Newcomers come first, those with the least observations before all others, until they have enough to be judged
by. They take at most half of the places, so that a flood of registrations cannot keep the others from being
asked. All other places are drawn at random: a miner that can foresee when it is asked need not work in between.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from operator import attrgetter
from random import Random

from subnet.protocol import Hotkey, Peer

ENOUGH = 8
"""Observations from which on a miner is no newcomer: the score's prior then weighs a fifth."""


def candidates(peers: Collection[Peer], myself: Hotkey, observed: Mapping[Hotkey, int]) -> list[Peer]:
    """Who can be asked: every member but oneself that publishes an address or was asked before, permit or not.

    Without an address a peer is silent: who has earned a score cannot keep it by hiding. Who never served has no
    score to lose.
    """
    others = [peer for peer in peers if peer.hotkey != myself]
    return [peer for peer in others if peer.address is not None or observed.get(peer.hotkey, 0) > 0]


def choose(peers: Collection[Peer], observed: Mapping[Hotkey, int], size: int, rng: Random) -> list[Peer]:
    """Up to `size` distinct peers, sorted by hotkey; `observed` counts what is known of each.

    The same generator state gives the same peers, in whatever order the chain lists them.
    """
    everyone = sorted(peers, key=attrgetter("hotkey"))
    if len(everyone) <= size:
        return everyone
    order = rng.sample(everyone, len(everyone))
    newcomers = [peer for peer in order if observed.get(peer.hotkey, 0) < ENOUGH]
    newcomers.sort(key=lambda peer: observed.get(peer.hotkey, 0))  # stable: ties stay random
    others = [peer for peer in order if observed.get(peer.hotkey, 0) >= ENOUGH]
    reserved = max(size - len(others), (size + 1) // 2)
    first = newcomers[:reserved]
    return sorted([*first, *others[: size - len(first)]], key=attrgetter("hotkey"))
