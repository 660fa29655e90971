"""Types of SubtensorModule and its neighbours, with the paths and field names of the real chain.

Paths matter to clients: the last segment decides how an amount is shown (TaoBalance, AlphaBalance, PerU16),
and AccountId32 is recognised by its full path. A struct of one unnamed field is its field: a NetUid is an int.
"""

from subnet.devnet import chain_types
from subnet.devnet.scale import (
    BYTES,
    I128,
    U8,
    U16,
    U32,
    U64,
    U128,
    Array,
    Compact,
    Enum,
    Option,
    Struct,
    Tuple,
    Vec,
)

# Identifiers
AccountId32 = chain_types.AccountId32
H256 = chain_types.H256
NetUid = chain_types.NetUid
H160 = Struct("primitive_types::H160", [(None, Array(U8, 20))])
NetUidStorageIndex = Struct("subtensor_runtime_common::NetUidStorageIndex", [(None, U16)])
MechId = Struct("subtensor_runtime_common::MechId", [(None, U8)])

# Amounts and ratios. FixedU128 holds U64F64 or U96F32, FixedI128 holds I96F32 or I64F64, raw bits in `bits`.
TaoBalance = chain_types.TaoBalance
AlphaBalance = chain_types.AlphaBalance
PerU16 = Struct("sp_arithmetic::per_things::PerU16", [(None, U16)])
Percent = Struct("sp_arithmetic::per_things::Percent", [(None, U8)])
FixedU128 = Struct("substrate_fixed::FixedU128", [("bits", U128)])
FixedI128 = Struct("substrate_fixed::FixedI128", [("bits", I128)])

# Collections. The bound of a BoundedVec is not part of its encoding: the calls check it.
BoundedBytes = chain_types.bounded_bytes()
NetUidSet = chain_types.sorted_set(NetUid)
NetUidRates = chain_types.sorted_map(NetUid, FixedI128)
UidWeights = Vec(Tuple(U16, U16))
Proportions = Vec(Tuple(U64, AccountId32))

# Where a neuron is reached
AxonInfo = Struct(
    "pallet_subtensor::pallet::AxonInfo",
    [
        ("block", U64),
        ("version", U32),
        ("ip", U128),
        ("port", U16),
        ("ip_type", U8),
        ("protocol", U8),
        ("placeholder1", U8),
        ("placeholder2", U8),
    ],
)
PrometheusInfo = Struct(
    "pallet_subtensor::pallet::PrometheusInfo",
    [("block", U64), ("version", U32), ("ip", U128), ("port", U16), ("ip_type", U8)],
)
NeuronCertificate = Struct(
    "pallet_subtensor::pallet::NeuronCertificate", [("public_key", BoundedBytes), ("algorithm", U8)]
)

# Who somebody says to be
CHAIN_IDENTITY_FIELDS = ("name", "url", "github_repo", "image", "discord", "description", "additional")
SUBNET_IDENTITY_FIELDS = (
    "subnet_name",
    "github_repo",
    "subnet_contact",
    "subnet_url",
    "discord",
    "description",
    "logo_url",
    "additional",
)
ChainIdentityV2 = Struct(
    "pallet_subtensor::pallet::ChainIdentityV2", [(field, BYTES) for field in CHAIN_IDENTITY_FIELDS]
)
SubnetIdentityV3 = Struct(
    "pallet_subtensor::pallet::SubnetIdentityV3", [(field, BYTES) for field in SUBNET_IDENTITY_FIELDS]
)

# Settings with names instead of numbers
RecycleOrBurn = Enum("pallet_subtensor::pallet::RecycleOrBurnEnum", [(0, "Burn", []), (1, "Recycle", [])])
EpochConsensus = Enum("pallet_subtensor::pallet::EpochConsensus", [(0, "Yuma", []), (1, "Null", [])])
ConsensusMode = Enum(
    "pallet_subtensor::pallet::ConsensusMode", [(0, "Current", []), (1, "Previous", []), (2, "Auto", [])]
)

# What an owner's rate limit is counted on
HYPERPARAMETERS = (
    "Unknown",
    "ServingRateLimit",
    "MaxDifficulty",
    "AdjustmentAlpha",
    "MaxWeightLimit",
    "ImmunityPeriod",
    "MinAllowedWeights",
    "Kappa",
    "Rho",
    "ActivityCutoff",
    "PowRegistrationAllowed",
    "MinBurn",
    "MaxBurn",
    "BondsMovingAverage",
    "BondsPenalty",
    "CommitRevealEnabled",
    "LiquidAlphaEnabled",
    "AlphaValues",
    "WeightCommitInterval",
    "TransferEnabled",
    "AlphaSigmoidSteepness",
    "Yuma3Enabled",
    "BondsResetEnabled",
    "ImmuneNeuronLimit",
    "RecycleOrBurn",
    "MaxAllowedUids",
    "BurnHalfLife",
    "BurnIncreaseMult",
    "SubnetEmissionEnabled",
    "MinChildkeyTake",
    "ActivityCutoffFactorMilli",
    "TriggerEpoch",
    "CollateralLockShare",
    "CollateralDrainRatio",
    "LiquidAlphaConsensusMode",
)
Hyperparameter = Enum(
    "pallet_subtensor::utils::rate_limiting::Hyperparameter",
    [(index, name, []) for index, name in enumerate(HYPERPARAMETERS)],
)
RateLimitKey = Enum(
    "pallet_subtensor::RateLimitKey",
    [
        (0, "SetSNOwnerHotkey", [(None, NetUid)]),
        (1, "OwnerHyperparamUpdate", [(None, NetUid), (None, Hyperparameter)]),
        (2, "NetworkLastRegistered", []),
        (3, "LastTxBlock", [(None, AccountId32)]),
        (4, "LastTxBlockChildKeyTake", [(None, AccountId32)]),
        (5, "LastTxBlockDelegateTake", [(None, AccountId32)]),
        (6, "AddStakeBurn", [(None, NetUid)]),
    ],
)

# Read by clients, never written by this chain: locks, collateral, leases, queued registrations
LockState = Struct(
    "pallet_subtensor::staking::lock::LockState",
    [("locked_mass", AlphaBalance), ("conviction", FixedU128), ("last_update", U64)],
)
MinerCollateralState = Struct(
    "pallet_subtensor::pallet::MinerCollateralState",
    [
        ("locked", AlphaBalance),
        ("drain_ratio", FixedU128),
        ("min_locked", AlphaBalance),
        ("earned", AlphaBalance),
    ],
)
SubnetLease = Struct(
    "pallet_subtensor::subnets::leasing::SubnetLease",
    [
        ("beneficiary", AccountId32),
        ("coldkey", AccountId32),
        ("hotkey", AccountId32),
        ("emissions_share", Percent),
        ("end_block", Option(U32)),
        ("netuid", NetUid),
        ("cost", TaoBalance),
    ],
)
NetworkRegistrationInfo = Struct(
    "pallet_subtensor::subnets::subnet::NetworkRegistrationInfo",
    [
        ("coldkey", AccountId32),
        ("hotkey", AccountId32),
        ("mechid", U16),
        ("identity", Option(SubnetIdentityV3)),
        ("lock_amount", TaoBalance),
        ("median_subnet_alpha_price", FixedU128),
        ("registration_block", U64),
        ("lock_id", U32),
    ],
)

# Arguments of batches
CompactNetUids = Vec(Compact(NetUid))
CompactUidWeights = Vec(Tuple(Compact(U16), Compact(U16)))
