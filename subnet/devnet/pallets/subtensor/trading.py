"""What staking calls do: TAO of a coldkey into alpha on a hotkey, and back (rules 5.3 and 5.4).

The checks stand in the chain's order, because which error a caller reads depends on it. Limits are prices in
rao of TAO for a whole alpha.
"""

from dataclasses import dataclass
from fractions import Fraction

from subnet.devnet.frame import ensure
from subnet.devnet.pallets import balances
from subnet.devnet.pallets.subtensor import errors, pool
from subnet.devnet.pallets.subtensor.events import StakeAdded, StakeRemoved
from subnet.devnet.pallets.subtensor.shares import decrease_stake, increase_stake, stake_of
from subnet.devnet.pallets.subtensor.storage import SubtokenEnabled
from subnet.devnet.pallets.subtensor.subnets import ROOT, coldkey_of, ensure_exists, subnet_account
from subnet.devnet.state import State
from subnet.rules import pool as rules


@dataclass(frozen=True, slots=True)
class Position:
    """A coldkey's stake on a hotkey of a subnet."""

    coldkey: bytes
    hotkey: bytes
    netuid: int


@dataclass(frozen=True, slots=True)
class Limit:
    """The worst price a trade may reach, None for any, and whether a part of it may be done."""

    price: Fraction | None = None
    partial: bool = False


ANY_PRICE = Limit()


def limit_of(limit_price: int, allow_partial: bool) -> Limit:
    """A limit as calls state it: rao of TAO for a whole alpha."""
    return Limit(Fraction(limit_price, pool.RAO), allow_partial)


def stake(state: State, position: Position, tao: int, limit: Limit = ANY_PRICE) -> rules.Swap:
    """Buys alpha for up to `tao` rao of the coldkey's TAO and stakes it."""
    ensure_tradable(state, position.netuid)
    reserves = pool.pool_of(state, position.netuid)
    least = rules.MIN_STAKE + (0 if reserves.stable else rules.fee(rules.MIN_STAKE, reserves.fee_rate))
    ensure(tao >= least, errors.AmountTooLow)
    ensure(reserves.stable or tao <= rules.MAX_INPUT_MULTIPLE * reserves.tao, errors.InsufficientLiquidity)
    trade = buy_within(reserves, tao, limit)
    ensure(balances.spendable(state, position.coldkey) >= trade.taken, errors.NotEnoughBalanceToStake)
    ensure(coldkey_of(state, position.hotkey) is not None, errors.HotKeyAccountNotExists)
    balances.transfer(state, position.coldkey, subnet_account(position.netuid), trade.taken)
    pool.bought(state, position.netuid, trade)
    increase_stake(state, position.hotkey, position.coldkey, position.netuid, trade.out)
    state.deposit(
        StakeAdded(position.coldkey, position.hotkey, trade.taken, trade.out, position.netuid, trade.fee)
    )
    return trade


def unstake(state: State, position: Position, alpha: int, limit: Limit = ANY_PRICE) -> rules.Swap:
    """Sells up to `alpha` rao of the position; the TAO goes to the coldkey."""
    ensure_tradable(state, position.netuid)
    trade = taken_out(state, position, alpha, limit)
    balances.transfer(state, subnet_account(position.netuid), position.coldkey, trade.out, keep_alive=False)
    state.deposit(
        StakeRemoved(position.coldkey, position.hotkey, trade.out, trade.taken, position.netuid, trade.fee)
    )
    return trade


def taken_out(
    state: State, position: Position, alpha: int, limit: Limit = ANY_PRICE, drop_fees: bool = False
) -> rules.Swap:
    """Sells alpha of the position; the TAO waits on the subnet's account for whom the caller gives it to."""
    held = stake_of(state, position.hotkey, position.coldkey, position.netuid)
    ensure(alpha > 0, errors.AmountTooLow)
    ensure(coldkey_of(state, position.hotkey) is not None, errors.HotKeyAccountNotExists)
    ensure(0 < alpha <= held, errors.NotEnoughStakeToWithdraw)
    trade = sell_within(pool.pool_of(state, position.netuid, drop_fees), alpha, limit)
    ensure(trade.out >= rules.MIN_STAKE or alpha == held, errors.AmountTooLow)
    decrease_stake(state, position.hotkey, position.coldkey, position.netuid, trade.taken)
    return pool.sold(state, position.netuid, trade)


def ensure_tradable(state: State, netuid: int) -> None:
    """Raises SubnetNotExists, or SubtokenDisabled before the subnet is started."""
    ensure_exists(state, netuid)
    ensure(netuid == ROOT or SubtokenEnabled[state, netuid], errors.SubtokenDisabled)


def buy_within(reserves: rules.Pool, tao: int, limit: Limit) -> rules.Swap:
    """A purchase as it would go; a limit that stops it raises SlippageTooHigh unless a part may be done."""
    try:
        trade = rules.buy(reserves, tao, rules.MAX_PRICE if limit.price is None else limit.price)
    except rules.PriceLimitExceeded as refusal:
        raise errors.SlippageTooHigh() from refusal
    except rules.PoolError as refusal:
        raise errors.InsufficientLiquidity() from refusal
    return _enough(trade, tao, limit)


def sell_within(reserves: rules.Pool, alpha: int, limit: Limit) -> rules.Swap:
    """A sale as it would go, with the errors of `buy_within`."""
    try:
        trade = rules.sell(reserves, alpha, rules.MIN_PRICE if limit.price is None else limit.price)
    except rules.PriceLimitExceeded as refusal:
        raise errors.SlippageTooHigh() from refusal
    except rules.PoolError as refusal:
        raise errors.InsufficientLiquidity() from refusal
    return _enough(trade, alpha, limit)


def _enough(trade: rules.Swap, amount: int, limit: Limit) -> rules.Swap:
    ensure(trade.taken == amount or (limit.partial and trade.taken > 0), errors.SlippageTooHigh)
    ensure(trade.out > 0, errors.InsufficientLiquidity)
    return trade
