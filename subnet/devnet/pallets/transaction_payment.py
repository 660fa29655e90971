"""Transaction fees (FRAME's pallet_transaction_payment): 1 rao for each byte, and the weight of the call.

The real weights of calls are not reproduced: every call weighs what its declaration says, by default 250 million
picoseconds, which cost 125,000 rao.
"""

from __future__ import annotations

from typing import Any

from subnet.devnet.chain_types import AccountId32, DispatchClass, TaoBalance, Weight
from subnet.devnet.extrinsic import Extrinsic, UncheckedExtrinsic, decode_extrinsic
from subnet.devnet.frame import CallDecl, Pallet, RuntimeApi, State
from subnet.devnet.scale import U8, U32, Option, Struct, Variant, encode_compact

pallet = Pallet("TransactionPayment", index=6)
api = RuntimeApi("TransactionPaymentApi", version=4)

RAO_PER_BYTE = 1
_RAO_PER_GIGA_WEIGHT = 500_000
_PROOF_SIZE = 3593  # bytes; shown to clients, charged to nobody

TransactionFeePaid = pallet.event(
    0, "TransactionFeePaid", [("who", AccountId32), ("actual_fee", TaoBalance), ("tip", TaoBalance)]
)
pallet.constant("OperationalFeeMultiplier", U8, 5)

_RuntimeDispatchInfo = Struct(
    "pallet_transaction_payment::types::RuntimeDispatchInfo",
    [("weight", Weight), ("class", DispatchClass), ("partial_fee", TaoBalance)],
)
_InclusionFee = Struct(
    "pallet_transaction_payment::types::InclusionFee",
    [("base_fee", TaoBalance), ("len_fee", TaoBalance), ("adjusted_weight_fee", TaoBalance)],
)
_FeeDetails = Struct(
    "pallet_transaction_payment::types::FeeDetails",
    [("inclusion_fee", Option(_InclusionFee)), ("tip", TaoBalance)],
)
_Argument = Struct("fp_self_contained::unchecked_extrinsic::UncheckedExtrinsic", [(None, UncheckedExtrinsic)])


def weight_fee(decl: CallDecl) -> int:
    """The part of the fee that follows from the call, in rao."""
    return decl.weight * _RAO_PER_GIGA_WEIGHT // 1_000_000_000


def fee(decl: CallDecl, size: int, tip: int = 0) -> int:
    """What an extrinsic of `size` bytes pays for a call, in rao; nothing for a free one without a tip."""
    return tip + (size * RAO_PER_BYTE + weight_fee(decl) if decl.pays else 0)


def weight(decl: CallDecl) -> Any:
    """The weight of a call as clients see it."""
    return Weight(decl.weight, _PROOF_SIZE)


def class_of(decl: CallDecl) -> Variant:
    """Whether a call is Normal or Operational."""
    return Variant("Operational" if decl.operational else "Normal")


def _decoded(state: State, body: bytes) -> tuple[Extrinsic, CallDecl]:
    extrinsic = decode_extrinsic(encode_compact(len(body)) + body)
    return extrinsic, state.runtime.declared(extrinsic.call)


@api.method([("uxt", _Argument), ("len", U32)], output=_RuntimeDispatchInfo)
def query_info(state: State, uxt: bytes, len: int) -> Any:
    """Weight, class and fee without a tip of an extrinsic; neither signature nor nonce need be right."""
    _, decl = _decoded(state, uxt)
    return _RuntimeDispatchInfo(weight(decl), class_of(decl), fee(decl, len))


@api.method([("uxt", _Argument), ("len", U32)], output=_FeeDetails)
def query_fee_details(state: State, uxt: bytes, len: int) -> Any:
    """The parts of an extrinsic's fee."""
    extrinsic, decl = _decoded(state, uxt)
    tip = extrinsic.signature.tip if extrinsic.signature else 0
    return _FeeDetails((0, len * RAO_PER_BYTE, weight_fee(decl)) if decl.pays else None, tip)
