"""Extrinsics of format 4: the bytes of a call, who signed it, and for how long it may be included.

A client signs `call + extra + additional`, where `extra` travels (era, nonce, tip, metadata mode) and `additional`
is what both sides know (versions, genesis hash, hash of the block at which the era began). The bytes of the call
are taken as they came, never made again from what was decoded.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import bittensor_core

from subnet.devnet.chain_types import H256, AccountId32, MultiAddress, MultiSignature, TaoBalance, Unit
from subnet.devnet.config import SPEC_VERSION, SS58_FORMAT, TRANSACTION_VERSION
from subnet.devnet.scale import (
    BYTES,
    CALL,
    U8,
    U32,
    Array,
    Compact,
    Enum,
    Option,
    ScaleError,
    Struct,
    Tuple,
    Type,
    Variant,
    decode_compact,
    encode_compact,
)
from subnet.devnet.storage import blake2_256

EXTRINSIC_VERSION = 4
_SIGNED = 0x80 | EXTRINSIC_VERSION
_LONGEST_PLAIN_PAYLOAD = 256  # bytes; longer payloads are signed by their hash
_CRYPTO = {"Ed25519": bittensor_core.CRYPTO_ED25519, "Sr25519": bittensor_core.CRYPTO_SR25519}


class Extension(NamedTuple):
    """A signed extension: what it adds to the bytes that travel, and to those that are signed."""

    name: str
    extra: Type[Any]
    additional: Type[Any] = Unit


EraType = Enum(
    "sp_runtime::generic::era::Era",
    [(0, "Immortal", []), *[(n, f"Mortal{n}", [(None, U8)]) for n in range(1, 256)]],
)
ModeType = Enum("frame_metadata_hash_extension::Mode", [(0, "Disabled", []), (1, "Enabled", [])])


def _empty(path: str) -> Struct:
    return Struct(path, [])


EXTENSIONS = (
    Extension(
        "CheckNonZeroSender", _empty("frame_system::extensions::check_non_zero_sender::CheckNonZeroSender")
    ),
    Extension(
        "CheckSpecVersion", _empty("frame_system::extensions::check_spec_version::CheckSpecVersion"), U32
    ),
    Extension("CheckTxVersion", _empty("frame_system::extensions::check_tx_version::CheckTxVersion"), U32),
    Extension("CheckGenesis", _empty("frame_system::extensions::check_genesis::CheckGenesis"), H256),
    Extension(
        "CheckMortality",
        Struct("node_subtensor_runtime::check_mortality::CheckMortality", [(None, EraType)]),
        H256,
    ),
    Extension(
        "CheckNonce", Struct("node_subtensor_runtime::check_nonce::CheckNonce", [(None, Compact(U32))])
    ),
    Extension("CheckWeight", _empty("frame_system::extensions::check_weight::CheckWeight")),
    Extension(
        "ChargeTransactionPayment",
        Struct("pallet_transaction_payment::ChargeTransactionPayment", [(None, Compact(TaoBalance))]),
    ),
    Extension(
        "SudoTransactionExtension", _empty("node_subtensor_runtime::sudo_wrapper::SudoTransactionExtension")
    ),
    Extension("CheckShieldedTxValidity", _empty("pallet_shield::extension::CheckShieldedTxValidity")),
    Extension(
        "SubtensorTransactionExtension",
        _empty("pallet_subtensor::extensions::subtensor::SubtensorTransactionExtension"),
    ),
    Extension("DrandPriority", _empty("pallet_drand::drand_priority::DrandPriority")),
    Extension(
        "CheckMetadataHash",
        Struct("frame_metadata_hash_extension::CheckMetadataHash", [("mode", ModeType)]),
        Option(Array(U8, 32)),
    ),
)
EXTRA = Tuple(*[extension.extra for extension in EXTENSIONS])
UncheckedExtrinsic = Struct(
    "sp_runtime::generic::unchecked_extrinsic::UncheckedExtrinsic",
    [(None, BYTES)],
    params=[("Address", MultiAddress), ("Call", CALL), ("Signature", MultiSignature), ("Extra", EXTRA)],
)


@dataclass(frozen=True)
class Era:
    """The blocks in which an extrinsic may be included; `period` 0 means any block."""

    period: int = 0
    phase: int = 0

    def birth(self, block: int) -> int:
        """The block whose hash was signed, for an inclusion in `block`; 0, the genesis, for an immortal one."""
        if not self.period:
            return 0
        block = max(block, self.phase)
        return block - (block - self.phase) % self.period

    def encode(self) -> bytes:
        """One byte for an immortal era, otherwise two."""
        if not self.period:
            return b"\x00"
        low = min(15, max(1, self.period.bit_length() - 2))
        return (low | self.phase // max(1, self.period >> 12) << 4).to_bytes(2, "little")

    @classmethod
    def decode(cls, data: bytes, offset: int) -> tuple[Era, int]:
        """The era at an offset; raises ScaleError for a phase beyond the period."""
        first, offset = U8.decode(data, offset)
        if first == 0:
            return cls(), offset
        second, offset = U8.decode(data, offset)
        encoded = first | second << 8
        period = 2 << encoded % 16
        phase = (encoded >> 4) * max(1, period >> 12)
        if period < 4 or phase >= period:
            raise ScaleError(f"{encoded:#06x} is not an era")
        return cls(period, phase), offset


@dataclass(frozen=True)
class Signature:
    """Who signed, how, and the bytes that the signature covers apart from the call."""

    account: bytes
    kind: str
    proof: bytes
    era: Era
    nonce: int
    tip: int
    mode: int


@dataclass(frozen=True)
class Extrinsic:
    """One extrinsic: `raw` with its length in front, `call_bytes` as they came, no `signature` for an inherent."""

    raw: bytes
    call: Variant
    call_bytes: bytes
    signature: Signature | None = None

    @cached_property
    def hash(self) -> bytes:
        """The name under which clients look for it."""
        return blake2_256(self.raw)


def behind_length(raw: bytes) -> int:
    """Where an extrinsic begins, behind its length; raises ScaleError when it is not as long as it says."""
    size, offset = decode_compact(raw, 0)
    if size != len(raw) - offset:
        raise ScaleError(f"an extrinsic of {size} bytes came as {len(raw) - offset}")
    return offset


def decode_extrinsic(raw: bytes) -> Extrinsic:
    """The extrinsic that is exactly `raw`, length included; raises ScaleError."""
    version, offset = U8.decode(raw, behind_length(raw))
    if version == EXTRINSIC_VERSION:
        return _with_call(raw, offset, None)
    if version != _SIGNED:
        raise ScaleError(f"extrinsic format {version & 0x7F} is not {EXTRINSIC_VERSION}")
    address, offset = MultiAddress.decode(raw, offset)
    if address.name != "Id":
        raise ScaleError("the signer is not an account id")
    (kind, (proof,)), offset = MultiSignature.decode(raw, offset)
    era, offset = Era.decode(raw, offset)
    (nonce, tip, mode), offset = _EXTRA_BEHIND_ERA.decode(raw, offset)
    signature = Signature(address.fields[0], kind, proof, era, nonce, tip, int(mode.name == "Enabled"))
    return _with_call(raw, offset, signature)


_EXTRA_BEHIND_ERA = Tuple(Compact(U32), Compact(TaoBalance), ModeType)


def _with_call(raw: bytes, offset: int, signature: Signature | None) -> Extrinsic:
    call, end = CALL.decode(raw, offset)
    if end != len(raw):
        raise ScaleError(f"{len(raw) - end} bytes left over behind the call")
    return Extrinsic(raw, call, raw[offset:], signature)


def _extra(signature: Signature) -> bytes:
    nonce_and_tip = encode_compact(signature.nonce) + encode_compact(signature.tip)
    return signature.era.encode() + nonce_and_tip + bytes((signature.mode,))


def signed_payload(call: bytes, signature: Signature, genesis: bytes, birth: bytes) -> bytes:
    """The bytes that the signature covers, given the hashes of the genesis and of the era's first block.

    A metadata hash is not kept by this chain, so a signature that commits to one (mode 1) does not verify.
    """
    versions = U32.encode(SPEC_VERSION) + U32.encode(TRANSACTION_VERSION)
    payload = call + _extra(signature) + versions + genesis + birth + b"\x00"
    return blake2_256(payload) if len(payload) > _LONGEST_PLAIN_PAYLOAD else payload


def is_signed_by(signature: Signature, payload: bytes) -> bool:
    """Whether the proof holds. ECDSA, which the SDK does not use, is not accepted."""
    crypto = _CRYPTO.get(signature.kind)
    if crypto is None:
        return False
    address = bittensor_core.ss58_encode(signature.account, SS58_FORMAT)
    return bool(bittensor_core.verify(payload, signature.proof, address, crypto))


def sign(call: bytes, signer: Any, signature: Signature, genesis: bytes, birth: bytes) -> bytes:
    """A signed extrinsic with its length, made by a `bittensor_core.Keypair`; the proof given is ignored."""
    proof = signer.sign(signed_payload(call, signature, genesis, birth))
    kind = MultiSignature.encode(Variant(signature.kind, (proof,)))
    body = (
        bytes((_SIGNED,)) + b"\x00" + AccountId32.encode(signature.account) + kind + _extra(signature) + call
    )
    return encode_compact(len(body)) + body


def unsigned(call: bytes) -> bytes:
    """An extrinsic that the author of a block puts in, with its length."""
    body = bytes((EXTRINSIC_VERSION,)) + call
    return encode_compact(len(body)) + body
