"""Stake that changes its hotkey, its coldkey or its subnet without becoming a balance (rules 5.5).

Within a subnet the alpha itself moves. Across subnets it is sold and the TAO buys alpha on the other side; the
fee is taken once, on the subnet that trades alpha for the signer.
"""

from dataclasses import dataclass, replace

from subnet.devnet.frame import Origin, ensure
from subnet.devnet.pallets import balances
from subnet.devnet.pallets.subtensor import errors, pool
from subnet.devnet.pallets.subtensor.events import StakeMoved, StakeSwapped, StakeTransferred
from subnet.devnet.pallets.subtensor.nominations import clear_if_small
from subnet.devnet.pallets.subtensor.pallet import pallet
from subnet.devnet.pallets.subtensor.shares import decrease_stake, increase_stake, stake_of
from subnet.devnet.pallets.subtensor.storage import TransferToggle
from subnet.devnet.pallets.subtensor.subnets import ROOT, coldkey_of, subnet_account
from subnet.devnet.pallets.subtensor.trading import (
    ANY_PRICE,
    Limit,
    Position,
    buy_within,
    ensure_tradable,
    limit_of,
    taken_out,
)
from subnet.devnet.pallets.subtensor.types import AccountId32, AlphaBalance, NetUid, TaoBalance
from subnet.devnet.scale import BOOL
from subnet.devnet.state import State
from subnet.rules import pool as rules
from subnet.rules.fixed import U64_MAX, U64F64

HOTKEY, AMOUNT = ("hotkey", AccountId32), ("alpha_amount", AlphaBalance)
ALL = U64_MAX  # clients ask for everything by the largest number there is
ORIGIN, DESTINATION = ("origin_netuid", NetUid), ("destination_netuid", NetUid)


@dataclass(frozen=True, slots=True)
class Move:
    """Alpha in rao on its way from one position to another."""

    source: Position
    target: Position
    alpha: int
    limit: Limit = ANY_PRICE


@pallet.call(
    85,
    [("origin_hotkey", AccountId32), ("destination_hotkey", AccountId32), ORIGIN, DESTINATION, AMOUNT],
)
def move_stake(
    state: State,
    origin: Origin,
    origin_hotkey: bytes,
    destination_hotkey: bytes,
    origin_netuid: int,
    destination_netuid: int,
    alpha_amount: int,
) -> None:
    """Moves the signer's stake to another hotkey, of another subnet if asked."""
    coldkey = origin.signed()
    source = Position(coldkey, origin_hotkey, origin_netuid)
    tao = moved(state, Move(source, Position(coldkey, destination_hotkey, destination_netuid), alpha_amount))
    state.deposit(
        StakeMoved(coldkey, origin_hotkey, origin_netuid, destination_hotkey, destination_netuid, tao)
    )


@pallet.call(86, [("destination_coldkey", AccountId32), HOTKEY, ORIGIN, DESTINATION, AMOUNT])
def transfer_stake(
    state: State,
    origin: Origin,
    destination_coldkey: bytes,
    hotkey: bytes,
    origin_netuid: int,
    destination_netuid: int,
    alpha_amount: int,
) -> None:
    """Gives the signer's stake on a hotkey to another coldkey, where the subnets allow transfers."""
    coldkey = origin.signed()
    for netuid in (origin_netuid, destination_netuid):
        ensure_tradable(state, netuid)
        ensure(TransferToggle[state, netuid], errors.TransferDisallowed)
    target = Position(destination_coldkey, hotkey, destination_netuid)
    tao = moved(state, Move(Position(coldkey, hotkey, origin_netuid), target, alpha_amount))
    state.deposit(
        StakeTransferred(coldkey, destination_coldkey, hotkey, origin_netuid, destination_netuid, tao)
    )


@pallet.call(87, [HOTKEY, ORIGIN, DESTINATION, AMOUNT])
def swap_stake(
    state: State,
    origin: Origin,
    hotkey: bytes,
    origin_netuid: int,
    destination_netuid: int,
    alpha_amount: int,
) -> None:
    """Turns the signer's stake on a hotkey into stake on it on another subnet."""
    source = Position(origin.signed(), hotkey, origin_netuid)
    _swap(state, Move(source, Position(source.coldkey, hotkey, destination_netuid), alpha_amount))


@pallet.call(
    90,
    [HOTKEY, ORIGIN, DESTINATION, AMOUNT, ("limit_price", TaoBalance), ("allow_partial", BOOL)],
)
def swap_stake_limit(
    state: State,
    origin: Origin,
    hotkey: bytes,
    origin_netuid: int,
    destination_netuid: int,
    alpha_amount: int,
    limit_price: int,
    allow_partial: bool,
) -> None:
    """swap_stake; the limit is the least that the alpha sold may be worth, in 1e-9 of the alpha bought."""
    source = Position(origin.signed(), hotkey, origin_netuid)
    target = Position(source.coldkey, hotkey, destination_netuid)
    _swap(
        state,
        Move(source, target, alpha_amount, _selling_limit(state, target.netuid, limit_price, allow_partial)),
    )


def moved(state: State, move: Move) -> int:
    """Moves the stake and returns what it was worth, in rao of TAO; ALL of it is what there is."""
    for netuid in (move.source.netuid, move.target.netuid):
        ensure_tradable(state, netuid)
    if move.alpha == ALL:
        source = move.source
        move = replace(move, alpha=stake_of(state, source.hotkey, source.coldkey, source.netuid))
    ensure(coldkey_of(state, move.target.hotkey) is not None, errors.HotKeyAccountNotExists)
    tao = _within(state, move) if move.source.netuid == move.target.netuid else _across(state, move)
    clear_if_small(state, move.source)
    return tao


def _across(state: State, move: Move) -> int:
    # Leaving root costs nothing, so the fee is taken where alpha is bought
    sale = taken_out(state, move.source, move.alpha, move.limit, drop_fees=move.source.netuid == ROOT)
    account = subnet_account(move.source.netuid)
    balances.transfer(state, account, subnet_account(move.target.netuid), sale.out, keep_alive=False)
    reserves = pool.pool_of(state, move.target.netuid, drop_fees=move.source.netuid != ROOT)
    purchase = pool.bought(state, move.target.netuid, buy_within(reserves, sale.out, ANY_PRICE))
    _give(state, move.target, purchase.out)
    return sale.out


def _within(state: State, move: Move) -> int:
    source = move.source
    ensure(move.alpha > 0, errors.AmountTooLow)
    held = stake_of(state, source.hotkey, source.coldkey, source.netuid)
    ensure(move.alpha <= held, errors.NotEnoughStakeToWithdraw)
    tao = (pool.price(state, source.netuid) * move.alpha) >> U64F64.fraction_bits
    ensure(tao >= rules.MIN_STAKE or move.alpha == held, errors.AmountTooLow)
    decrease_stake(state, source.hotkey, source.coldkey, source.netuid, move.alpha)
    _give(state, move.target, move.alpha)
    return tao


def _give(state: State, position: Position, alpha: int) -> None:
    increase_stake(state, position.hotkey, position.coldkey, position.netuid, alpha)


def _swap(state: State, move: Move) -> None:
    ensure(move.source.netuid != move.target.netuid, errors.SameNetuid)
    tao = moved(state, move)
    source, target = move.source, move.target
    state.deposit(StakeSwapped(source.coldkey, source.hotkey, source.netuid, target.netuid, tao))


def _selling_limit(state: State, bought_on: int, limit_price: int, allow_partial: bool) -> Limit:
    """The limit on the exchange rate of two alphas, as a limit on the price of the one that is sold."""
    asked = limit_of(limit_price, allow_partial)
    assert asked.price is not None
    return Limit(asked.price * rules.price(pool.pool_of(state, bought_on)), allow_partial)
