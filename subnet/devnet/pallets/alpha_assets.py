"""The AlphaAssets pallet: alpha that still counts as issued but that nobody can ever own."""

from subnet.devnet.frame import Pallet
from subnet.devnet.pallets.subtensor.types import AlphaBalance, NetUid

pallet = Pallet("AlphaAssets", index=31)

# Alpha in rao
AlphaBurned = pallet.map("AlphaBurned", key=[("Twox64Concat", NetUid)], value=AlphaBalance, default=0)
