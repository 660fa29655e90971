"""What became of the names that the package `bittensor` and its companions offered."""

from subnet.porting.members import Kind
from subnet.porting.words import Replacement

_SERVER = Replacement(
    "axon", "`subnet.transport.server.Server` with `subnet.transport.listening.serving`; or run `assay miner`"
)
_CLIENT = Replacement("dendrite", "`subnet.transport.client.Client.ask_all(peers, query, seconds)`")
_WIRE = Replacement(
    "synapse",
    "`subnet.protocol.Query` and `Answer`; for a message of your own a `subnet.protocol.Wire` class",
)
_CHAIN = Replacement("subtensor", "`subnet.chain.Chain.connect(network, netuid)`, or `bt.Subtensor(network)`")
_METAGRAPH = Replacement(
    "metagraph", "`Chain.peers()` by hotkey, or `client.subnets.metagraph(netuid)`, whose neurons are objects"
)
_WALLET = Replacement("wallet", "`bt.Wallet(name, hotkey, path)`")
_KEYPAIR = Replacement("wallet", "`bt.sp_core.Keypair`")
_KEYFILE = Replacement("wallet", "`bt.keyfiles.Keyfile`; the SDK encrypts and decrypts by itself")
_MOCK = Replacement(
    "mock", "`subnet.devnet.devnet()`: a real chain in the test's process, with real transactions"
)
_MOCK_WALLET = Replacement(
    "mock",
    "`bt.Wallet(path=tmp_path)` with `create_new_hotkey(...)`, or `bt.sp_core.Keypair.create_from_uri(...)`",
)
_LOGGING = Replacement("logging", "`logging.getLogger(__name__)` of the standard library")
_LEVEL = Replacement("logging", "`logging.getLogger('bittensor').setLevel(...)`")
_CONFIG = Replacement(
    "config", "a `subnet.settings.Settings` class: flags, environment, file and help from one declaration"
)
_WEIGHTS = Replacement(
    "weights", "nothing: `Chain.prepare(hotkey, {hotkey: weight})` clips, scales and quantises"
)
_ERROR = Replacement(
    "other", "`bt.ChainError` with `bt.ErrorCode`; behind `subnet.chain` `ChainError` and `ChainBusy`"
)
_RECORD = Replacement(
    "other", "what the reads of `bt.Client` return: dataclasses of `bt.reads`, or dictionaries"
)
_SS58 = Replacement("other", "`bt.sp_core.ss58_decode` and `bt.sp_core.ss58_encode`")
_RATIO = Replacement("other", "divide by 65535 (u16) or 2**64 - 1 (u64); the SDK's reads give fractions")
_SUBMIT = Replacement("subtensor", "an intent: `client.execute(bt.SetWeights(...), wallet)` and its kin")
_GONE = Replacement("other", "gone; write it yourself if it is still needed")
_TENSOR = Replacement("synapse", "lists of numbers in a `subnet.protocol.Wire` class, with bounds")

_ROWS: tuple[tuple[Replacement, str], ...] = (
    (_SERVER, "axon Axon FastAPIThreadedServer AxonMiddleware PriorityThreadPoolExecutor"),
    (Replacement("axon", "`subnet.protocol.Peer` of `Chain.peers()`: hotkey, coldkey, address"), "AxonInfo IPInfo"),
    (Replacement("axon", "`client.execute(bt.ServePrometheus(...), wallet)`"), "prometheus PrometheusInfo"),
    (_CLIENT, "dendrite Dendrite DendriteMixin SubnetsAPI"),
    (_WIRE, "synapse Synapse StreamingSynapse BTStreamingResponseModel"),
    (
        Replacement("synapse", "`subnet.protocol.Reply` at the caller, the caller's `Hotkey` at the miner"),
        "TerminalInfo",
    ),
    (_TENSOR, "Tensor tensor cast_dtype cast_shape"),
    (
        Replacement("synapse", "refusals are HTTP answers: `subnet.transport.server.Denied`"),
        "BlacklistedException InternalServerError InvalidRequestNameError NotVerifiedException "
        "PostProcessException PriorityException RunException SynapseDendriteNoneException SynapseParsingError "
        "UnknownSynapseError",
    ),
    (
        Replacement("subtensor", "`async with bt.Subtensor(network) as client:`, or `subnet.chain.Chain.connect`"),
        "AsyncSubtensor async_subtensor get_async_subtensor SubtensorApi",
    ),
    (_METAGRAPH, "metagraph Metagraph async_metagraph AsyncMetagraph NonTorchMetagraph TorchMetagraph "
        "MetagraphInfo MetagraphInfoEmissions "
                 "MetagraphInfoParams MetagraphInfoPool SelectiveMetagraphIndex NeuronInfo NeuronInfoLite"),
    (_MOCK, "MockSubtensor mock mock_subpackage"),
    (_MOCK_WALLET, "MockWallet get_mock_wallet get_mock_coldkey get_mock_hotkey get_mock_keypair"),
    (_LOGGING, "logging btlogging"),
    (_LEVEL, "trace debug warning info turn_console_on turn_console_off"),
    (_CONFIG, "config Config DefaultConfig defaults DEFAULTS"),
    (_KEYPAIR, "Keypair keypair"),
    (_KEYFILE, "Keyfile keyfile KeyFileError serialized_keypair_to_keyfile_data "
               "deserialize_keypair_from_keyfile_data validate_password ask_password_to_encrypt "
               "keyfile_data_is_encrypted_nacl keyfile_data_is_encrypted_ansible keyfile_data_is_encrypted_legacy "
               "keyfile_data_is_encrypted keyfile_data_encryption_method legacy_encrypt_keyfile_data "
               "encrypt_keyfile_data decrypt_keyfile_data get_coldkey_password_from_environment"),
    (_WEIGHTS, "weight_utils process_weights_for_netuid process_weights normalize_max_weight "
               "convert_weights_and_uids_for_emit convert_weight_uids_and_vals_to_tensor "
               "convert_root_weight_uids_and_vals_to_tensor convert_bond_uids_and_vals_to_tensor "
               "convert_uids_and_weights convert_and_normalize_weights_and_uids generate_weight_hash "
               "convert_maybe_split_to_u16"),
    (_ERROR, "BalanceTypeError BalanceUnitMismatchError ChainConnectionError ChainQueryError ChainTransactionError "
             "DelegateTakeTooHigh DelegateTakeTooLow DelegateTxRateLimitExceeded DuplicateChild "
             "HotKeyAccountNotExists IdentityError InvalidChild MetadataError NominationError NonAssociatedColdKey "
             "NotDelegateError NotEnoughStakeToSetChildkeys NotRegisteredError ProportionOverflow RegistrationError "
             "RegistrationNotPermittedOnRootSubnet StakeError SubnetNotExists TooManyChildren TransferError "
             "TxRateLimitExceeded UnstakeError"),
    (_RECORD, "chain_data ChainIdentity ColdkeySwapDisputeInfo DelegateInfoLite DynamicInfo ProposalCallData "
              "ProposalVoteData ProxyAnnouncementInfo ProxyConstants ProxyFilterInfo ProxyInfo ProxyType "
              "ProxyTypeInfo ScheduledColdkeySwapInfo StakeInfo SubnetHyperparameters SubnetIdentity SubnetState "
              "WeightCommitInfo ExtrinsicResponse"),
    (_SS58, "__ss58_format__ ss58_to_vec_u8 ss58_address_to_bytes is_valid_ss58_address"),
    (_RATIO, "u16_normalized_float u64_normalized_float U16_MAX U64_MAX"),
    (_SUBMIT, "extrinsics extrinsics_subpackage pallets"),
    (Replacement("subtensor", "`client.block_time()`, or `Chain.block_seconds()`"), "BLOCKTIME __blocktime__"),
    (Replacement("axon", "`--external-ip` of `assay miner`; an address is told, not guessed"), "networking "
     "get_external_ip"),
    (_GONE, "strtobool get_hash get_explorer_url_for_network version_checking use_torch torch_utils "
            "__version_as_int__ version_as_int"),
)  # fmt: skip

NAMES: dict[str, Replacement] = {name: use for use, names in _ROWS for name in names.split()}
"""A name of the old package, or of one of its modules -> what replaces it."""

WEIGHT_FUNCTIONS = frozenset(name for name, use in NAMES.items() if use is _WEIGHTS) - {"weight_utils"}
"""Functions that code bases copied into modules of their own; their calls are old wherever they come from."""

ELSEWHERE = Replacement(
    "other", "gone; `bt.reads`, `bt.intents` and `bt.calls` are the ways to the chain now"
)
"""What is said of a name of the old package that nobody listed."""

KINDS: dict[str, Kind] = {
    "subtensor": "subtensor",
    "Subtensor": "subtensor",
    "AsyncSubtensor": "subtensor",
    "async_subtensor": "subtensor",
    "get_async_subtensor": "subtensor",
    "SubtensorApi": "subtensor",
    "MockSubtensor": "mock",
    "metagraph": "metagraph",
    "Metagraph": "metagraph",
    "AsyncMetagraph": "metagraph",
    "NonTorchMetagraph": "metagraph",
    "TorchMetagraph": "metagraph",
    "axon": "axon",
    "Axon": "axon",
    "AxonInfo": "axon",
    "dendrite": "dendrite",
    "Dendrite": "dendrite",
    "synapse": "synapse",
    "Synapse": "synapse",
    "StreamingSynapse": "synapse",
    "TerminalInfo": "terminal",
    "wallet": "wallet",
    "Wallet": "wallet",
    "MockWallet": "wallet",
    "config": "config",
    "Config": "config",
    "NeuronInfo": "neuron",
    "NeuronInfoLite": "neuron",
    "Balance": "balance",
}
"""Names that make or are one of the old classes."""

CHANGED = frozenset(("metagraph", "Metagraph", "config"))
"""Names that SDK 11 has too, for something else: two modules and a record that cannot be made from a netuid."""

OLD_MODULES = frozenset(("api", "constants", "core", "extras", "subnets", "utils"))
"""Modules of the old package; as text, `bittensor.core` is a path and `bittensor.com` is not."""

COMPANIONS = {
    "bittensor_wallet": _WALLET,
    "bittensor_cli": Replacement("dependency", "`btcli` comes with the SDK: `bittensor.cli`"),
    "bittensor_drand": Replacement("dependency", "`bt.timelock`, `bt.SetWeights`"),
    "bittensor_commit_reveal": Replacement("dependency", "`bt.timelock`, `bt.SetWeights`"),
    "async_substrate_interface": Replacement("dependency", "`bt.Client`; the SDK brings its own transport"),
    "substrateinterface": Replacement(
        "dependency", "`bt.sp_core.Keypair` for keys, `bt.Client` for the chain; SDK 11 does not install it"
    ),
}
"""Packages that came with the old SDK and do not come with SDK 11."""
