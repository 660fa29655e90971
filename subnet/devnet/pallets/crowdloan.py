"""Crowdloan: only what clients list. There are no calls for it here, so nothing is ever in it."""

from __future__ import annotations

from subnet.devnet.chain_types import H256, AccountId32, TaoBalance, bounded_bytes
from subnet.devnet.frame import Pallet
from subnet.devnet.scale import BOOL, U32, Enum, Option, Struct

pallet = Pallet("Crowdloan", index=27)

_Bounded = Enum(
    "frame_support::traits::preimages::Bounded",
    [
        (0, "Legacy", [("hash", H256)]),
        (1, "Inline", [(None, bounded_bytes())]),
        (2, "Lookup", [("hash", H256), ("len", U32)]),
    ],
)
CrowdloanInfo = Struct(
    "pallet_crowdloan::CrowdloanInfo",
    [
        ("creator", AccountId32),
        ("deposit", TaoBalance),
        ("min_contribution", TaoBalance),
        ("end", U32),
        ("cap", TaoBalance),
        ("funds_account", AccountId32),
        ("raised", TaoBalance),
        ("target_address", Option(AccountId32)),
        ("call", Option(_Bounded)),
        ("finalized", BOOL),
        ("contributors_count", U32),
    ],
)

pallet.map("Crowdloans", key=[("Twox64Concat", U32)], value=CrowdloanInfo)
pallet.map("Contributions", key=[("Twox64Concat", U32), ("Identity", AccountId32)], value=TaoBalance)
