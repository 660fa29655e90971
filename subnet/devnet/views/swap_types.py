"""What the runtime API of pools returns: the field order is the wire order."""

from subnet.devnet.pallets.subtensor.types import AlphaBalance, NetUid, TaoBalance
from subnet.devnet.scale import U64, Struct

SubnetPrice = Struct(
    "pallet_subtensor_swap_runtime_api::SubnetPrice",
    [
        ("netuid", NetUid),
        ("price", U64),
    ],
)

SimSwapResult = Struct(
    "pallet_subtensor_swap_runtime_api::SimSwapResult",
    [
        ("tao_amount", TaoBalance),
        ("alpha_amount", AlphaBalance),
        ("tao_fee", TaoBalance),
        ("alpha_fee", AlphaBalance),
        ("tao_slippage", TaoBalance),
        ("alpha_slippage", AlphaBalance),
    ],
)
