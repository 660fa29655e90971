"""What the runtime API of root baskets returns: the field order is the wire order."""

from subnet.devnet.pallets.subtensor.types import AccountId32, AlphaBalance, FixedU128, NetUid, TaoBalance
from subnet.devnet.scale import BOOL, U64, Struct, Vec

BasketHolding = Struct(
    "pallet_subtensor::rpc_info::basket_info::BasketHolding",
    [
        ("netuid", NetUid),
        ("alpha", AlphaBalance),
        ("spot_tao", TaoBalance),
        ("realizable_tao", TaoBalance),
    ],
)

BasketSummary = Struct(
    "pallet_subtensor::rpc_info::basket_info::BasketSummary",
    [
        ("hotkey", AccountId32),
        ("nav_tao", TaoBalance),
        ("spot_nav_tao", TaoBalance),
        ("shares", U64),
        ("deposited_tao", TaoBalance),
        ("redeemed_tao", TaoBalance),
        ("holdings", Vec(BasketHolding)),
    ],
)

BasketPosition = Struct(
    "pallet_subtensor::rpc_info::basket_info::BasketPosition",
    [
        ("hotkey", AccountId32),
        ("beta", U64),
        ("beta_total", U64),
        ("nav_tao", TaoBalance),
        ("value_tao", TaoBalance),
        ("spot_value_tao", TaoBalance),
    ],
)

BasketTradingStatus = Struct(
    "pallet_subtensor::rpc_info::basket_info::BasketTradingStatus",
    [
        ("enabled", BOOL),
        ("frozen", BOOL),
        ("refill_blocks", U64),
        ("tao_available", TaoBalance),
        ("budget_tao", TaoBalance),
    ],
)

BetaPricing = Struct(
    "pallet_subtensor::rpc_info::basket_info::BetaPricing",
    [
        ("hotkey", AccountId32),
        ("spot_price", FixedU128),
        ("display_price", FixedU128),
        ("stake_price", FixedU128),
        ("staker_yield", FixedU128),
        ("staker_twr", FixedU128),
        ("bag_index", FixedU128),
        ("stake_index", FixedU128),
        ("first_block", U64),
        ("provisional", BOOL),
        ("spot_nav_tao", TaoBalance),
        ("shares", U64),
        ("display_shares", FixedU128),
    ],
)
