"""Who owns which part of the alpha of a hotkey (rules 5.1).

A hotkey's alpha on a subnet is one pot. A coldkey owns shares of the pot, not an amount, so that dividends
paid into it raise everybody's stake at once. Shares are U64F64 raw bits; amounts are alpha in rao.
"""

from collections.abc import Iterator

from subnet.devnet.pallets.subtensor import root_rates
from subnet.devnet.pallets.subtensor.storage import (
    Alpha,
    StakingHotkeys,
    TotalAlphaStaked,
    TotalHotkeyAlpha,
    TotalHotkeyShares,
)
from subnet.devnet.pallets.subtensor.subnets import ROOT
from subnet.devnet.pallets.subtensor.types import FixedU128
from subnet.devnet.state import State
from subnet.rules.stake import SharePool, shares_for

# One share, with its 64 fraction bits, for each rao of the first deposit
FIRST_DEPOSIT = SharePool(value=1, shares=1 << 64)
# Shares are rounded down when they are bought, by less than 2**-64 of the pot; without this much tolerance,
# far below one rao, a staker would read one rao less than was just bought. The sum over fewer than 2**20
# stakers still never exceeds the pot.
TOLERANCE_BITS = 20


def stake_of(state: State, hotkey: bytes, coldkey: bytes, netuid: int) -> int:
    """The alpha in rao that `coldkey` holds on `hotkey` there; on netuid 0 this is TAO."""
    share: int = Alpha[state, hotkey, coldkey, netuid].bits
    if share == 0:
        return 0
    pool = _pool(state, hotkey, netuid)
    return (pool.value * share + (pool.shares >> TOLERANCE_BITS)) // pool.shares


def increase_stake(state: State, hotkey: bytes, coldkey: bytes, netuid: int, amount: int) -> None:
    """Adds `amount` of alpha to what `coldkey` holds on `hotkey`; nobody else's stake changes."""
    if amount == 0:
        return
    pool = _pool(state, hotkey, netuid)
    bought = shares_for(pool if pool.shares and pool.value else FIRST_DEPOSIT, amount)
    _set_share(state, hotkey, coldkey, netuid, Alpha[state, hotkey, coldkey, netuid].bits + bought)
    _set_pool(state, hotkey, netuid, SharePool(pool.value + amount, pool.shares + bought))
    _remember(state, hotkey, coldkey)
    if netuid == ROOT:
        root_rates.joined(state, hotkey, coldkey, amount)


def decrease_stake(state: State, hotkey: bytes, coldkey: bytes, netuid: int, amount: int) -> None:
    """Takes `amount` of alpha, at most what `coldkey` holds there; the whole stake takes the whole share."""
    held = stake_of(state, hotkey, coldkey, netuid)
    if not 0 <= amount <= held:
        raise ValueError(f"cannot take {amount} rao of alpha from a stake of {held}")
    pool = _pool(state, hotkey, netuid)
    share = Alpha[state, hotkey, coldkey, netuid].bits
    sold = share if amount == held else min(share, shares_for(pool, amount))
    _set_share(state, hotkey, coldkey, netuid, share - sold)
    _set_pool(state, hotkey, netuid, SharePool(pool.value - amount, pool.shares - sold))
    if netuid == ROOT:
        root_rates.left(state, hotkey, coldkey, amount)


def increase_for_all(state: State, hotkey: bytes, netuid: int, amount: int) -> None:
    """Adds `amount` of alpha to a pot that has stakers: each gains in proportion to the shares held."""
    TotalHotkeyAlpha[state, hotkey, netuid] = TotalHotkeyAlpha[state, hotkey, netuid] + amount
    TotalAlphaStaked[state, netuid] = TotalAlphaStaked[state, netuid] + amount


def has_stakers(state: State, hotkey: bytes, netuid: int) -> bool:
    """Whether anybody holds shares of this pot."""
    return bool(TotalHotkeyShares[state, hotkey, netuid].bits)


def nominators(state: State, hotkey: bytes) -> Iterator[tuple[bytes, int, int]]:
    """(coldkey, netuid, alpha in rao) of everybody with a stake on `hotkey`, in storage order."""
    for (coldkey, netuid), _ in Alpha.items(state, hotkey):
        yield coldkey, netuid, stake_of(state, hotkey, coldkey, netuid)


def _pool(state: State, hotkey: bytes, netuid: int) -> SharePool:
    return SharePool(TotalHotkeyAlpha[state, hotkey, netuid], TotalHotkeyShares[state, hotkey, netuid].bits)


def _set_share(state: State, hotkey: bytes, coldkey: bytes, netuid: int, share: int) -> None:
    if share:
        Alpha[state, hotkey, coldkey, netuid] = FixedU128(share)
    else:
        del Alpha[state, hotkey, coldkey, netuid]


def _set_pool(state: State, hotkey: bytes, netuid: int, pool: SharePool) -> None:
    before = TotalHotkeyAlpha[state, hotkey, netuid]
    TotalAlphaStaked[state, netuid] = TotalAlphaStaked[state, netuid] + pool.value - before
    if pool.shares:
        TotalHotkeyAlpha[state, hotkey, netuid] = pool.value
        TotalHotkeyShares[state, hotkey, netuid] = FixedU128(pool.shares)
    else:
        del TotalHotkeyAlpha[state, hotkey, netuid]
        del TotalHotkeyShares[state, hotkey, netuid]


def _remember(state: State, hotkey: bytes, coldkey: bytes) -> None:
    known = StakingHotkeys[state, coldkey]
    if hotkey not in known:
        StakingHotkeys[state, coldkey] = (*known, hotkey)
