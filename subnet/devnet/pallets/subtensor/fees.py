"""Fees in alpha: who has no TAO to spare may still leave (rules 2.4).

Calls that give up alpha can pay with the alpha they are about. It must lie in one place: on one hotkey of one
subnet. The alpha is sold without the pool's fee, and as no author of blocks is there to have it, the TAO is
destroyed, like fees in TAO are.
"""

from subnet.devnet.dispatch import BoundCall
from subnet.devnet.pallets import balances
from subnet.devnet.pallets.subtensor import pool
from subnet.devnet.pallets.subtensor.events import StakeRemoved, TransactionFeePaidWithAlpha
from subnet.devnet.pallets.subtensor.shares import decrease_stake, stake_of
from subnet.devnet.pallets.subtensor.storage import SubtokenEnabled
from subnet.devnet.pallets.subtensor.subnets import netuids, subnet_account
from subnet.devnet.pallets.subtensor.trading import Position
from subnet.devnet.state import State
from subnet.rules import pool as rules
from subnet.rules.fixed import U64F64

_ON_NETUID = {"remove_stake", "remove_stake_limit", "remove_stake_full_limit", "recycle_alpha", "burn_alpha"}
_FROM_NETUID = {"transfer_stake", "swap_stake", "swap_stake_limit"}
_ON_ALL = {"unstake_all", "unstake_all_alpha"}


def can_pay(state: State, coldkey: bytes, call: BoundCall, fee: int) -> bool:
    """Whether the alpha that a call is about covers a fee in rao of TAO."""
    position = _position(state, coldkey, call)
    if position is None:
        return False
    alpha = _worth(state, position.netuid, fee)
    if not 0 < alpha <= stake_of(state, position.hotkey, coldkey, position.netuid):
        return False
    try:
        rules.whole(rules.sell(pool.pool_of(state, position.netuid, drop_fees=True), alpha), alpha)
    except rules.PoolError:
        return False
    return True


def pay(state: State, coldkey: bytes, call: BoundCall, fee: int) -> None:
    """Sells alpha for a fee that `can_pay` found covered."""
    position = _position(state, coldkey, call)
    assert position is not None, "can_pay is asked before"
    hotkey, netuid = position.hotkey, position.netuid
    alpha = _worth(state, netuid, fee)
    decrease_stake(state, hotkey, coldkey, netuid, alpha)
    tao = pool.swap_alpha_for_tao(state, netuid, alpha, drop_fees=True)
    balances.withdraw(state, subnet_account(netuid), tao, keep_alive=False)
    state.deposit(StakeRemoved(coldkey, hotkey, tao, alpha, netuid, 0))
    state.deposit(TransactionFeePaidWithAlpha(coldkey, netuid, alpha, tao))


def _worth(state: State, netuid: int, tao: int) -> int:
    """Rao of alpha for rao of TAO, at the price of the pool."""
    price = pool.price(state, netuid)
    return (tao << U64F64.fraction_bits) // price if price else 0


def _position(state: State, coldkey: bytes, call: BoundCall) -> Position | None:
    """The one place that a call takes alpha from, None when there is none or more than one."""
    if call.pallet != "SubtensorModule":
        return None
    arguments = call.args
    if call.name in _ON_NETUID:
        return Position(coldkey, arguments.hotkey, arguments.netuid)
    if call.name in _FROM_NETUID:
        return Position(coldkey, arguments.hotkey, arguments.origin_netuid)
    if call.name == "move_stake":
        return Position(coldkey, arguments.origin_hotkey, arguments.origin_netuid)
    if call.name not in _ON_ALL:
        return None
    hotkey = arguments.hotkey
    held = [n for n in netuids(state) if SubtokenEnabled[state, n] and stake_of(state, hotkey, coldkey, n)]
    return Position(coldkey, hotkey, held[0]) if len(held) == 1 else None
