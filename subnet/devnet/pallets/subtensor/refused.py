"""Calls that clients know and this chain does not make: they fail as CallFiltered, never silently.

Coldkey swaps and collateral are not modelled here: no coldkey of a development chain must be rescued, and
collateral is newer than the rules that this chain follows.
"""

from subnet.devnet.pallets.subtensor.pallet import pallet
from subnet.devnet.pallets.subtensor.types import H256, AccountId32, AlphaBalance, NetUid, TaoBalance

pallet.refused_call(125, "announce_coldkey_swap", [("new_coldkey_hash", H256)])
pallet.refused_call(126, "swap_coldkey_announced", [("new_coldkey", AccountId32)])
pallet.refused_call(
    144,
    "add_collateral",
    [("netuid", NetUid), ("hotkey", AccountId32), ("alpha", AlphaBalance), ("limit_price", TaoBalance)],
)
pallet.refused_call(
    145, "set_min_collateral", [("netuid", NetUid), ("hotkey", AccountId32), ("min_locked", AlphaBalance)]
)
