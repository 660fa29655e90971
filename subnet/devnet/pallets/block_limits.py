"""The limits of a block, as constants that clients can read: 4 s of ref time, 75 % of it for normal calls, 10 MiB."""

from __future__ import annotations

from subnet.devnet.chain_types import Weight
from subnet.devnet.scale import U32, Option, Struct

BLOCK_REF_TIME = 4_000_000_000_000  # picoseconds
BLOCK_BYTES = 10 * 1024 * 1024
NORMAL_REF_TIME = BLOCK_REF_TIME * 3 // 4  # for calls that are not operational
NORMAL_BYTES = BLOCK_BYTES * 3 // 4
_ANY_PROOF = 2**64 - 1
_BASE_EXTRINSIC = Weight(107_845_000, 0)

BlockLength = Struct(
    "frame_system::limits::BlockLength",
    [
        (
            "max",
            Struct(
                "frame_support::dispatch::PerDispatchClass",
                [("normal", U32), ("operational", U32), ("mandatory", U32)],
            ),
        )
    ],
)
_OfClass = Struct(
    "frame_system::limits::WeightsPerClass",
    [
        ("base_extrinsic", Weight),
        ("max_extrinsic", Option(Weight)),
        ("max_total", Option(Weight)),
        ("reserved", Option(Weight)),
    ],
)
BlockWeights = Struct(
    "frame_system::limits::BlockWeights",
    [
        ("base_block", Weight),
        ("max_block", Weight),
        (
            "per_class",
            Struct(
                "frame_support::dispatch::PerDispatchClass",
                [("normal", _OfClass), ("operational", _OfClass), ("mandatory", _OfClass)],
            ),
        ),
    ],
)

BLOCK_LENGTH = BlockLength((NORMAL_BYTES, BLOCK_BYTES, BLOCK_BYTES))
_FULL, _NORMAL = Weight(BLOCK_REF_TIME, _ANY_PROOF), Weight(NORMAL_REF_TIME, _ANY_PROOF)
BLOCK_WEIGHTS = BlockWeights(
    Weight(431_614_000, 0),
    _FULL,
    (
        _OfClass(_BASE_EXTRINSIC, None, _NORMAL, None),
        _OfClass(_BASE_EXTRINSIC, None, _FULL, None),
        _OfClass(_BASE_EXTRINSIC, None, None, None),
    ),
)
