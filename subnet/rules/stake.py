"""Stake: how much weight a hotkey carries, and how the owners of its shares divide it."""

from collections.abc import Sequence
from dataclasses import dataclass

from subnet.rules.fixed import I64F64, U64_MAX

DEFAULT_TAKE = 11_796
MAX_TAKE = 11_796
DEFAULT_TAO_WEIGHT = 971_718_665_099_567_868


@dataclass(frozen=True, slots=True)
class Link:
    """Part of a stake that flows between parent and child: the parent's own stake in rao and a share of 2**64-1."""

    stake: int
    proportion: int


def _shared(link: Link) -> int:
    return link.stake * link.proportion // U64_MAX


def inherited(own: int, children: Sequence[int] = (), parents: Sequence[Link] = ()) -> int:
    """Rao of stake after giving to children (shares of 2**64-1) and receiving from parents."""
    given = sum(_shared(Link(own, proportion)) for proportion in children)
    return max(own - given, 0) + sum(_shared(parent) for parent in parents)


def weight_raw(alpha: int, tao: int, tao_weight: int = DEFAULT_TAO_WEIGHT) -> int:
    """Stake weight as raw I64F64, the epoch's input: `alpha + tao * tao_weight / 2**64`."""
    return I64F64.add(I64F64.from_int(alpha), I64F64.mul(I64F64.from_int(tao), tao_weight))


def weight(alpha: int, tao: int, tao_weight: int = DEFAULT_TAO_WEIGHT) -> int:
    """Stake weight in rao, as shown to clients."""
    return I64F64.floor(weight_raw(alpha, tao, tao_weight))


def meets_threshold(total_raw: int, threshold: int) -> bool:
    """Whether a raw I64F64 stake weight reaches the threshold (rao)."""
    return total_raw >= I64F64.from_int(threshold)


@dataclass(frozen=True, slots=True)
class SharePool:
    """Alpha of one hotkey on one subnet (rao) and the sum of the shares in it."""

    value: int = 0
    shares: int = 0


def value_of(pool: SharePool, share: int) -> int:
    """Rao that a share is worth now."""
    return pool.value * share // pool.shares if pool.shares else 0


def shares_for(pool: SharePool, amount: int) -> int:
    """Shares that `amount` rao buys; the first deposit sets one share per rao."""
    if pool.shares == 0 or pool.value == 0:
        return amount
    return amount * pool.shares // pool.value


def deposited(pool: SharePool, share: int, amount: int) -> tuple[SharePool, int]:
    """The pool and one owner's share after that owner adds `amount` rao."""
    bought = shares_for(pool, amount)
    return SharePool(pool.value + amount, pool.shares + bought), share + bought


def withdrawn(pool: SharePool, share: int, amount: int) -> tuple[SharePool, int]:
    """The pool and one owner's share after that owner takes `amount` rao, at most what the share is worth.

    Taking all of it removes the share whole, so that rounding never strands a remainder.
    """
    worth = value_of(pool, share)
    if amount >= worth:
        return SharePool(pool.value - worth, pool.shares - share), 0
    sold = -(-amount * pool.shares // pool.value)
    return SharePool(pool.value - amount, pool.shares - sold), share - sold


def rewarded(pool: SharePool, amount: int) -> SharePool:
    """The pool after a dividend: every share is worth proportionally more."""
    return SharePool(pool.value + amount, pool.shares)


def take(amount: int, rate: int = DEFAULT_TAKE) -> int:
    """Rao of a dividend that go to the hotkey's owner; `rate` is a share of 65535."""
    return amount * rate // 65535
