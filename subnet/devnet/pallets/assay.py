"""What this development chain keeps beyond the real one, under a pallet of its own so that it is never mistaken.

An epoch drains amounts that are gone from the storage afterwards, while a report that checks every neuron's
emission needs them; and the real chain spreads unclaimed root dividends over rates that cannot be summed.
"""

from typing import Any

from subnet.devnet.frame import Pallet
from subnet.devnet.pallets.subtensor.types import AlphaBalance, NetUid
from subnet.devnet.scale import I64, U64, Struct
from subnet.devnet.state import State

pallet = Pallet("Assay", index=200)

KEPT_EPOCHS = 1024

# Rao of alpha that one epoch handed out, by destination; `epoch` counts the subnet's epochs
EpochRecord = Struct(
    "assay::EpochRecord",
    [
        ("netuid", NetUid),
        ("epoch", U64),
        ("block", U64),
        ("server", AlphaBalance),
        ("validator", AlphaBalance),
        ("root", AlphaBalance),
        ("owner", AlphaBalance),
    ],
)
NETUID = ("Identity", NetUid)
Epochs = pallet.map("Epochs", key=[NETUID, ("Identity", U64)], value=EpochRecord)
# Alpha in rao that root stakers earned and have not claimed
RootDividends = pallet.map("RootDividends", key=[NETUID], value=AlphaBalance, default=0)
# Milliseconds by which time travel has moved the clock
TimeOffset = pallet.value("TimeOffset", I64, default=0)


def record(state: State, entry: Any) -> None:
    """Keeps one epoch's amounts, and those of the KEPT_EPOCHS before it."""
    Epochs[state, entry.netuid, entry.epoch] = entry
    if entry.epoch >= KEPT_EPOCHS:
        del Epochs[state, entry.netuid, entry.epoch - KEPT_EPOCHS]


def epochs(state: State, netuid: int, since: int = 0) -> list[Any]:
    """The recorded epochs of a subnet from block `since` on, oldest first."""
    records = [
        entry for _, entry in Epochs.items(state, netuid) if entry is not None and entry.block >= since
    ]
    return sorted(records, key=lambda entry: entry.epoch)
