"""What the runtime APIs return: the field order is the wire order and must not change.

Compact everywhere a client expects it; NameOfStruct and field names are those of the real chain, because
clients decode by metadata and then read by name.
"""

from subnet.devnet.pallets.subtensor.types import (
    AccountId32,
    AlphaBalance,
    AxonInfo,
    ChainIdentityV2,
    FixedI128,
    FixedU128,
    NetUid,
    PerU16,
    PrometheusInfo,
    SubnetIdentityV3,
    TaoBalance,
)
from subnet.devnet.scale import (
    BOOL,
    BYTES,
    I64,
    U8,
    U16,
    U32,
    U64,
    U128,
    Array,
    Compact,
    Enum,
    Field,
    Option,
    Struct,
    Tuple,
    Vec,
)

C16, C64 = Compact(U16), Compact(U64)
CNetUid, CPerU16 = Compact(NetUid), Compact(PerU16)
CAlpha, CTao = Compact(AlphaBalance), Compact(TaoBalance)
# Text goes as one compact number per byte here, and as plain bytes everywhere else.
COMPACT_BYTES = Vec(Compact(U8))
FixedI64 = Struct("substrate_fixed::FixedI64", [("bits", I64)])

DelegateInfo = Struct(
    "pallet_subtensor::rpc_info::delegate_info::DelegateInfo",
    [
        ("delegate_ss58", AccountId32),
        ("take", CPerU16),
        ("nominators", Vec(Tuple(AccountId32, Vec(Tuple(CNetUid, C64))))),
        ("owner_ss58", AccountId32),
        ("registrations", Vec(CNetUid)),
        ("validator_permits", Vec(CNetUid)),
        ("return_per_1000", C64),
        ("total_daily_return", C64),
    ],
)

NeuronInfoLite = Struct(
    "pallet_subtensor::rpc_info::neuron_info::NeuronInfoLite",
    [
        ("hotkey", AccountId32),
        ("coldkey", AccountId32),
        ("uid", C16),
        ("netuid", CNetUid),
        ("active", BOOL),
        ("axon_info", AxonInfo),
        ("prometheus_info", PrometheusInfo),
        ("stake", Vec(Tuple(AccountId32, CAlpha))),
        ("rank", C16),
        ("emission", CAlpha),
        ("incentive", CPerU16),
        ("consensus", CPerU16),
        ("trust", CPerU16),
        ("validator_trust", CPerU16),
        ("dividends", CPerU16),
        ("last_update", C64),
        ("validator_permit", BOOL),
        ("pruning_score", C16),
    ],
)

NeuronInfo = Struct(
    "pallet_subtensor::rpc_info::neuron_info::NeuronInfo",
    [
        ("hotkey", AccountId32),
        ("coldkey", AccountId32),
        ("uid", C16),
        ("netuid", CNetUid),
        ("active", BOOL),
        ("axon_info", AxonInfo),
        ("prometheus_info", PrometheusInfo),
        ("stake", Vec(Tuple(AccountId32, CAlpha))),
        ("rank", C16),
        ("emission", CAlpha),
        ("incentive", CPerU16),
        ("consensus", CPerU16),
        ("trust", CPerU16),
        ("validator_trust", CPerU16),
        ("dividends", CPerU16),
        ("last_update", C64),
        ("validator_permit", BOOL),
        ("weights", Vec(Tuple(C16, C16))),
        ("bonds", Vec(Tuple(C16, C16))),
        ("pruning_score", C16),
    ],
)

StakeAvailability = Struct(
    "pallet_subtensor::rpc_info::stake_info::StakeAvailability",
    [
        ("total", CAlpha),
        ("locked", CAlpha),
        ("available", CAlpha),
    ],
)

StakeInfo = Struct(
    "pallet_subtensor::rpc_info::stake_info::StakeInfo",
    [
        ("hotkey", AccountId32),
        ("coldkey", AccountId32),
        ("netuid", CNetUid),
        ("stake", CAlpha),
        ("locked", C64),
        ("emission", CAlpha),
        ("tao_emission", CTao),
        ("drain", C64),
        ("is_registered", BOOL),
    ],
)

DynamicInfo = Struct(
    "pallet_subtensor::rpc_info::dynamic_info::DynamicInfo",
    [
        ("netuid", CNetUid),
        ("owner_hotkey", AccountId32),
        ("owner_coldkey", AccountId32),
        ("subnet_name", COMPACT_BYTES),
        ("token_symbol", COMPACT_BYTES),
        ("tempo", C16),
        ("last_step", C64),
        ("blocks_since_last_step", C64),
        ("emission", C64),
        ("alpha_in", CAlpha),
        ("alpha_out", CAlpha),
        ("tao_in", CTao),
        ("alpha_out_emission", CAlpha),
        ("alpha_in_emission", CAlpha),
        ("tao_in_emission", CTao),
        ("pending_alpha_emission", CAlpha),
        ("pending_root_emission", CTao),
        ("subnet_volume", Compact(U128)),
        ("network_registered_at", C64),
        ("subnet_identity", Option(SubnetIdentityV3)),
        ("moving_price", FixedI128),
    ],
)

METAGRAPH_FIELDS: list[Field] = [
    ("netuid", CNetUid),
    ("name", COMPACT_BYTES),
    ("symbol", COMPACT_BYTES),
    ("identity", Option(SubnetIdentityV3)),
    ("network_registered_at", C64),
    ("owner_hotkey", AccountId32),
    ("owner_coldkey", AccountId32),
    ("block", C64),
    ("tempo", C16),
    ("last_step", C64),
    ("blocks_since_last_step", C64),
    ("subnet_emission", C64),
    ("alpha_in", CAlpha),
    ("alpha_out", CAlpha),
    ("tao_in", CTao),
    ("alpha_out_emission", CAlpha),
    ("alpha_in_emission", CAlpha),
    ("tao_in_emission", CTao),
    ("pending_alpha_emission", CAlpha),
    ("pending_root_emission", CTao),
    ("subnet_volume", Compact(U128)),
    ("moving_price", FixedI128),
    ("rho", C16),
    ("kappa", C16),
    ("min_allowed_weights", C16),
    ("max_weights_limit", C16),
    ("weights_version", C64),
    ("weights_rate_limit", C64),
    ("activity_cutoff", C64),
    ("max_validators", C16),
    ("num_uids", C16),
    ("max_uids", C16),
    ("burn", CTao),
    ("difficulty", C64),
    ("registration_allowed", BOOL),
    ("pow_registration_allowed", BOOL),
    ("immunity_period", C16),
    ("min_difficulty", C64),
    ("max_difficulty", C64),
    ("min_burn", CTao),
    ("max_burn", CTao),
    ("adjustment_alpha", C64),
    ("adjustment_interval", C16),
    ("target_regs_per_interval", C16),
    ("max_regs_per_block", C16),
    ("serving_rate_limit", C64),
    ("commit_reveal_weights_enabled", BOOL),
    ("commit_reveal_period", C64),
    ("liquid_alpha_enabled", BOOL),
    ("alpha_high", C16),
    ("alpha_low", C16),
    ("bonds_moving_avg", C64),
    ("hotkeys", Vec(AccountId32)),
    ("coldkeys", Vec(AccountId32)),
    ("identities", Vec(Option(ChainIdentityV2))),
    ("axons", Vec(AxonInfo)),
    ("active", Vec(BOOL)),
    ("validator_permit", Vec(BOOL)),
    ("pruning_score", Vec(C16)),
    ("last_update", Vec(C64)),
    ("emission", Vec(CAlpha)),
    ("dividends", Vec(CPerU16)),
    ("incentives", Vec(CPerU16)),
    ("consensus", Vec(CPerU16)),
    ("trust", Vec(CPerU16)),
    ("rank", Vec(C16)),
    ("block_at_registration", Vec(C64)),
    ("alpha_stake", Vec(CAlpha)),
    ("tao_stake", Vec(CTao)),
    ("total_stake", Vec(CTao)),
    ("tao_dividends_per_hotkey", Vec(Tuple(AccountId32, CTao))),
    ("alpha_dividends_per_hotkey", Vec(Tuple(AccountId32, CAlpha))),
    ("collateral_locked", Vec(CAlpha)),
    ("collateral_min", Vec(CAlpha)),
    ("collateral_earned", Vec(CAlpha)),
]
Metagraph = Struct("pallet_subtensor::rpc_info::metagraph::Metagraph", METAGRAPH_FIELDS)

# The index of a field in this list is what a caller of get_selective_metagraph asks for.
SELECTIVE_FIELDS: list[Field] = [
    *METAGRAPH_FIELDS[:-3],
    ("validators", Vec(C16)),
    ("commitments", Vec(Tuple(AccountId32, COMPACT_BYTES))),
    *METAGRAPH_FIELDS[-3:],
]
SelectiveMetagraph = Struct(
    "pallet_subtensor::rpc_info::metagraph::SelectiveMetagraph",
    [("netuid", CNetUid), *((name, Option(kind)) for name, kind in SELECTIVE_FIELDS[1:])],
)

SubnetHyperparamsV2 = Struct(
    "pallet_subtensor::rpc_info::subnet_info::SubnetHyperparamsV2",
    [
        ("rho", C16),
        ("kappa", C16),
        ("immunity_period", C16),
        ("min_allowed_weights", C16),
        ("max_weights_limit", C16),
        ("tempo", C16),
        ("min_difficulty", C64),
        ("max_difficulty", C64),
        ("weights_version", C64),
        ("weights_rate_limit", C64),
        ("adjustment_interval", C16),
        ("activity_cutoff", C64),
        ("registration_allowed", BOOL),
        ("target_regs_per_interval", C16),
        ("min_burn", CTao),
        ("max_burn", CTao),
        ("bonds_moving_avg", C64),
        ("max_regs_per_block", C16),
        ("serving_rate_limit", C64),
        ("max_validators", C16),
        ("adjustment_alpha", C64),
        ("difficulty", C64),
        ("commit_reveal_period", C64),
        ("commit_reveal_weights_enabled", BOOL),
        ("alpha_high", C16),
        ("alpha_low", C16),
        ("liquid_alpha_enabled", BOOL),
        ("alpha_sigmoid_steepness", FixedI64),
        ("yuma_version", C16),
        ("subnet_is_active", BOOL),
        ("transfers_enabled", BOOL),
        ("bonds_reset_enabled", BOOL),
        ("user_liquidity_enabled", BOOL),
    ],
)

HyperparamValue = Enum(
    "pallet_subtensor::rpc_info::subnet_info::HyperparamValue",
    [
        (0, "Bool", [(None, BOOL)]),
        (1, "U16", [(None, C16)]),
        (2, "U32", [(None, Compact(U32))]),
        (3, "U64", [(None, C64)]),
        (4, "U128", [(None, Compact(U128))]),
        (5, "TaoBalance", [(None, CTao)]),
        (6, "I32F32", [(None, FixedI64)]),
        (7, "U64F64", [(None, FixedU128)]),
    ],
)

HyperparamEntry = Struct(
    "pallet_subtensor::rpc_info::subnet_info::HyperparamEntry",
    [
        ("name", BYTES),
        ("value", HyperparamValue),
    ],
)

SubnetInfov2 = Struct(
    "pallet_subtensor::rpc_info::subnet_info::SubnetInfov2",
    [
        ("netuid", CNetUid),
        ("rho", C16),
        ("kappa", C16),
        ("difficulty", C64),
        ("immunity_period", C16),
        ("max_allowed_validators", C16),
        ("min_allowed_weights", C16),
        ("max_weights_limit", C16),
        ("scaling_law_power", C16),
        ("subnetwork_n", C16),
        ("max_allowed_uids", C16),
        ("blocks_since_last_step", C64),
        ("tempo", C16),
        ("network_modality", C16),
        ("network_connect", Vec(Array(U16, 2))),
        ("emission_value", C64),
        ("burn", CTao),
        ("owner", AccountId32),
        ("identity", Option(SubnetIdentityV3)),
    ],
)
