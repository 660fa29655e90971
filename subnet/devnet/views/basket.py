"""Baskets of root validators: this chain has none, and says so with empty answers, which clients accept.

What root stakers may claim is set aside by subnet here, as before there were baskets.
"""

from typing import Any

from subnet.devnet.pallets.subtensor.pool import price
from subnet.devnet.pallets.subtensor.root_claims import owed
from subnet.devnet.pallets.subtensor.storage import StakingHotkeys
from subnet.devnet.pallets.subtensor.types import AccountId32, AlphaBalance, NetUid, TaoBalance
from subnet.devnet.scale import U64, Option, Tuple, Vec
from subnet.devnet.state import State
from subnet.devnet.views import basket_types
from subnet.devnet.views.api import BetaBasket
from subnet.rules.fixed import U64F64

HOTKEY, COLDKEY = ("hotkey", AccountId32), ("coldkey", AccountId32)


@BetaBasket.method(output=Vec(basket_types.BasketSummary))
def get_all_validator_baskets(state: State) -> tuple[Any, ...]:
    """None."""
    return ()


@BetaBasket.method([HOTKEY, COLDKEY], output=Option(basket_types.BasketPosition))
def get_basket_position(state: State, hotkey: bytes, coldkey: bytes) -> None:
    """None."""


@BetaBasket.method([HOTKEY], output=basket_types.BasketTradingStatus)
def get_basket_trading_status(state: State, hotkey: bytes) -> Any:
    """Not enabled."""
    return basket_types.BasketTradingStatus(False, False, 0, 0, 0)


@BetaBasket.method([HOTKEY], output=Option(basket_types.BetaPricing))
def get_beta_pricing(state: State, hotkey: bytes) -> None:
    """None."""


@BetaBasket.method([COLDKEY], output=TaoBalance)
def get_root_basket_owed(state: State, coldkey: bytes) -> int:
    """What a coldkey's unclaimed root dividends are worth at the pools' prices, in rao of TAO."""
    return sum(
        (alpha * price(state, netuid)) >> U64F64.fraction_bits
        for hotkey in StakingHotkeys[state, coldkey]
        for netuid, alpha in owed(state, hotkey, coldkey).items()
    )


@BetaBasket.method([COLDKEY], output=Vec(basket_types.BasketPosition))
def get_root_basket_portfolio(state: State, coldkey: bytes) -> tuple[Any, ...]:
    """None."""
    return ()


@BetaBasket.method([COLDKEY], output=Vec(Tuple(AccountId32, U64, TaoBalance)))
def get_root_basket_positions(state: State, coldkey: bytes) -> tuple[Any, ...]:
    """None."""
    return ()


@BetaBasket.method(output=TaoBalance)
def get_root_basket_total_nav(state: State) -> int:
    """0 rao."""
    return 0


@BetaBasket.method([HOTKEY], output=Vec(Tuple(NetUid, AlphaBalance, TaoBalance)))
def get_validator_basket(state: State, hotkey: bytes) -> tuple[Any, ...]:
    """None."""
    return ()


@BetaBasket.method([HOTKEY], output=TaoBalance)
def get_validator_basket_nav(state: State, hotkey: bytes) -> int:
    """0 rao."""
    return 0


@BetaBasket.method([HOTKEY], output=basket_types.BasketSummary)
def get_validator_basket_summary(state: State, hotkey: bytes) -> Any:
    """A basket that holds nothing."""
    return basket_types.BasketSummary(hotkey, 0, 0, 0, 0, 0, ())
