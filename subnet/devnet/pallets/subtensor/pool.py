"""Trading TAO against the alpha of a subnet: the books around the arithmetic of `subnet.rules.pool` (rules 5.6).

TAO in a pool lies on the subnet's account, so that every rao of the issuance is on some account: whoever buys
moves the TAO there first, whoever sells moves it from there afterwards. This chain has no block author, so the
fees of a trade are destroyed: TAO leaves the issuance, alpha leaves circulation.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from subnet.devnet.pallets import balances, swap
from subnet.devnet.pallets.subtensor import errors
from subnet.devnet.pallets.subtensor.storage import (
    SubnetAlphaIn,
    SubnetAlphaOut,
    SubnetMechanism,
    SubnetTAO,
    SubnetVolume,
    TotalStake,
)
from subnet.devnet.pallets.subtensor.subnets import subnet_account
from subnet.devnet.state import State
from subnet.rules import pool as rules
from subnet.rules.fixed import U64F64
from subnet.rules.pool import Pool

__all__ = [
    "Pool",
    "bought",
    "inject",
    "pool_of",
    "price",
    "price_rao",
    "sold",
    "swap_alpha_for_tao",
    "swap_tao_for_alpha",
    "write_reserves",
]

RAO = 10**9
_REFUSALS = {
    rules.SwapInputTooLarge: swap.SwapInputTooLarge,
    rules.ReservesTooLow: swap.ReservesTooLow,
    rules.PriceLimitExceeded: swap.PriceLimitExceeded,
    rules.SlippageTooHigh: errors.SlippageTooHigh,
    rules.InsufficientLiquidity: errors.InsufficientLiquidity,
    rules.AmountTooLow: errors.AmountTooLow,
}


def pool_of(state: State, netuid: int, drop_fees: bool = False) -> Pool:
    """The subnet's pool; root and subnets without a dynamic mechanism trade one to one."""
    return Pool(
        SubnetTAO[state, netuid],
        SubnetAlphaIn[state, netuid],
        swap.SwapBalancer[state, netuid].quote,
        0 if drop_fees else swap.FeeRate[state, netuid],
        stable=SubnetMechanism[state, netuid] == 0,
    )


def price(state: State, netuid: int) -> int:
    """TAO per alpha as raw U64F64."""
    return rules.price_raw(pool_of(state, netuid))


def price_rao(state: State, netuid: int) -> int:
    """Rao of TAO for one whole alpha."""
    return (price(state, netuid) * RAO) >> U64F64.fraction_bits


def swap_tao_for_alpha(state: State, netuid: int, tao: int, drop_fees: bool = False) -> int:
    """Buys alpha with rao of TAO that are already on the subnet's account; returns the alpha in rao.

    The alpha counts as issued from here on; giving it to somebody, or taking it out of circulation, is the
    caller's. Raises the pool's refusals as dispatch errors.
    """
    with refusals():
        trade = rules.whole(rules.buy(pool_of(state, netuid, drop_fees), tao), tao)
    return bought(state, netuid, trade).out


def swap_alpha_for_tao(state: State, netuid: int, alpha: int, drop_fees: bool = False) -> int:
    """Sells alpha that somebody gave up; returns the TAO in rao, which waits on the subnet's account."""
    with refusals():
        trade = rules.whole(rules.sell(pool_of(state, netuid, drop_fees), alpha), alpha)
    return sold(state, netuid, trade).out


def bought(state: State, netuid: int, trade: rules.Swap) -> rules.Swap:
    """Writes a purchase into the books and destroys its fee."""
    SubnetAlphaOut[state, netuid] = SubnetAlphaOut[state, netuid] + trade.out
    SubnetVolume[state, netuid] = SubnetVolume[state, netuid] + trade.taken
    if trade.fee:
        balances.withdraw(state, subnet_account(netuid), trade.fee, keep_alive=False)
    write_reserves(state, netuid, trade.pool)
    return trade


def sold(state: State, netuid: int, trade: rules.Swap) -> rules.Swap:
    """Writes a sale into the books; the alpha taken, its fee included, is no longer in circulation."""
    SubnetAlphaOut[state, netuid] = SubnetAlphaOut[state, netuid] - trade.taken
    SubnetVolume[state, netuid] = SubnetVolume[state, netuid] + trade.out
    write_reserves(state, netuid, trade.pool)
    return trade


def inject(state: State, netuid: int, tao: int, alpha: int) -> bool:
    """Adds newly issued TAO and alpha to the pool at an unchanged price; False when the pool refuses them."""
    before = pool_of(state, netuid)
    after = rules.injected(before, tao, alpha)
    if after == before and (tao or alpha):
        return False
    if tao:
        balances.deposit(state, subnet_account(netuid), tao)
    if after.quote_weight != before.quote_weight:
        swap.SwapBalancer[state, netuid] = swap.Balancer(after.quote_weight)
    write_reserves(state, netuid, after)
    return True


def write_reserves(state: State, netuid: int, after: Pool) -> None:
    """Stores a pool's reserves; TotalStake is the sum of the TAO in all pools."""
    TotalStake[state] = TotalStake[state] + after.tao - SubnetTAO[state, netuid]
    SubnetTAO[state, netuid] = after.tao
    SubnetAlphaIn[state, netuid] = after.alpha


@contextmanager
def refusals() -> Iterator[None]:
    """Turns the pool's refusals into the errors that the chain declares for them."""
    try:
        yield
    except rules.PoolError as refusal:
        raise _REFUSALS[type(refusal)]() from refusal
