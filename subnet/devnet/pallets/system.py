"""System: accounts and what is known about the current block (FRAME's frame_system)."""

from __future__ import annotations

from subnet.devnet.chain_types import (
    H256,
    AccountData,
    AccountId32,
    AccountInfo,
    Digest,
    DispatchErrorType,
    DispatchEventInfo,
    EventRecord,
    Phase,
)
from subnet.devnet.config import SPEC_NAME, SPEC_VERSION, SS58_FORMAT, TRANSACTION_VERSION
from subnet.devnet.dispatch import CannotLookup, Origin
from subnet.devnet.frame import Pallet, State
from subnet.devnet.pallets.block_limits import BLOCK_LENGTH, BLOCK_WEIGHTS, BlockLength, BlockWeights
from subnet.devnet.scale import BYTES, TEXT, U8, U16, U32, Array, Compact, Struct, Tuple, Variant, Vec
from subnet.devnet.storage import blake2_256

pallet = Pallet("System", index=0, path="frame_system")

NO_ACCOUNT = AccountInfo(0, 0, 0, 0, AccountData(0, 0, 0, 1 << 127))
NO_HASH = bytes(32)
BLOCK_HASH_COUNT = 2400

_SpecName = Struct("Cow", [(None, TEXT)])
_Apis = Struct("Cow", [(None, Vec(Tuple(Array(U8, 8), U32)))])
RuntimeVersion = Struct(
    "sp_version::RuntimeVersion",
    [
        ("spec_name", _SpecName),
        ("impl_name", _SpecName),
        ("authoring_version", U32),
        ("spec_version", U32),
        ("impl_version", U32),
        ("apis", _Apis),
        ("transaction_version", U32),
        ("system_version", U8),
    ],
)
VERSION = RuntimeVersion(SPEC_NAME, SPEC_NAME, 1, SPEC_VERSION, 1, (), TRANSACTION_VERSION, 1)
_LastUpgrade = Struct(
    "frame_system::LastRuntimeUpgradeInfo", [("spec_version", Compact(U32)), ("spec_name", _SpecName)]
)

Account = pallet.map(
    "Account", key=[("Blake2_128Concat", AccountId32)], value=AccountInfo, default=NO_ACCOUNT
)
BlockHash = pallet.map("BlockHash", key=[("Twox64Concat", U32)], value=H256, default=NO_HASH)
Number = pallet.value("Number", U32, default=0)
ParentHash = pallet.value("ParentHash", H256, default=NO_HASH)
DigestOfBlock = pallet.value("Digest", Digest, default=Digest(()))
Events = pallet.value("Events", Vec(EventRecord), default=())
EventCount = pallet.value("EventCount", U32, default=0)
ExecutionPhase = pallet.value("ExecutionPhase", Phase)
LastRuntimeUpgrade = pallet.value("LastRuntimeUpgrade", _LastUpgrade)

pallet.constant("BlockHashCount", U32, BLOCK_HASH_COUNT)
pallet.constant("SS58Prefix", U16, SS58_FORMAT)
pallet.constant("Version", RuntimeVersion, VERSION)
pallet.constant("BlockLength", BlockLength, BLOCK_LENGTH)
pallet.constant("BlockWeights", BlockWeights, BLOCK_WEIGHTS)

ExtrinsicSuccess = pallet.event(0, "ExtrinsicSuccess", [("dispatch_info", DispatchEventInfo)])
ExtrinsicFailed = pallet.event(
    1, "ExtrinsicFailed", [("dispatch_error", DispatchErrorType), ("dispatch_info", DispatchEventInfo)]
)
NewAccount = pallet.event(3, "NewAccount", [("account", AccountId32)])
KilledAccount = pallet.event(4, "KilledAccount", [("account", AccountId32)])
Remarked = pallet.event(5, "Remarked", [("sender", AccountId32), ("hash", H256)])

for _index, _name in enumerate(
    (
        *("InvalidSpecName", "SpecVersionNeedsToIncrease", "FailedToExtractRuntimeVersion"),
        *("NonDefaultComposite", "NonZeroRefCount"),
    )
):
    pallet.error(_index, _name)
CallFiltered = pallet.error(5, "CallFiltered", "This call is not available on this chain.")
for _index, _name in enumerate(("MultiBlockMigrationsOngoing", "NothingAuthorized", "Unauthorized"), start=6):
    pallet.error(_index, _name)


def lookup(address: Variant) -> bytes:
    """The account that a MultiAddress names; raises CannotLookup for anything but an account id."""
    if address.name != "Id":
        raise CannotLookup
    account: bytes = address.fields[0]
    return account


def nonce(state: State, who: bytes) -> int:
    """How many extrinsics of this account were included so far."""
    count: int = Account[state, who].nonce
    return count


def increase_nonce(state: State, who: bytes) -> None:
    """Counts one more extrinsic of this account, which need not hold any balance."""
    info = Account[state, who]
    Account[state, who] = info._replace(nonce=info.nonce + 1)


@pallet.call(0, [("remark", BYTES)])
def remark(state: State, origin: Origin, remark: bytes) -> None:
    """Puts some bytes into the block; nothing else happens."""
    if origin.kind != "root":
        origin.signed()


@pallet.call(4, [("items", Vec(Tuple(BYTES, BYTES)))], operational=True)
def set_storage(state: State, origin: Origin, items: tuple[tuple[bytes, bytes], ...]) -> None:
    """Writes raw storage, as root; bytes that are not of the item's type fail the call."""
    origin.root()
    for key, value in items:
        state.put(key, state.runtime.stored(key, value))


@pallet.call(7, [("remark", BYTES)])
def remark_with_event(state: State, origin: Origin, remark: bytes) -> None:
    """Puts some bytes into the block and their hash into an event."""
    state.deposit(Remarked(origin.signed(), blake2_256(remark)))


@pallet.genesis
def _version(state: State) -> None:
    LastRuntimeUpgrade[state] = _LastUpgrade(SPEC_VERSION, SPEC_NAME)
