"""Types that more than one pallet uses. Paths are those of the real chain: clients' codecs know some by them."""

from __future__ import annotations

from typing import Any

from subnet.devnet.scale import (
    BYTES,
    EVENT,
    U8,
    U16,
    U32,
    U64,
    U128,
    Array,
    Compact,
    Enum,
    Struct,
    Tuple,
    Type,
    Vec,
)

AccountId32 = Struct("sp_core::crypto::AccountId32", [(None, Array(U8, 32))])
H256 = Struct("primitive_types::H256", [(None, Array(U8, 32))])
TaoBalance = Struct("subtensor_runtime_common::currency::TaoBalance", [(None, U64)])
AlphaBalance = Struct("subtensor_runtime_common::currency::AlphaBalance", [(None, U64)])
NetUid = Struct("subtensor_runtime_common::NetUid", [(None, U16)])
Unit = Tuple()


# Rust's collections name their items in type parameters too: @polkadot/api reads nothing without them.
def bounded_vec(item: Type[Any]) -> Struct:
    """`BoundedVec<item>`. The bound is not part of the encoding, so calls check it themselves."""
    path = "bounded_collections::bounded_vec::BoundedVec"
    return Struct(path, [(None, Vec(item))], params=[("T", item)])


def bounded_bytes() -> Struct:
    """`BoundedVec<u8>`: bytes."""
    return bounded_vec(U8)


def sorted_set(item: Type[Any]) -> Struct:
    """`BTreeSet<item>`: a tuple of items in order."""
    return Struct("BTreeSet", [(None, Vec(item))], params=[("T", item)])


def sorted_map(key: Type[Any], value: Type[Any]) -> Struct:
    """`BTreeMap<key, value>`: a tuple of pairs in the order of their keys."""
    return Struct("BTreeMap", [(None, Vec(Tuple(key, value)))], params=[("K", key), ("V", value)])


MultiAddress = Enum(
    "sp_runtime::multiaddress::MultiAddress",
    [
        (0, "Id", [(None, AccountId32)]),
        (1, "Index", [(None, Compact(Unit))]),
        (2, "Raw", [(None, BYTES)]),
        (3, "Address32", [(None, Array(U8, 32))]),
        (4, "Address20", [(None, Array(U8, 20))]),
    ],
    params=[("AccountId", AccountId32), ("AccountIndex", Unit)],
)
MultiSignature = Enum(
    "sp_runtime::MultiSignature",
    [
        (0, "Ed25519", [(None, Array(U8, 64))]),
        (1, "Sr25519", [(None, Array(U8, 64))]),
        (2, "Ecdsa", [(None, Array(U8, 65))]),
    ],
)

Weight = Struct("sp_weights::weight_v2::Weight", [("ref_time", Compact(U64)), ("proof_size", Compact(U64))])
DispatchClass = Enum(
    "frame_support::dispatch::DispatchClass",
    [(0, "Normal", []), (1, "Operational", []), (2, "Mandatory", [])],
)
Pays = Enum("frame_support::dispatch::Pays", [(0, "Yes", []), (1, "No", [])])
DispatchEventInfo = Struct(
    "frame_system::DispatchEventInfo", [("weight", Weight), ("class", DispatchClass), ("pays_fee", Pays)]
)


def _units(path: str, *names: str) -> Enum:
    return Enum(path, [(index, name, ()) for index, name in enumerate(names)])


TokenErrorType = _units(
    "sp_runtime::TokenError",
    *("FundsUnavailable", "OnlyProvider", "BelowMinimum", "CannotCreate", "UnknownAsset"),
    *("Frozen", "Unsupported", "CannotCreateHold", "NotExpendable", "Blocked"),
)
ArithmeticErrorType = _units("sp_arithmetic::ArithmeticError", "Underflow", "Overflow", "DivisionByZero")
_TransactionalError = _units("sp_runtime::TransactionalError", "LimitReached", "NoLayer")
_TrieError = _units(
    "sp_runtime::proving_trie::TrieError",
    *("InvalidStateRoot", "IncompleteDatabase", "ValueAtIncompleteKey", "DecoderError", "InvalidHash"),
    *(
        "DuplicateKey",
        "ExtraneousNode",
        "ExtraneousValue",
        "ExtraneousHashReference",
        "InvalidChildReference",
    ),
    *("ValueMismatch", "IncompleteProof", "RootMismatch", "DecodeError"),
)
ModuleErrorType = Struct("sp_runtime::ModuleError", [("index", U8), ("error", Array(U8, 4))])
DispatchErrorType = Enum(
    "sp_runtime::DispatchError",
    [
        (0, "Other", []),
        (1, "CannotLookup", []),
        (2, "BadOrigin", []),
        (3, "Module", [(None, ModuleErrorType)]),
        (4, "ConsumerRemaining", []),
        (5, "NoProviders", []),
        (6, "TooManyConsumers", []),
        (7, "Token", [(None, TokenErrorType)]),
        (8, "Arithmetic", [(None, ArithmeticErrorType)]),
        (9, "Transactional", [(None, _TransactionalError)]),
        (10, "Exhausted", []),
        (11, "Corruption", []),
        (12, "Unavailable", []),
        (13, "RootNotAllowed", []),
        (14, "Trie", [(None, _TrieError)]),
    ],
)
DispatchResult = Enum(
    "Result",
    [(0, "Ok", [(None, Unit)]), (1, "Err", [(None, DispatchErrorType)])],
    params=[("T", Unit), ("E", DispatchErrorType)],
)

AccountData = Struct(
    "pallet_balances::types::AccountData",
    [
        ("free", TaoBalance),
        ("reserved", TaoBalance),
        ("frozen", TaoBalance),
        ("flags", Struct("pallet_balances::types::ExtraFlags", [(None, U128)])),
    ],
)
AccountInfo = Struct(
    "frame_system::AccountInfo",
    [("nonce", U32), ("consumers", U32), ("providers", U32), ("sufficients", U32), ("data", AccountData)],
)
Phase = Enum(
    "frame_system::Phase",
    [(0, "ApplyExtrinsic", [(None, U32)]), (1, "Finalization", []), (2, "Initialization", [])],
)
EventRecord = Struct(
    "frame_system::EventRecord",
    [("phase", Phase), ("event", EVENT), ("topics", Vec(H256))],
    params=[("E", EVENT), ("T", H256)],  # @polkadot/api finds the type of events by these
)
_Engine = Array(U8, 4)
DigestItem = Enum(
    "sp_runtime::generic::digest::DigestItem",
    [
        (0, "Other", [(None, BYTES)]),
        (4, "Consensus", [(None, _Engine), (None, BYTES)]),
        (5, "Seal", [(None, _Engine), (None, BYTES)]),
        (6, "PreRuntime", [(None, _Engine), (None, BYTES)]),
        (8, "RuntimeEnvironmentUpdated", []),
    ],
)
Digest = Struct("sp_runtime::generic::digest::Digest", [("logs", Vec(DigestItem))])
