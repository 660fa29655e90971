"""Calls that clients know and this chain does not make: they fail as CallFiltered, never silently.

Key swaps, locks and collateral are not modelled here (a development chain has no key that must be rescued), and
a symbol is given once.
"""

from subnet.devnet.pallets.subtensor.pallet import pallet
from subnet.devnet.pallets.subtensor.types import H256, AccountId32, AlphaBalance, NetUid, TaoBalance
from subnet.devnet.scale import BOOL, BYTES, Option

_SWAP = [("hotkey", AccountId32), ("new_hotkey", AccountId32), ("netuid", Option(NetUid))]

pallet.refused_call(70, "swap_hotkey", _SWAP)
pallet.refused_call(72, "swap_hotkey_v2", [*_SWAP, ("keep_stake", BOOL)])
pallet.refused_call(125, "announce_coldkey_swap", [("new_coldkey_hash", H256)])
pallet.refused_call(126, "swap_coldkey_announced", [("new_coldkey", AccountId32)])
pallet.refused_call(112, "update_symbol", [("netuid", NetUid), ("symbol", BYTES)])
pallet.refused_call(
    144,
    "add_collateral",
    [("netuid", NetUid), ("hotkey", AccountId32), ("alpha", AlphaBalance), ("limit_price", TaoBalance)],
)
pallet.refused_call(
    145, "set_min_collateral", [("netuid", NetUid), ("hotkey", AccountId32), ("min_locked", AlphaBalance)]
)
