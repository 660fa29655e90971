"""What a hotkey's score is made of: the same arithmetic as the score's, with every step kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import fsum

from subnet.protocol import Hotkey
from subnet.validator.context import Context
from subnet.validator.memory import attributed, held_against, inherited, lost_seats
from subnet.validator.scores import Observation, Rules, Score, Weighed, score, weighed


@dataclass(frozen=True, slots=True)
class EpochShare:
    """What one epoch's observations contribute to the mean.

    `worth` is their plain mean value, `weight` what is left of their evidence by age, `kept` the share of their
    worth that later silence has left (weighted mean). `parts` are mean values by reward part, empty where the
    ledger keeps them no more. `held_against` counts observations of the coldkey's lost seats.
    """

    epoch: int
    observations: int
    silent: int
    worth: float
    weight: float
    kept: float
    parts: Mapping[str, float]
    held_against: int


@dataclass(frozen=True, slots=True)
class Account:
    """A hotkey's score at a block, and all that went into it; `score` is None when nothing is known of it.

    `inherited_from` are hotkeys whose history came with the seat; `lost_hotkeys` those whose failures follow the
    coldkey.
    """

    hotkey: Hotkey
    block: int
    member: bool
    score: Score | None
    rules: Rules
    epochs: Sequence[EpochShare]
    inherited_from: Sequence[Hotkey]
    lost_hotkeys: Sequence[Hotkey]


def account(hotkey: Hotkey, observations: Iterable[Observation], context: Context) -> Account:
    """Why a hotkey scores what it scores; `observations` are all that can count for it."""
    known = list(observations)
    by_hotkey = attributed(known, context.members, context.block)
    own = by_hotkey.get(hotkey, [])
    against = _against(hotkey, by_hotkey, context)
    counted = weighed([*own, *against], context.rules) if own else []
    return Account(
        hotkey=hotkey,
        block=context.block,
        member=hotkey in context.members,
        score=score([*own, *against], context.block, context.rules) if own else None,
        rules=context.rules,
        epochs=_by_epoch(counted, hotkey),
        inherited_from=_former(hotkey, known, context),
        lost_hotkeys=sorted({seen.hotkey for seen in against}),
    )


def _against(
    hotkey: Hotkey, by_hotkey: Mapping[Hotkey, Sequence[Observation]], context: Context
) -> list[Observation]:
    """What counts against the hotkey, if it does lower its score."""
    own, member = by_hotkey.get(hotkey, ()), context.members.get(hotkey)
    if not own or member is None:
        return []
    lost = held_against(member, lost_seats(by_hotkey, context.members), context.rules)
    if not lost:
        return []
    alone, together = (score(some, context.block, context.rules) for some in (own, [*own, *lost]))
    return lost if together.value < alone.value else []


def _former(hotkey: Hotkey, known: Sequence[Observation], context: Context) -> list[Hotkey]:
    """Under which other hotkeys observations were made that count for this one now."""
    now = inherited(known, context.members)
    return sorted(
        {made.hotkey for made, counts in zip(known, now, strict=True) if counts.hotkey == hotkey} - {hotkey}
    )


def _by_epoch(counted: Sequence[Weighed], hotkey: Hotkey) -> list[EpochShare]:
    ordered = sorted(counted, key=lambda one: one.seen.epoch)
    return [
        _share(epoch, list(of_epoch), hotkey)
        for epoch, of_epoch in groupby(ordered, key=lambda one: one.seen.epoch)
    ]


def _share(epoch: int, counted: Sequence[Weighed], hotkey: Hotkey) -> EpochShare:
    weight = fsum(one.weight for one in counted)
    return EpochShare(
        epoch=epoch,
        observations=len(counted),
        silent=sum(one.seen.failure is not None for one in counted),
        worth=fsum(one.seen.value or 0.0 for one in counted) / len(counted),
        weight=weight,
        kept=fsum(one.weight * one.kept for one in counted) / weight if weight else 0.0,
        parts=part_means(one.seen for one in counted),
        held_against=sum(one.seen.hotkey != hotkey for one in counted),
    )


def part_means(observations: Iterable[Observation]) -> dict[str, float]:
    """The mean value of each reward part, over the observations in which it was decided."""
    values: dict[str, list[float]] = {}
    for seen in observations:
        for part in seen.parts:
            if part.value is not None:
                values.setdefault(part.name, []).append(part.value)
    return {name: fsum(some) / len(some) for name, some in values.items()}


def lines(told: Account) -> list[str]:
    """The account for people, one line after the other."""
    found = told.score
    if found is None:
        return [f"{told.hotkey}: nothing is known of it at block {told.block}, so it has no score"]
    seat = "" if told.member else " (it has no seat now)"
    heads = [
        f"{told.hotkey} scores {found.value:.4f} at block {told.block}{seat}",
        f"  = mean {found.mean:.4f} x evidence {found.evidence:.2f} / (evidence + prior {told.rules.prior:g})",
        f"  {found.count} observations; each weighs half as much for every {told.rules.half_life} blocks of age; "
        f"the newest is {found.age} blocks old",
        f"  each silent round leaves {told.rules.after_silence:.0%} of what was earned before it",
    ]
    if told.inherited_from:
        heads.append(f"  history that came with the seat: {', '.join(told.inherited_from)}")
    if told.lost_hotkeys:
        heads.append(f"  failures of its coldkey that follow it: {', '.join(told.lost_hotkeys)}")
    return [*heads, "", *_table(told.epochs)]


def _table(epochs: Sequence[EpochShare]) -> list[str]:
    rows = [f"{'epoch':>8} {'asked':>6} {'silent':>6} {'worth':>7} {'weight':>8} {'kept':>6}  reward parts"]
    for row in epochs:
        parts = " ".join(f"{name} {value:.2f}" for name, value in row.parts.items()) or "-"
        lost = f" ({row.held_against} on lost seats)" if row.held_against else ""
        rows.append(
            f"{row.epoch:>8} {row.observations:>6} {row.silent:>6} {row.worth:>7.3f} {row.weight:>8.3f} "
            f"{row.kept:>6.2f}  {parts}{lost}"
        )
    return rows
