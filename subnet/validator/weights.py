"""From scores to weights.

Weights are shares by hotkey that add up to about 1. How scores are spread is the owner's choice (`Shape`); the
rest are rules:

- Only members count. Who has no positive score has no weight.
- The burn share goes to the owner's hotkey, to which the chain pays nothing out.
- Who has a positive score keeps a weight: the chain stores u16 shares of the largest weight, and what rounds to
  0 would be dropped.
- When members were judged and none is worth anything, all is burnt. When nothing was judged there are no weights:
  that is no reason to change those on the chain, nor to pay everyone the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from subnet.protocol import Hotkey
from subnet.validator.scores import Score

U16_MAX = 65535

Shape = Callable[[Mapping[Hotkey, float]], dict[Hotkey, float]]
"""Spreads positive scores into shares that add up to 1."""


def linear(values: Mapping[Hotkey, float]) -> dict[Hotkey, float]:
    """Shares in proportion to the scores."""
    total = math.fsum(values.values())
    return {hotkey: value / total for hotkey, value in values.items()}


def softmax(temperature: float) -> Shape:
    """Shares that grow by e for each `temperature` of score; a small temperature pays the best most."""
    if not (math.isfinite(temperature) and temperature > 0):
        raise ValueError("a softmax needs a positive temperature")

    def shape(values: Mapping[Hotkey, float]) -> dict[Hotkey, float]:
        best = max(values.values())
        return linear({hotkey: math.exp((value - best) / temperature) for hotkey, value in values.items()})

    return shape


def top(count: int, then: Shape = linear) -> Shape:
    """The `count` best share by `then`; who ties with the last of them is among them."""
    if count < 1:
        raise ValueError("at least one must be paid")

    def shape(values: Mapping[Hotkey, float]) -> dict[Hotkey, float]:
        least = sorted(values.values(), reverse=True)[:count][-1]
        return then({hotkey: value for hotkey, value in values.items() if value >= least})

    return shape


def shape_named(text: str) -> Shape:
    """The shape that `linear`, `softmax:TEMPERATURE` or `top:COUNT` names; ValueError says what is wrong."""
    name, _, number = text.partition(":")
    if text == "linear":
        return linear
    try:
        if name == "softmax":
            return softmax(float(number))
        if name == "top":
            return top(int(number))
    except ValueError:
        pass
    raise ValueError(f"{text}: linear, softmax:TEMPERATURE with a number above 0, or top:COUNT from 1 on")


@dataclass(frozen=True, slots=True)
class Payment:
    """How an owner pays: the shape, the share that is burnt, and the hotkey that burns it."""

    owner: Hotkey
    burn_share: float = 0.0
    shape: Shape = linear

    def __post_init__(self) -> None:
        if not 0.0 <= self.burn_share <= 1.0:
            raise ValueError("the burn share lies between 0 and 1")


def from_scores(
    scores: Mapping[Hotkey, Score], members: Collection[Hotkey], payment: Payment
) -> dict[Hotkey, float]:
    """Weights by hotkey, in the order of hotkeys; empty when no member was judged."""
    judged = {hotkey: score.value for hotkey, score in sorted(scores.items()) if hotkey in members}
    worthy = {hotkey: value for hotkey, value in judged.items() if value > 0}
    if not judged:
        return {}
    burn_share = payment.burn_share if worthy else 1.0
    shares = payment.shape(worthy) if burn_share < 1.0 else {}
    weights = {hotkey: share * (1.0 - burn_share) for hotkey, share in shares.items()}
    if burn_share > 0 and payment.owner in members:
        weights[payment.owner] = weights.get(payment.owner, 0.0) + burn_share
    return _floored(weights)


def _floored(weights: Mapping[Hotkey, float]) -> dict[Hotkey, float]:
    """No weight below one u16 step of the largest."""
    least = max(weights.values(), default=0.0) / U16_MAX
    return {hotkey: max(weight, least) for hotkey, weight in sorted(weights.items())}
