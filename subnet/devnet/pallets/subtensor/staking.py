"""The staking calls: in, out, all of it, and out of existence (rules 5.3 and 5.4)."""

from subnet.devnet.frame import Origin, ensure
from subnet.devnet.pallets.alpha_assets import AlphaBurned as AlphaBurnedTotal
from subnet.devnet.pallets.subtensor import errors
from subnet.devnet.pallets.subtensor.events import AlphaBurned, AlphaRecycled
from subnet.devnet.pallets.subtensor.nominations import clear_if_small
from subnet.devnet.pallets.subtensor.pallet import pallet
from subnet.devnet.pallets.subtensor.shares import decrease_stake, stake_of
from subnet.devnet.pallets.subtensor.storage import SubnetAlphaOut, SubtokenEnabled
from subnet.devnet.pallets.subtensor.subnets import ROOT, coldkey_of, ensure_exists, netuids
from subnet.devnet.pallets.subtensor.trading import ANY_PRICE, Limit, Position, limit_of, stake, unstake
from subnet.devnet.pallets.subtensor.types import AccountId32, AlphaBalance, NetUid, TaoBalance
from subnet.devnet.scale import BOOL, Option
from subnet.devnet.state import State

HOTKEY, NETUID = ("hotkey", AccountId32), ("netuid", NetUid)
STAKED, UNSTAKED = ("amount_staked", TaoBalance), ("amount_unstaked", AlphaBalance)
LIMIT, PARTIAL = ("limit_price", TaoBalance), ("allow_partial", BOOL)


@pallet.call(2, [HOTKEY, NETUID, STAKED])
def add_stake(state: State, origin: Origin, hotkey: bytes, netuid: int, amount_staked: int) -> None:
    """Stakes rao of the signer's TAO on a hotkey; on a subnet it buys alpha at whatever price that gives."""
    stake(state, Position(origin.signed(), hotkey, netuid), amount_staked)


@pallet.call(88, [HOTKEY, NETUID, STAKED, LIMIT, PARTIAL])
def add_stake_limit(
    state: State,
    origin: Origin,
    hotkey: bytes,
    netuid: int,
    amount_staked: int,
    limit_price: int,
    allow_partial: bool,
) -> None:
    """add_stake, as long as the price does not rise above the limit."""
    limit = limit_of(limit_price, allow_partial)
    stake(state, Position(origin.signed(), hotkey, netuid), amount_staked, limit)


@pallet.call(3, [HOTKEY, NETUID, UNSTAKED])
def remove_stake(state: State, origin: Origin, hotkey: bytes, netuid: int, amount_unstaked: int) -> None:
    """Sells rao of the signer's alpha on a hotkey, at most what is there."""
    position = Position(origin.signed(), hotkey, netuid)
    held = _held(state, position)
    unstake(state, position, min(amount_unstaked, held) if held else amount_unstaked)
    clear_if_small(state, position)


@pallet.call(89, [HOTKEY, NETUID, UNSTAKED, LIMIT, PARTIAL])
def remove_stake_limit(
    state: State,
    origin: Origin,
    hotkey: bytes,
    netuid: int,
    amount_unstaked: int,
    limit_price: int,
    allow_partial: bool,
) -> None:
    """remove_stake of exactly that much, as long as the price does not fall below the limit."""
    limit = limit_of(limit_price, allow_partial)
    position = Position(origin.signed(), hotkey, netuid)
    unstake(state, position, amount_unstaked, limit)
    clear_if_small(state, position)


@pallet.call(103, [HOTKEY, NETUID, ("limit_price", Option(TaoBalance))])
def remove_stake_full_limit(
    state: State, origin: Origin, hotkey: bytes, netuid: int, limit_price: int | None
) -> None:
    """Sells the signer's whole stake on a hotkey, unless the price would fall below the limit."""
    position = Position(origin.signed(), hotkey, netuid)
    held = _held(state, position)
    ensure(held, errors.NotEnoughStakeToWithdraw)
    unstake(state, position, held, ANY_PRICE if limit_price is None else limit_of(limit_price, False))


@pallet.call(83, [HOTKEY])
def unstake_all(state: State, origin: Origin, hotkey: bytes) -> None:
    """Sells everything that the signer has on a hotkey, on every subnet that trades."""
    _sell_everything(state, origin.signed(), hotkey, netuids(state))


@pallet.call(84, [HOTKEY])
def unstake_all_alpha(state: State, origin: Origin, hotkey: bytes) -> None:
    """Sells the signer's alpha on a hotkey and stakes what it brings on root, on the same hotkey."""
    coldkey = origin.signed()
    subnets = [netuid for netuid in netuids(state) if netuid != ROOT]
    stake(state, Position(coldkey, hotkey, ROOT), _sell_everything(state, coldkey, hotkey, subnets))


@pallet.call(101, [HOTKEY, ("amount", AlphaBalance), NETUID])
def recycle_alpha(state: State, origin: Origin, hotkey: bytes, amount: int, netuid: int) -> None:
    """Gives alpha back to be emitted again: it no longer counts as issued."""
    coldkey = origin.signed()
    given = _give_up(state, Position(coldkey, hotkey, netuid), amount)
    SubnetAlphaOut[state, netuid] = SubnetAlphaOut[state, netuid] - given
    state.deposit(AlphaRecycled(coldkey, hotkey, given, netuid))


@pallet.call(102, [HOTKEY, ("amount", AlphaBalance), NETUID])
def burn_alpha(state: State, origin: Origin, hotkey: bytes, amount: int, netuid: int) -> None:
    """Destroys alpha, which goes on counting as issued."""
    coldkey = origin.signed()
    given = _give_up(state, Position(coldkey, hotkey, netuid), amount)
    AlphaBurnedTotal[state, netuid] = AlphaBurnedTotal[state, netuid] + given
    state.deposit(AlphaBurned(coldkey, hotkey, given, netuid))


def _held(state: State, position: Position) -> int:
    return stake_of(state, position.hotkey, position.coldkey, position.netuid)


def _sell_everything(state: State, coldkey: bytes, hotkey: bytes, subnets: list[int]) -> int:
    """Rao of TAO that the signer's stakes on a hotkey brought, all together."""
    ensure(coldkey_of(state, hotkey) is not None, errors.HotKeyAccountNotExists)
    positions = [
        Position(coldkey, hotkey, netuid)
        for netuid in subnets
        if netuid == ROOT or SubtokenEnabled[state, netuid]
    ]
    held = [(position, amount) for position in positions if (amount := _held(state, position))]
    ensure(held, errors.AmountTooLow)
    return sum(unstake(state, position, amount, Limit()).out for position, amount in held)


def _give_up(state: State, position: Position, amount: int) -> int:
    ensure(position.netuid != ROOT, errors.CannotBurnOrRecycleOnRootSubnet)
    ensure_exists(state, position.netuid)
    ensure(SubtokenEnabled[state, position.netuid], errors.SubtokenDisabled)
    ensure(coldkey_of(state, position.hotkey) is not None, errors.HotKeyAccountNotExists)
    held = _held(state, position)
    ensure(held, errors.NotEnoughStakeToWithdraw)
    given = min(amount, held)
    decrease_stake(state, position.hotkey, position.coldkey, position.netuid, given)
    return given
