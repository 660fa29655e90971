"""What is remembered of whom: which observations count for which hotkey, and for how long.

- A stay is one hotkey on one seat: hotkey, coldkey, and the block of registration. Of each stay the newest MOST
  observations are remembered, until nothing was seen of it for FORGOTTEN blocks. Neither depends on anything
  that an owner can change, so what is forgotten can be deleted, and no score will ever tell.
- A hotkey swap keeps the seat, so its history goes to the hotkey that holds the seat now. A hotkey that left
  finds its history when it comes back.
- Failure follows the coldkey for one immunity period: what a coldkey's hotkeys that are gone were worth within
  that time before a new hotkey of it registered counts beside the new one's own observations, if that lowers its
  score. Registering anew washes off no failure, and buys no credit either.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from subnet.protocol import Coldkey, Hotkey, Peer
from subnet.validator.scores import MOST, ORDER, Observation, Rules, Score, decided, score

FORGOTTEN = 1_000_000
"""Blocks without an observation (some 139 days) after which a stay is forgotten: at the longest tempo that the
chain allows, its weight has halved ten times by then."""

Stay = tuple[Hotkey, Coldkey, int]


def stay_of(seen: Observation) -> Stay:
    """The hotkey on the seat that an observation was made of."""
    return seen.hotkey, seen.coldkey, seen.registered_at


def standings(
    observations: Iterable[Observation], members: Mapping[Hotkey, Peer], now: int, rules: Rules
) -> dict[Hotkey, Score]:
    """The scores of the members of which anything is remembered, at block `now`."""
    by_hotkey = attributed(observations, members, now)
    lost = lost_seats(by_hotkey, members)
    found: dict[Hotkey, Score] = {}
    for hotkey in sorted(by_hotkey.keys() & members.keys()):
        own = by_hotkey[hotkey]
        found[hotkey] = score(own, now, rules)
        if against := held_against(members[hotkey], lost, rules):
            found[hotkey] = min(found[hotkey], score([*own, *against], now, rules), key=_value)
    return found


def attributed(
    observations: Iterable[Observation], members: Mapping[Hotkey, Peer], now: int
) -> dict[Hotkey, list[Observation]]:
    """All that is remembered, by the hotkey for which it counts."""
    by_hotkey: dict[Hotkey, list[Observation]] = {}
    for seen in inherited(remembered(observations, now), members):
        by_hotkey.setdefault(seen.hotkey, []).append(seen)
    return by_hotkey


def lost_seats(
    by_hotkey: Mapping[Hotkey, Sequence[Observation]], members: Mapping[Hotkey, Peer]
) -> dict[Coldkey, list[Observation]]:
    """What is remembered of hotkeys that are gone, by their coldkey."""
    lost: dict[Coldkey, list[Observation]] = {}
    for hotkey in by_hotkey.keys() - members.keys():
        for seen in by_hotkey[hotkey]:
            lost.setdefault(seen.coldkey, []).append(seen)
    return lost


def held_against(
    member: Peer, lost: Mapping[Coldkey, Sequence[Observation]], rules: Rules
) -> list[Observation]:
    """What a member's coldkey was worth on lost seats within one immunity period before the member came."""
    since = member.registered_at - rules.immunity
    return [seen for seen in lost.get(member.coldkey, ()) if since <= seen.block < member.registered_at]


def remembered(observations: Iterable[Observation], now: int) -> Iterator[Observation]:
    """The observations that count for anybody at block `now`: of each stay the newest, if they are not too old."""
    stays: dict[Stay, list[Observation]] = {}
    for seen in observations:
        if decided(seen):
            stays.setdefault(stay_of(seen), []).append(seen)
    for known in stays.values():
        yield from unforgotten(newest(known), now)


def newest(known: Iterable[Observation]) -> list[Observation]:
    """The newest MOST observations of a stay, oldest first."""
    return sorted(known, key=ORDER)[-MOST:]


def unforgotten(ordered: Sequence[Observation], now: int) -> Sequence[Observation]:
    """What is left of a stay, given oldest first, when pauses of more than FORGOTTEN blocks end all memory."""
    if not ordered or now - ordered[-1].block > FORGOTTEN:
        return ()
    if ordered[-1].block - ordered[0].block <= FORGOTTEN:  # nearly always
        return ordered
    pauses = [
        place
        for place, (one, other) in enumerate(pairwise(ordered), 1)
        if other.block - one.block > FORGOTTEN
    ]
    return ordered[pauses[-1] if pauses else 0 :]


def inherited(observations: Iterable[Observation], members: Mapping[Hotkey, Peer]) -> list[Observation]:
    """The observations, each under the hotkey that now holds the seat that it was made of.

    A hotkey swap keeps the seat's coldkey and registration block, and nothing else can bring both together again:
    a new registration has a new block. Where nobody holds the seat any more, an observation stays with its hotkey,
    which finds it again when it comes back. Where one coldkey has several seats of one block the heir is unknown,
    and nothing is passed on.
    """
    holders: dict[tuple[Coldkey, int], list[Hotkey]] = {}
    for peer in members.values():
        holders.setdefault((peer.coldkey, peer.registered_at), []).append(peer.hotkey)
    heirs = {seat: hotkeys[0] for seat, hotkeys in holders.items() if len(hotkeys) == 1}
    return [_under(seen, heirs.get((seen.coldkey, seen.registered_at), seen.hotkey)) for seen in observations]


def _under(seen: Observation, hotkey: Hotkey) -> Observation:
    return seen if seen.hotkey == hotkey else replace(seen, hotkey=hotkey)


def _value(found: Score) -> float:
    return found.value
