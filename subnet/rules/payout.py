"""What an epoch's emission becomes: incentive to miners, dividends to validators and their nominators.

Keys are hotkeys of whatever hashable type the caller has. Every division is floored, and what the floors
leave is returned as `dust`, so that paid, withheld and dust always sum to what was to be distributed.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from subnet.rules.fixed import U16_MAX, U64_MAX, U96F32
from subnet.rules.stake import DEFAULT_TAKE, DEFAULT_TAO_WEIGHT

Key = TypeVar("Key")


def validator_side(pending_server: int, pending_validator: int, incentive_total: int) -> int:
    """Rao for validators: when no incentive was earned (fallback epochs) they get the server part as well."""
    return pending_validator + (pending_server if incentive_total == 0 else 0)


@dataclass(frozen=True)
class Incentives(Generic[Key]):
    """Rao per miner hotkey, rao withheld from the owner's hotkeys, and that as a raw U96F32 fraction."""

    paid: dict[Key, int]
    withheld: int
    miner_burned: int


def incentives(amounts: Mapping[Key, int], owned: Collection[Key]) -> Incentives[Key]:
    """Divide incentive emission: what owner hotkeys (`owned`) earned is withheld, the rest is paid in full."""
    paid = {hotkey: amount for hotkey, amount in amounts.items() if amount and hotkey not in owned}
    total = sum(amounts.values())
    withheld = total - sum(paid.values())
    return Incentives(paid, withheld, U96F32.div(U96F32.from_int(withheld), U96F32.from_int(total)))


@dataclass(frozen=True, slots=True)
class Staked:
    """A validator hotkey's stakes in rao (alpha on the subnet, TAO on root) and its take of 65535."""

    alpha: int
    root: int = 0
    take: int = DEFAULT_TAKE


@dataclass(frozen=True, slots=True)
class Dividend:
    """Rao of alpha for one hotkey: the owner's take and the nominators' part, of alpha and of root dividends."""

    alpha_take: int
    alpha: int
    root_take: int
    root: int

    @property
    def total(self) -> int:
        """All four parts."""
        return self.alpha_take + self.alpha + self.root_take + self.root


@dataclass(frozen=True)
class Dividends(Generic[Key]):
    """Dividend per hotkey, and the rao that the floors left unpaid."""

    paid: dict[Key, Dividend]
    dust: int


@dataclass(frozen=True, slots=True)
class Drained:
    """Rao of alpha to pay out as dividends: to alpha stake and to root stake."""

    validator: int
    root_alpha: int = 0


def root_share(staked: Staked, tao_weight: int = DEFAULT_TAO_WEIGHT) -> int:
    """Part of a hotkey's dividend that its root stake earned, raw U96F32."""
    weighted = (staked.root * tao_weight) >> (64 - U96F32.fraction_bits)
    return U96F32.div(weighted, U96F32.add(U96F32.from_int(staked.alpha), weighted))


def dividends(
    earned: Mapping[Key, int],
    stakes: Mapping[Key, Staked],
    drained: Drained,
    tao_weight: int = DEFAULT_TAO_WEIGHT,
) -> Dividends[Key]:
    """Divide the drained validator and root emission in the proportions of `earned` (rao, by hotkey).

    Each dividend splits into a root and an alpha part by the hotkey's stakes; hotkeys without an entry in
    `stakes` are left out. `Drained` amounts that nobody can claim come back as dust.
    """
    root = {
        hotkey: U96F32.mul(U96F32.from_int(amount), root_share(stakes[hotkey], tao_weight))
        for hotkey, amount in earned.items()
        if hotkey in stakes
    }
    alpha = {hotkey: U96F32.sub(U96F32.from_int(earned[hotkey]), part) for hotkey, part in root.items()}
    alpha_paid = _apportioned(alpha, drained.validator)
    root_paid = _apportioned(root, drained.root_alpha)
    paid = {h: _after_take(alpha_paid[h], root_paid[h], stakes[h].take) for h in alpha}
    dust = drained.validator + drained.root_alpha - sum(dividend.total for dividend in paid.values())
    return Dividends(paid, dust)


def _apportioned(parts: Mapping[Key, int], amount: int) -> dict[Key, int]:
    total = sum(parts.values())
    return {
        hotkey: U96F32.floor(U96F32.mul(U96F32.div(part, total), U96F32.from_int(amount)))
        for hotkey, part in parts.items()
    }


def _after_take(alpha: int, root: int, take: int) -> Dividend:
    alpha_take, root_take = alpha * take // U16_MAX, root * take // U16_MAX
    return Dividend(alpha_take, alpha - alpha_take, root_take, root - root_take)


@dataclass(frozen=True, slots=True)
class Parent(Generic[Key]):
    """A parent hotkey, its own alpha and root stake in rao, and the share of 2**64-1 it lends to the child."""

    hotkey: Key
    staked: Staked
    proportion: int


def with_parents(
    child: Key,
    dividend: int,
    own: Staked,
    parents: Iterable[Parent[Key]],
    childkey_take: int = 0,
    weigh: Callable[[Staked], int] = lambda staked: staked.alpha + staked.root * DEFAULT_TAO_WEIGHT // 2**64,
) -> dict[Key, int]:
    """Rao of a child's dividend per receiving hotkey.

    Each parent receives by the stake it contributes (own stake times proportion), less the child's take; the
    child keeps the rest, so the parts sum to the dividend. `own` is the stake the child keeps itself and
    `weigh` turns stakes into weight.
    """
    lent = [(parent.hotkey, weigh(parent.staked) * parent.proportion // U64_MAX) for parent in parents]
    total = weigh(own) + sum(amount for _, amount in lent)
    received: dict[Key, int] = {child: dividend}
    for hotkey, amount in lent:
        if total == 0 or hotkey == child:
            continue
        gross = dividend * amount // total
        net = gross - gross * childkey_take // U16_MAX
        received[hotkey] = received.get(hotkey, 0) + net
        received[child] -= net
    return received
