"""The Swap pallet: what the pools of subnets need besides their reserves (rules 5.6).

It has no calls here: trading happens through the staking calls of SubtensorModule. The reserves themselves
(SubnetTAO, SubnetAlphaIn) belong to SubtensorModule, as on the real chain.
"""

from subnet.devnet.frame import Pallet
from subnet.devnet.pallets.subtensor.types import NetUid
from subnet.devnet.scale import U16, U64, Struct

pallet = Pallet("Swap", index=28)

HALF = 5 * 10**17

Perquintill = Struct("sp_arithmetic::per_things::Perquintill", [(None, U64)])
Balancer = Struct("pallet_subtensor_swap::pallet::balancer::Balancer", [("quote", Perquintill)])

NETUID = ("Twox64Concat", NetUid)
# Parts of 65535 of the input of a trade
FeeRate = pallet.map("FeeRate", key=[NETUID], value=U16, default=33)
# Weight of TAO in the price of a pool, parts of 10^18; the rest is the weight of alpha
SwapBalancer = pallet.map("SwapBalancer", key=[NETUID], value=Balancer, default=Balancer(HALF))

error = pallet.error
FeeRateTooHigh = error(0, "FeeRateTooHigh", "The fee rate is above what a pool may charge.")
InsufficientInputAmount = error(1, "InsufficientInputAmount", "The amount is too small to trade.")
InsufficientLiquidity = error(2, "InsufficientLiquidity", "The pool does not hold enough for this trade.")
PriceLimitExceeded = error(
    3, "PriceLimitExceeded", "The pool's price is already beyond the limit. Raise the limit or wait."
)
InsufficientBalance = error(4, "InsufficientBalance", "The account holds too little for this trade.")
InvalidTickRange = error(5, "InvalidTickRange", "The price range is not valid.")
InvalidLiquidityValue = error(6, "InvalidLiquidityValue", "The liquidity is too small.")
ReservesTooLow = error(
    7, "ReservesTooLow", "The pool's reserve is too low to trade against. Trade after it has grown."
)
MechanismDoesNotExist = error(8, "MechanismDoesNotExist", "There is no such subnet.")
SubtokenDisabled = error(9, "SubtokenDisabled", "The subnet's token is not enabled; its owner must start it.")
ReservesOutOfBalance = error(10, "ReservesOutOfBalance", "The pool's reserves are too far out of balance.")
SwapInputTooLarge = error(
    11, "SwapInputTooLarge", "The amount is more than 1000 times the pool's reserve. Split the trade."
)
Deprecated = error(12, "Deprecated", "This call is gone.")
