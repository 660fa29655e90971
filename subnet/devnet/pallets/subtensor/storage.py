"""Storage of the SubtensorModule pallet, by theme: names, hashers, types and defaults of the real chain.

A default is what an absent key reads as. Several defaults are no usable subnet (1024 weights at least,
commit-reveal on): registry.register_network writes the values a new subnet starts with.
Amounts are rao of TAO or of alpha, periods are blocks, ratios are parts of 65535, unless said otherwise.
"""

from typing import TypeVar

from subnet.devnet.pallets.subtensor.pallet import pallet
from subnet.devnet.pallets.subtensor.types import (
    H160,
    H256,
    AccountId32,
    AlphaBalance,
    AxonInfo,
    BoundedBytes,
    ChainIdentityV2,
    ConsensusMode,
    EpochConsensus,
    FixedI128,
    FixedU128,
    LockState,
    MechId,
    MinerCollateralState,
    NetUid,
    NetUidRates,
    NetUidStorageIndex,
    NetworkRegistrationInfo,
    NeuronCertificate,
    PerU16,
    PrometheusInfo,
    Proportions,
    RateLimitKey,
    SubnetIdentityV3,
    SubnetLease,
    TaoBalance,
    UidWeights,
)
from subnet.devnet.pallets.subtensor.types import (
    RecycleOrBurn as RecycleOrBurnEnum,
)
from subnet.devnet.scale import BOOL, BYTES, I16, U8, U16, U32, U64, U128, Tuple, Type, Variant, Vec
from subnet.devnet.storage import StorageMap

value, map_ = pallet.value, pallet.map

V = TypeVar("V")

NOBODY = bytes(32)
RAO_PER_TAO = 10**9

NETUID = ("Identity", NetUid)
NETUID_TWOX = ("Twox64Concat", NetUid)
NETUID_BLAKE = ("Blake2_128Concat", NetUid)
INDEX = ("Identity", NetUidStorageIndex)
INDEX_TWOX = ("Twox64Concat", NetUidStorageIndex)
UID = ("Identity", U16)
ACCOUNT = ("Blake2_128Concat", AccountId32)
ACCOUNT_TWOX = ("Twox64Concat", AccountId32)


def _per_subnet(name: str, kind: Type[V], default: V) -> StorageMap[V]:
    return map_(name, key=[NETUID], value=kind, default=default)


# Subnets: which exist, since when, whose
NetworksAdded = _per_subnet("NetworksAdded", BOOL, False)
TotalNetworks = value("TotalNetworks", U16, default=0)
SubnetLimit = value("SubnetLimit", U16, default=128)
SubnetMechanism = _per_subnet("SubnetMechanism", U16, 0)
SubnetOwner = _per_subnet("SubnetOwner", AccountId32, NOBODY)
SubnetOwnerHotkey = _per_subnet("SubnetOwnerHotkey", AccountId32, NOBODY)
SubnetLocked = _per_subnet("SubnetLocked", TaoBalance, 0)
NetworkRegisteredAt = _per_subnet("NetworkRegisteredAt", U64, 0)
NetworkImmunityPeriod = value("NetworkImmunityPeriod", U64, default=1_296_000)
FirstEmissionBlockNumber = map_("FirstEmissionBlockNumber", key=[NETUID], value=U64)
SubtokenEnabled = _per_subnet("SubtokenEnabled", BOOL, False)
SubnetEmissionEnabled = _per_subnet("SubnetEmissionEnabled", BOOL, True)
TokenSymbol = _per_subnet("TokenSymbol", BYTES, "𝜏".encode())
SubnetIdentitiesV3 = map_("SubnetIdentitiesV3", key=[NETUID_BLAKE], value=SubnetIdentityV3)
SubnetEpochConsensus = _per_subnet("SubnetEpochConsensus", EpochConsensus, Variant("Yuma"))

# Price of a new subnet (rules 3.2); the block of the last one is LastRateLimitedBlock[NetworkLastRegistered]
NetworkLastLockCost = value("NetworkLastLockCost", TaoBalance, default=1000 * RAO_PER_TAO)
NetworkMinLockCost = value("NetworkMinLockCost", TaoBalance, default=1000 * RAO_PER_TAO)
NetworkLockReductionInterval = value("NetworkLockReductionInterval", U64, default=100_800)
NetworkRateLimit = value("NetworkRateLimit", U64, default=7200)
NetworkRegistrationStartBlock = value("NetworkRegistrationStartBlock", U64, default=0)
NetworkRegistrationQueue = value("NetworkRegistrationQueue", Vec(NetworkRegistrationInfo), default=())
StartCallDelay = value("StartCallDelay", U64, default=0)

# Mechanisms of a subnet (rules 3.6)
MaxMechanismCount = value("MaxMechanismCount", MechId, default=2)
MechanismCountCurrent = map_("MechanismCountCurrent", key=[NETUID_TWOX], value=MechId, default=1)
MechanismEmissionSplit = map_("MechanismEmissionSplit", key=[NETUID_TWOX], value=Vec(U16))

# Seats
SubnetworkN = _per_subnet("SubnetworkN", U16, 0)
MinAllowedUids = _per_subnet("MinAllowedUids", U16, 64)
MaxAllowedUids = _per_subnet("MaxAllowedUids", U16, 256)
MaxAllowedValidators = _per_subnet("MaxAllowedValidators", U16, 128)
ImmunityPeriod = _per_subnet("ImmunityPeriod", U16, 4096)
ImmuneOwnerUidsLimit = _per_subnet("ImmuneOwnerUidsLimit", U16, 1)
MinNonImmuneUids = _per_subnet("MinNonImmuneUids", U16, 10)
Uids = map_("Uids", key=[NETUID, ACCOUNT], value=U16)
Keys = map_("Keys", key=[NETUID, UID], value=AccountId32, default=NOBODY)
IsNetworkMember = map_("IsNetworkMember", key=[ACCOUNT, NETUID], value=BOOL, default=False)
BlockAtRegistration = map_("BlockAtRegistration", key=[NETUID, UID], value=U64, default=0)

# Price and number of registrations (rules 4)
NetworkRegistrationAllowed = _per_subnet("NetworkRegistrationAllowed", BOOL, True)
NetworkPowRegistrationAllowed = _per_subnet("NetworkPowRegistrationAllowed", BOOL, True)
Burn = _per_subnet("Burn", TaoBalance, RAO_PER_TAO // 10)
MinBurn = _per_subnet("MinBurn", TaoBalance, 500_000)
MaxBurn = _per_subnet("MaxBurn", TaoBalance, 100 * RAO_PER_TAO)
BurnHalfLife = _per_subnet("BurnHalfLife", U16, 360)
# 1.26 with 64 fraction bits, as the real chain's default has it
BurnIncreaseMult = _per_subnet("BurnIncreaseMult", FixedU128, FixedU128(0x1_428F_5C28_F5C2_9000))
RegistrationsThisBlock = _per_subnet("RegistrationsThisBlock", U16, 0)
RegistrationsThisInterval = _per_subnet("RegistrationsThisInterval", U16, 0)
MaxRegistrationsPerBlock = _per_subnet("MaxRegistrationsPerBlock", U16, 1)
TargetRegistrationsPerInterval = _per_subnet("TargetRegistrationsPerInterval", U16, 2)
RAORecycledForRegistration = _per_subnet("RAORecycledForRegistration", TaoBalance, 0)
# Kept for clients that read them; proof-of-work registration is gone
Difficulty = _per_subnet("Difficulty", U64, 10_000_000)
MinDifficulty = _per_subnet("MinDifficulty", U64, 10_000_000)
MaxDifficulty = _per_subnet("MaxDifficulty", U64, 2**62 - 1)
AdjustmentAlpha = _per_subnet("AdjustmentAlpha", U64, 0)
AdjustmentInterval = _per_subnet("AdjustmentInterval", U16, 100)

# Keys and accounts
Owner = map_("Owner", key=[ACCOUNT], value=AccountId32, default=NOBODY)
OwnedHotkeys = map_("OwnedHotkeys", key=[ACCOUNT], value=Vec(AccountId32), default=())
AccountFlags = map_("AccountFlags", key=[ACCOUNT], value=U128, default=0)
IdentitiesV2 = map_("IdentitiesV2", key=[ACCOUNT], value=ChainIdentityV2)
AssociatedEvmAddress = map_(
    "AssociatedEvmAddress", key=[NETUID_TWOX, ("Twox64Concat", U16)], value=Tuple(H160, U64)
)
ColdkeySwapAnnouncements = map_("ColdkeySwapAnnouncements", key=[ACCOUNT_TWOX], value=Tuple(U32, H256))
ColdkeySwapDisputes = map_("ColdkeySwapDisputes", key=[ACCOUNT_TWOX], value=U32)

# Rate limits
TxRateLimit = value("TxRateLimit", U64, default=1000)
OwnerHyperparamRateLimit = value("OwnerHyperparamRateLimit", U16, default=2)  # tempos
AdminFreezeWindow = value("AdminFreezeWindow", U16, default=10)
LastRateLimitedBlock = map_("LastRateLimitedBlock", key=[("Identity", RateLimitKey)], value=U64, default=0)
LastTxBlock = map_("LastTxBlock", key=[("Identity", AccountId32)], value=U64, default=0)
TxDelegateTakeRateLimit = value("TxDelegateTakeRateLimit", U64, default=216_000)
# When a coldkey last swapped a hotkey on a subnet
LastHotkeySwapOnNetuid = map_("LastHotkeySwapOnNetuid", key=[NETUID, ACCOUNT], value=U64, default=0)
# Rate limits of single actions: account, subnet, number of the action
TransactionKeyLastBlock = map_(
    "TransactionKeyLastBlock", key=[ACCOUNT, NETUID, ("Identity", U16)], value=U64, default=0
)

# Where neurons are reached (rules 6)
Axons = map_("Axons", key=[NETUID, ACCOUNT], value=AxonInfo)
NeuronCertificates = map_("NeuronCertificates", key=[NETUID, ACCOUNT], value=NeuronCertificate)
Prometheus = map_("Prometheus", key=[NETUID, ACCOUNT], value=PrometheusInfo)
ServingRateLimit = _per_subnet("ServingRateLimit", U64, 50)

# Weights and commits (rules 7); an index is mechanism x 4096 + netuid
Weights = map_("Weights", key=[INDEX, UID], value=UidWeights, default=())
WeightsVersionKey = _per_subnet("WeightsVersionKey", U64, 0)
WeightsSetRateLimit = _per_subnet("WeightsSetRateLimit", U64, 100)
MinAllowedWeights = _per_subnet("MinAllowedWeights", U16, 1024)
MaxWeightsLimit = _per_subnet("MaxWeightsLimit", U16, 65535)
StakeThreshold = value("StakeThreshold", U64, default=0)
CommitRevealWeightsEnabled = _per_subnet("CommitRevealWeightsEnabled", BOOL, True)
CommitRevealWeightsVersion = value("CommitRevealWeightsVersion", U16, default=4)
RevealPeriodEpochs = map_("RevealPeriodEpochs", key=[NETUID_TWOX], value=U64, default=1)
# (hash, epoch, block, unused) in the order committed
WeightCommits = map_("WeightCommits", key=[INDEX_TWOX, ACCOUNT_TWOX], value=Vec(Tuple(H256, U64, U64, U64)))
# by index and epoch: (hotkey, block, ciphertext, drand round)
TimelockedWeightCommits = map_(
    "TimelockedWeightCommits",
    key=[INDEX_TWOX, ("Twox64Concat", U64)],
    value=Vec(Tuple(AccountId32, U64, BoundedBytes, U64)),
    default=(),
)

# Epoch: when (rules 1.3)
Tempo = _per_subnet("Tempo", U16, 10)
LastEpochBlock = _per_subnet("LastEpochBlock", U64, 0)
PendingEpochAt = _per_subnet("PendingEpochAt", U64, 0)
SubnetEpochIndex = _per_subnet("SubnetEpochIndex", U64, 0)
BlocksSinceLastStep = _per_subnet("BlocksSinceLastStep", U64, 0)
LastMechansimStepBlock = _per_subnet("LastMechansimStepBlock", U64, 0)  # the chain's spelling
MaxEpochsPerBlock = value("MaxEpochsPerBlock", U8, default=32)

# Epoch: how (rules 10)
Rho = _per_subnet("Rho", U16, 10)
Kappa = _per_subnet("Kappa", U16, 32767)
ActivityCutoff = _per_subnet("ActivityCutoff", U16, 5000)
ActivityCutoffFactorMilli = _per_subnet("ActivityCutoffFactorMilli", U32, 13889)  # thousandths of a tempo
BondsMovingAverage = _per_subnet("BondsMovingAverage", U64, 900_000)  # millionths
BondsPenalty = _per_subnet("BondsPenalty", U16, 65535)
BondsResetOn = _per_subnet("BondsResetOn", BOOL, False)
Yuma3On = map_("Yuma3On", key=[NETUID_BLAKE], value=BOOL, default=False)
LiquidAlphaOn = map_("LiquidAlphaOn", key=[NETUID_BLAKE], value=BOOL, default=False)
LiquidAlphaConsensusMode = _per_subnet("LiquidAlphaConsensusMode", ConsensusMode, Variant("Auto"))
AlphaValues = _per_subnet("AlphaValues", Tuple(U16, U16), (45875, 58982))  # low, high
AlphaSigmoidSteepness = _per_subnet("AlphaSigmoidSteepness", I16, 1000)

# Epoch: results, one entry per uid
Active = _per_subnet("Active", Vec(BOOL), ())
Emission = _per_subnet("Emission", Vec(AlphaBalance), ())
Consensus = _per_subnet("Consensus", Vec(PerU16), ())
Dividends = _per_subnet("Dividends", Vec(PerU16), ())
ValidatorTrust = _per_subnet("ValidatorTrust", Vec(PerU16), ())
ValidatorPermit = _per_subnet("ValidatorPermit", Vec(BOOL), ())
StakeWeight = _per_subnet("StakeWeight", Vec(U16), ())
ConsensusByMechanism = map_("ConsensusByMechanism", key=[INDEX], value=Vec(PerU16), default=())
Incentive = map_("Incentive", key=[INDEX], value=Vec(PerU16), default=())
LastUpdate = map_("LastUpdate", key=[INDEX], value=Vec(U64), default=())
Bonds = map_("Bonds", key=[INDEX, UID], value=UidWeights, default=())
LoadedEmission = map_("LoadedEmission", key=[NETUID], value=Vec(Tuple(AccountId32, U64, U64)))

# Stake (rules 5): pool, totals, shares
SubnetTAO = _per_subnet("SubnetTAO", TaoBalance, 0)
SubnetAlphaIn = _per_subnet("SubnetAlphaIn", AlphaBalance, 0)
SubnetAlphaOut = _per_subnet("SubnetAlphaOut", AlphaBalance, 0)
SubnetProtocolAlpha = _per_subnet("SubnetProtocolAlpha", AlphaBalance, 0)
SubnetVolume = _per_subnet("SubnetVolume", U128, 0)
TotalIssuance = value("TotalIssuance", TaoBalance, default=0)
TotalStake = value("TotalStake", TaoBalance, default=0)
TotalAlphaStaked = _per_subnet("TotalAlphaStaked", AlphaBalance, 0)
TotalHotkeyAlpha = map_("TotalHotkeyAlpha", key=[ACCOUNT, NETUID], value=AlphaBalance, default=0)
# A share is U64F64: hotkey, subnet -> all shares; hotkey, coldkey, subnet -> one holder's
TotalHotkeyShares = map_("TotalHotkeyShares", key=[ACCOUNT, NETUID], value=FixedU128, default=FixedU128(0))
Alpha = map_("Alpha", key=[ACCOUNT, ACCOUNT, NETUID], value=FixedU128, default=FixedU128(0))
StakingHotkeys = map_("StakingHotkeys", key=[ACCOUNT], value=Vec(AccountId32), default=())
AutoStakeDestination = map_("AutoStakeDestination", key=[ACCOUNT, NETUID], value=AccountId32)
NominatorMinRequiredStake = value("NominatorMinRequiredStake", U64, default=0)
TransferToggle = _per_subnet("TransferToggle", BOOL, True)
TaoWeight = value("TaoWeight", U64, default=971_718_665_099_567_868)  # parts of 2^64

# Take and child keys
Delegates = map_("Delegates", key=[ACCOUNT], value=PerU16, default=11796)
MaxDelegateTake = value("MaxDelegateTake", PerU16, default=11796)
MinDelegateTake = value("MinDelegateTake", PerU16, default=0)
ChildkeyTake = map_("ChildkeyTake", key=[ACCOUNT, NETUID], value=PerU16, default=0)
MinChildkeyTakePerSubnet = _per_subnet("MinChildkeyTakePerSubnet", PerU16, 0)
ChildkeyThresholdSuspended = map_("ChildkeyThresholdSuspended", key=[ACCOUNT], value=Tuple())
ChildKeys = map_("ChildKeys", key=[ACCOUNT, NETUID], value=Proportions, default=())
ParentKeys = map_("ParentKeys", key=[ACCOUNT, NETUID], value=Proportions, default=())
PendingChildKeys = map_(
    "PendingChildKeys", key=[NETUID, ACCOUNT], value=Tuple(Proportions, U64), default=((), 0)
)
PendingChildKeyCooldown = value("PendingChildKeyCooldown", U64, default=15)
AutoParentDelegationEnabled = map_("AutoParentDelegationEnabled", key=[ACCOUNT], value=BOOL, default=True)

# Emission (rules 8)
BlockEmission = value("BlockEmission", U64, default=RAO_PER_TAO)
SubnetOwnerCut = value("SubnetOwnerCut", U16, default=11796)
OwnerCutEnabled = _per_subnet("OwnerCutEnabled", BOOL, True)
OwnerCutAutoLockEnabled = _per_subnet("OwnerCutAutoLockEnabled", BOOL, False)
RecycleOrBurn = _per_subnet("RecycleOrBurn", RecycleOrBurnEnum, Variant("Burn"))
MinerBurned = _per_subnet("MinerBurned", FixedU128, FixedU128(0))
PendingServerEmission = _per_subnet("PendingServerEmission", AlphaBalance, 0)
PendingValidatorEmission = _per_subnet("PendingValidatorEmission", AlphaBalance, 0)
PendingRootAlphaDivs = _per_subnet("PendingRootAlphaDivs", AlphaBalance, 0)
PendingOwnerCut = _per_subnet("PendingOwnerCut", AlphaBalance, 0)
SubnetAlphaInEmission = _per_subnet("SubnetAlphaInEmission", AlphaBalance, 0)
SubnetAlphaOutEmission = _per_subnet("SubnetAlphaOutEmission", AlphaBalance, 0)
SubnetTaoInEmission = _per_subnet("SubnetTaoInEmission", TaoBalance, 0)
SubnetMovingAlpha = value("SubnetMovingAlpha", FixedI128, default=FixedI128(12885))  # 0.000003 x 2^32
SubnetMovingPrice = _per_subnet("SubnetMovingPrice", FixedI128, FixedI128(0))
SubnetEmaTaoFlow = map_("SubnetEmaTaoFlow", key=[NETUID], value=Tuple(U64, FixedI128))
EMAPriceHalvingBlocks = _per_subnet("EMAPriceHalvingBlocks", U64, 201_600)
RootProp = _per_subnet("RootProp", FixedU128, FixedU128(0))

# Dividends of the last epoch, and what root stakers may claim
AlphaDividendsPerSubnet = map_(
    "AlphaDividendsPerSubnet", key=[NETUID, ACCOUNT], value=AlphaBalance, default=0
)
RootAlphaDividendsPerSubnet = map_(
    "RootAlphaDividendsPerSubnet", key=[NETUID, ACCOUNT], value=AlphaBalance, default=0
)
RootClaimable = map_("RootClaimable", key=[ACCOUNT], value=NetUidRates, default=())
RootClaimableThreshold = map_(
    "RootClaimableThreshold", key=[NETUID_BLAKE], value=FixedI128, default=FixedI128(500_000 << 32)
)
RootClaimed = map_("RootClaimed", key=[NETUID, ACCOUNT, ACCOUNT], value=U128, default=0)
BasketRate = map_("BasketRate", key=[ACCOUNT], value=FixedI128, default=FixedI128(0))

# Read by clients, never written here: collateral, locks, leases
CollateralLockShare = _per_subnet("CollateralLockShare", U16, 0)
CollateralDrainRatio = _per_subnet("CollateralDrainRatio", FixedU128, FixedU128(1 << 64))
MinerCollateral = map_("MinerCollateral", key=[NETUID, ACCOUNT, ACCOUNT], value=MinerCollateralState)
Lock = map_("Lock", key=[ACCOUNT, NETUID, ACCOUNT], value=LockState)
LockingColdkeys = map_("LockingColdkeys", key=[NETUID, ACCOUNT, ACCOUNT], value=Tuple())
HotkeyLock = map_("HotkeyLock", key=[NETUID, ACCOUNT], value=LockState)
DecayingHotkeyLock = map_("DecayingHotkeyLock", key=[NETUID, ACCOUNT], value=LockState)
OwnerLock = map_("OwnerLock", key=[NETUID], value=LockState)
DecayingOwnerLock = map_("DecayingOwnerLock", key=[NETUID], value=LockState)
MaturityRate = value("MaturityRate", U64, default=934_866)
UnlockRate = value("UnlockRate", U64, default=934_866)
SubnetLeases = map_("SubnetLeases", key=[("Twox64Concat", U32)], value=SubnetLease)

InitialStartCallDelay = pallet.constant("InitialStartCallDelay", U64, 0)
