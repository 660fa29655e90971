"""Events of the SubtensorModule pallet, with the indices and fields of the real chain."""

from typing import Any

from subnet.devnet.chain_types import DispatchErrorType
from subnet.devnet.pallets.subtensor.pallet import pallet
from subnet.devnet.pallets.subtensor.types import (
    H256,
    AccountId32,
    AlphaBalance,
    CompactNetUids,
    FixedU128,
    NetUid,
    NetUidStorageIndex,
    PerU16,
    Proportions,
    SubnetIdentityV3,
    TaoBalance,
)
from subnet.devnet.scale import BOOL, BYTES, U16, U64, Option, Type, Vec

Fields = list[tuple[str | None, Type[Any]]]


def _plain(*types: Type[Any]) -> Fields:
    return [(None, kind) for kind in types]


# Subnets
NetworkAdded = pallet.event(0, "NetworkAdded", _plain(NetUid, U16))
NetworkRemoved = pallet.event(1, "NetworkRemoved", _plain(NetUid))
SubnetIdentitySet = pallet.event(79, "SubnetIdentitySet", _plain(NetUid))
FirstEmissionBlockNumberSet = pallet.event(96, "FirstEmissionBlockNumberSet", _plain(NetUid, U64))
SymbolUpdated = pallet.event(106, "SymbolUpdated", [("netuid", NetUid), ("symbol", BYTES)])
# Never deposited: this chain registers a subnet at once and never queues it.
NetworkRegistrationQueued = pallet.event(
    141,
    "NetworkRegistrationQueued",
    [
        ("coldkey", AccountId32),
        ("hotkey", AccountId32),
        ("mechid", U16),
        ("identity", Option(SubnetIdentityV3)),
        ("lock_amount", TaoBalance),
        ("median_subnet_alpha_price", FixedU128),
        ("registration_block", U64),
    ],
)

# Neurons
NeuronRegistered = pallet.event(7, "NeuronRegistered", _plain(NetUid, U16, AccountId32))
AxonServed = pallet.event(29, "AxonServed", _plain(NetUid, AccountId32))
PrometheusServed = pallet.event(30, "PrometheusServed", _plain(NetUid, AccountId32))
ChainIdentitySet = pallet.event(78, "ChainIdentitySet", _plain(AccountId32))

# Weights
WeightsSet = pallet.event(5, "WeightsSet", _plain(NetUidStorageIndex, U16))
CRV3WeightsCommitted = pallet.event(85, "CRV3WeightsCommitted", _plain(AccountId32, NetUidStorageIndex, H256))
WeightsCommitted = pallet.event(86, "WeightsCommitted", _plain(AccountId32, NetUidStorageIndex, H256))
WeightsRevealed = pallet.event(87, "WeightsRevealed", _plain(AccountId32, NetUidStorageIndex, H256))
BatchWeightsCompleted = pallet.event(89, "BatchWeightsCompleted", _plain(CompactNetUids, AccountId32))
BatchCompletedWithErrors = pallet.event(90, "BatchCompletedWithErrors", [])
BatchWeightItemFailed = pallet.event(91, "BatchWeightItemFailed", _plain(NetUid, DispatchErrorType))
TimelockedWeightsCommitted = pallet.event(
    108, "TimelockedWeightsCommitted", _plain(AccountId32, NetUidStorageIndex, H256, U64)
)
TimelockedWeightsRevealed = pallet.event(
    109, "TimelockedWeightsRevealed", _plain(NetUidStorageIndex, AccountId32)
)

# Stake: the amounts are TAO in rao, then alpha in rao; the last number of Added and Removed is the fee
StakeAdded = pallet.event(
    2, "StakeAdded", _plain(AccountId32, AccountId32, TaoBalance, AlphaBalance, NetUid, U64)
)
StakeRemoved = pallet.event(
    3, "StakeRemoved", _plain(AccountId32, AccountId32, TaoBalance, AlphaBalance, NetUid, U64)
)
StakeMoved = pallet.event(
    4, "StakeMoved", _plain(AccountId32, AccountId32, NetUid, AccountId32, NetUid, TaoBalance)
)
StakeTransferred = pallet.event(
    92, "StakeTransferred", _plain(AccountId32, AccountId32, AccountId32, NetUid, NetUid, TaoBalance)
)
StakeSwapped = pallet.event(93, "StakeSwapped", _plain(AccountId32, AccountId32, NetUid, NetUid, TaoBalance))
AlphaRecycled = pallet.event(97, "AlphaRecycled", _plain(AccountId32, AccountId32, AlphaBalance, NetUid))
AlphaBurned = pallet.event(98, "AlphaBurned", _plain(AccountId32, AccountId32, AlphaBalance, NetUid))
AutoStakeDestinationSet = pallet.event(
    113, "AutoStakeDestinationSet", [("coldkey", AccountId32), ("netuid", NetUid), ("hotkey", AccountId32)]
)
TransactionFeePaidWithAlpha = pallet.event(
    128,
    "TransactionFeePaidWithAlpha",
    [("who", AccountId32), ("netuid", NetUid), ("alpha_fee", AlphaBalance), ("tao_amount", TaoBalance)],
)
CollateralLocked = pallet.event(
    144,
    "CollateralLocked",
    [("netuid", NetUid), ("hotkey", AccountId32), ("locked", AlphaBalance), ("total_locked", AlphaBalance)],
)

# Delegation, children, claims
DelegateAdded = pallet.event(31, "DelegateAdded", _plain(AccountId32, AccountId32, PerU16))
TakeDecreased = pallet.event(65, "TakeDecreased", _plain(AccountId32, AccountId32, PerU16))
TakeIncreased = pallet.event(66, "TakeIncreased", _plain(AccountId32, AccountId32, PerU16))
ChildKeyTakeSet = pallet.event(49, "ChildKeyTakeSet", _plain(AccountId32, PerU16))
SetChildrenScheduled = pallet.event(76, "SetChildrenScheduled", _plain(AccountId32, NetUid, U64, Proportions))
SetChildren = pallet.event(77, "SetChildren", _plain(AccountId32, NetUid, Proportions))
RootClaimed = pallet.event(115, "RootClaimed", [("coldkey", AccountId32), ("tao", TaoBalance)])

# Key swaps: those of a coldkey are never deposited, this chain has none
HotkeySwapped = pallet.event(
    67, "HotkeySwapped", [("coldkey", AccountId32), ("old_hotkey", AccountId32), ("new_hotkey", AccountId32)]
)
ColdkeySwapAnnounced = pallet.event(
    70, "ColdkeySwapAnnounced", [("who", AccountId32), ("new_coldkey_hash", H256)]
)
ColdkeySwapped = pallet.event(
    72, "ColdkeySwapped", [("old_coldkey", AccountId32), ("new_coldkey", AccountId32)]
)

# Epochs and emission
EpochTriggered = pallet.event(
    136, "EpochTriggered", [("netuid", NetUid), ("by", AccountId32), ("fires_at", U64)]
)
EpochDeferred = pallet.event(
    137, "EpochDeferred", [("netuid", NetUid), ("from_block", U64), ("to_block", U64)]
)
EpochSkipped = pallet.event(138, "EpochSkipped", [("netuid", NetUid), ("block", U64)])
IncentiveAlphaEmittedToMiners = pallet.event(
    111,
    "IncentiveAlphaEmittedToMiners",
    [("netuid", NetUidStorageIndex), ("emissions", Vec(AlphaBalance))],
)

# Settings: (netuid, value), or the value alone where it holds for the whole chain
MaxAllowedUidsSet = pallet.event(10, "MaxAllowedUidsSet", _plain(NetUid, U16))
MaxWeightLimitSet = pallet.event(11, "MaxWeightLimitSet", _plain(NetUid, U16))
RhoSet = pallet.event(17, "RhoSet", _plain(NetUid, U16))
KappaSet = pallet.event(19, "KappaSet", _plain(NetUid, U16))
MinAllowedWeightSet = pallet.event(20, "MinAllowedWeightSet", _plain(NetUid, U16))
WeightsSetRateLimitSet = pallet.event(23, "WeightsSetRateLimitSet", _plain(NetUid, U64))
ImmunityPeriodSet = pallet.event(24, "ImmunityPeriodSet", _plain(NetUid, U16))
MaxAllowedValidatorsSet = pallet.event(28, "MaxAllowedValidatorsSet", _plain(NetUid, U16))
WeightsVersionKeySet = pallet.event(33, "WeightsVersionKeySet", _plain(NetUid, U64))
ServingRateLimitSet = pallet.event(36, "ServingRateLimitSet", _plain(NetUid, U64))
BurnSet = pallet.event(37, "BurnSet", _plain(NetUid, TaoBalance))
MaxBurnSet = pallet.event(38, "MaxBurnSet", _plain(NetUid, TaoBalance))
MinBurnSet = pallet.event(39, "MinBurnSet", _plain(NetUid, TaoBalance))
RegistrationAllowed = pallet.event(51, "RegistrationAllowed", _plain(NetUid, BOOL))
TempoSet = pallet.event(53, "TempoSet", _plain(NetUid, U16))
StakeThresholdSet = pallet.event(55, "StakeThresholdSet", _plain(U64))
SubnetLimitSet = pallet.event(63, "SubnetLimitSet", _plain(U16))
CommitRevealPeriodsSet = pallet.event(101, "CommitRevealPeriodsSet", _plain(NetUid, U64))
CommitRevealEnabled = pallet.event(102, "CommitRevealEnabled", _plain(NetUid, BOOL))
