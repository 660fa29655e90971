"""Prices, and what a trade would give (rules 12.2)."""

from typing import Any

from subnet.devnet.pallets.subtensor.pool import pool_of, price, price_rao
from subnet.devnet.pallets.subtensor.subnets import netuids
from subnet.devnet.pallets.subtensor.types import AlphaBalance, NetUid, TaoBalance
from subnet.devnet.scale import U64, Vec
from subnet.devnet.state import State
from subnet.devnet.views import swap_types
from subnet.devnet.views.api import Swap
from subnet.rules import pool as rules
from subnet.rules.fixed import U64F64

NO_TRADE = swap_types.SimSwapResult(0, 0, 0, 0, 0, 0)


@Swap.method([("netuid", NetUid)], output=U64)
def current_alpha_price(state: State, netuid: int) -> int:
    """Rao of TAO for a whole alpha."""
    return price_rao(state, netuid)


@Swap.method(output=Vec(swap_types.SubnetPrice))
def current_alpha_price_all(state: State) -> tuple[Any, ...]:
    """current_alpha_price of every subnet, root included."""
    return tuple(
        swap_types.SubnetPrice(netuid, price_rao(state, netuid)) for netuid in sorted(netuids(state))
    )


@Swap.method([("netuid", NetUid), ("tao", TaoBalance)], output=swap_types.SimSwapResult)
def sim_swap_tao_for_alpha(state: State, netuid: int, tao: int) -> Any:
    """What buying alpha for `tao` would give; all zero when the pool would refuse."""
    try:
        trade = rules.whole(rules.buy(pool_of(state, netuid), tao), tao)
    except rules.PoolError:
        return NO_TRADE
    spot = price(state, netuid)
    at_spot = (tao << U64F64.fraction_bits) // spot if spot else 0
    return swap_types.SimSwapResult(trade.taken, trade.out, trade.fee, 0, 0, max(at_spot - trade.out, 0))


@Swap.method([("netuid", NetUid), ("alpha", AlphaBalance)], output=swap_types.SimSwapResult)
def sim_swap_alpha_for_tao(state: State, netuid: int, alpha: int) -> Any:
    """What selling `alpha` would give; all zero when the pool would refuse."""
    try:
        trade = rules.whole(rules.sell(pool_of(state, netuid), alpha), alpha)
    except rules.PoolError:
        return NO_TRADE
    at_spot = (alpha * price(state, netuid)) >> U64F64.fraction_bits
    return swap_types.SimSwapResult(trade.out, trade.taken, 0, trade.fee, max(at_spot - trade.out, 0), 0)
