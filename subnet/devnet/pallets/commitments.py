"""The Commitments pallet: small data that a hotkey publishes on a subnet, say where its model lies (rules 6.5)."""

from typing import Any

from subnet.devnet.chain_types import AccountId32, NetUid, TaoBalance, bounded_bytes, bounded_vec, sorted_set
from subnet.devnet.frame import Origin, Pallet, ensure
from subnet.devnet.pallets.subtensor.storage import Bonds, BondsResetOn, SubnetEpochIndex, Uids
from subnet.devnet.pallets.subtensor.subnets import is_member, storage_indices
from subnet.devnet.scale import BYTES, U8, U32, U64, Array, Enum, Field, Struct, Tuple, Variant, Vec
from subnet.devnet.state import State

pallet = Pallet("Commitments", index=18)

MAX_FIELDS = 3
MAX_RAW, MAX_BIG_RAW, MAX_SEALED = 128, 512, 1024
LEAST_SPACE = 100  # bytes that a commitment counts as, however short

SEALED = "TimelockEncrypted"
_HASHES = ("BlakeTwo256", "Sha256", "Keccak256", "ShaThree256")
_SEALED_FIELDS: list[Field] = [("encrypted", bounded_bytes()), ("reveal_round", U64)]

Data = Enum(
    "pallet_commitments::types::Data",
    [
        (0, "None", []),
        *((size + 1, f"Raw{size}", [(None, Array(U8, size))]) for size in range(MAX_RAW + 1)),
        *((130 + place, name, [(None, Array(U8, 32))]) for place, name in enumerate(_HASHES)),
        (134, SEALED, _SEALED_FIELDS),
        (135, "ResetBondsFlag", []),
        (136, "BigRaw", [(None, bounded_bytes())]),
        (137, "TimelockRevealFailed", _SEALED_FIELDS),
    ],
)
Fields = bounded_vec(Data)
CommitmentInfo = Struct("pallet_commitments::types::CommitmentInfo", [("fields", Fields)])
Registration = Struct(
    "pallet_commitments::types::Registration",
    [("deposit", TaoBalance), ("block", U32), ("info", CommitmentInfo)],
)
RevealFailure = Enum(
    "pallet_commitments::types::RevealFailure",
    [
        (0, "SignatureDeserialize", []),
        (1, "CiphertextDeserialize", []),
        (2, "Decrypt", []),
        (3, "EmptyPlaintext", []),
        (4, "PulseExpired", []),
        (5, "RoundMismatch", []),
    ],
)
UsageTracker = Struct("pallet_commitments::types::UsageTracker", [("last_epoch", U64), ("used_space", U64)])

_KEY = [("Identity", NetUid), ("Twox64Concat", AccountId32)]
CommitmentOf = pallet.map("CommitmentOf", key=_KEY, value=Registration)
LastCommitment = pallet.map("LastCommitment", key=_KEY, value=U32)
# By subnet and hotkey: (content, block) of timelocked fields that have opened
RevealedCommitments = pallet.map("RevealedCommitments", key=_KEY, value=Vec(Tuple(BYTES, U64)))
UsedSpaceOf = pallet.map("UsedSpaceOf", key=_KEY, value=UsageTracker)
# Commitments with a field that is still sealed
TimelockedIndex = pallet.value("TimelockedIndex", sorted_set(Tuple(NetUid, AccountId32)), default=())
MaxSpace = pallet.value("MaxSpace", U32, default=3100)  # bytes per hotkey, subnet and epoch
MaxFields = pallet.constant("MaxFields", U32, MAX_FIELDS)

_WHERE: list[Field] = [("netuid", NetUid), ("who", AccountId32)]
Commitment = pallet.event(0, "Commitment", _WHERE)
TimelockCommitment = pallet.event(1, "TimelockCommitment", [*_WHERE, ("reveal_round", U64)])
CommitmentRevealed = pallet.event(2, "CommitmentRevealed", _WHERE)
CommitmentRevealFailed = pallet.event(
    3, "CommitmentRevealFailed", [*_WHERE, ("reveal_round", U64), ("error", RevealFailure)]
)

TooManyFieldsInCommitmentInfo = pallet.error(
    0, "TooManyFieldsInCommitmentInfo", "A commitment has at most three fields, each of bounded size."
)
AccountNotAllowedCommit = pallet.error(
    1,
    "AccountNotAllowedCommit",
    "Only a hotkey with a uid on the subnet may commit there. Register it first.",
)
SpaceLimitExceeded = pallet.error(
    2, "SpaceLimitExceeded", "The space for commitments of this epoch is used up. Wait for the next epoch."
)
UnexpectedUnreserveLeftover = pallet.error(
    3, "UnexpectedUnreserveLeftover", "A deposit could not be returned in full."
)
TimelockRevealFailedNotAllowed = pallet.error(
    4, "TimelockRevealFailedNotAllowed", "Only the chain itself may write a field of this kind."
)


@pallet.call(0, [("netuid", NetUid), ("info", CommitmentInfo)], pays=False)
def set_commitment(state: State, origin: Origin, netuid: int, info: Any) -> None:
    """Publishes the signing hotkey's data on a subnet, in place of what it published there before."""
    hotkey = origin.signed()
    ensure(is_member(state, netuid, hotkey), AccountNotAllowedCommit)
    ensure(len(info.fields) <= MAX_FIELDS and all(map(_fits, info.fields)), TooManyFieldsInCommitmentInfo)
    ensure(all(f.name != "TimelockRevealFailed" for f in info.fields), TimelockRevealFailedNotAllowed)
    _use_space(state, netuid, hotkey, sum(map(_size, info.fields)))
    CommitmentOf[state, netuid, hotkey] = Registration(0, state.block, info)
    LastCommitment[state, netuid, hotkey] = state.block
    if any(field.name == "ResetBondsFlag" for field in info.fields) and BondsResetOn[state, netuid]:
        reset_bonds(state, netuid, hotkey)
    _announce(state, netuid, hotkey, info)


def reset_bonds(state: State, netuid: int, hotkey: bytes) -> None:
    """Removes what validators hold in bonds of a neuron, on all mechanisms (rules 10.15)."""
    uid = Uids[state, netuid, hotkey]
    for index in storage_indices(state, netuid):
        for (validator,), row in list(Bonds.items(state, index)):
            Bonds[state, index, validator] = tuple(entry for entry in row if entry[0] != uid)


def _announce(state: State, netuid: int, hotkey: bytes, info: Any) -> None:
    sealed = [field for field in info.fields if field.name == SEALED]
    if sealed:
        TimelockedIndex[state] = tuple(sorted({*TimelockedIndex[state], (netuid, hotkey)}))
        state.deposit(TimelockCommitment(netuid, hotkey, sealed[0].fields[1]))
    else:
        state.deposit(Commitment(netuid, hotkey))


def _use_space(state: State, netuid: int, hotkey: bytes, size: int) -> None:
    epoch, usage = SubnetEpochIndex[state, netuid], UsedSpaceOf[state, netuid, hotkey]
    used = usage.used_space if usage is not None and usage.last_epoch == epoch else 0
    used += max(size, LEAST_SPACE)
    ensure(used <= MaxSpace[state], SpaceLimitExceeded)
    UsedSpaceOf[state, netuid, hotkey] = UsageTracker(epoch, used)


def _size(field: Variant) -> int:
    return sum(len(part) for part in field.fields if isinstance(part, bytes))


def _fits(field: Variant) -> bool:
    limits = {"BigRaw": MAX_BIG_RAW, SEALED: MAX_SEALED, "TimelockRevealFailed": MAX_SEALED}
    return _size(field) <= limits.get(field.name, MAX_RAW)
