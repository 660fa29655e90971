"""What became of the members of the old classes, by the kind of object they were called on."""

from subnet.porting.subtensor_calls import SUBTENSOR
from subnet.porting.words import Replacement

Kind = str
"""What an object is: a key of `MEMBERS`."""

_PER_NEURON = "of each neuron: `[n.{0} for n in client.subnets.metagraph(netuid).neurons]`"
_PEER = "`Chain.peers()` has it by hotkey"
_SETTINGS = "a field of a `subnet.settings.Settings` class; Assay's neurons take the old flags as they are"
_CALLER = "the `Hotkey` that `subnet.transport.server.Server` hands to the answering function"
_REPLY = "`subnet.protocol.Reply`: `answer`, `failure`, `seconds`"
_SERVER = "`subnet.transport.server.Server` with `subnet.transport.listening.serving`; or run `assay miner`"
_KEYS = "`bt.Wallet(name, hotkey, path)`"


def _rows(area: str, text: str) -> dict[str, Replacement]:
    """`use: name name ...` lines as a table."""
    table: dict[str, Replacement] = {}
    for line in text.strip().splitlines():
        use, names = line.strip().rsplit(" <- ", 1)
        table |= {name: Replacement(area, use) for name in names.split()}  # type: ignore[arg-type]
    return table


METAGRAPH = _rows(
    "metagraph",
    f"""
    `stake` of `subnet.protocol.Peer`, or `total_stake` {_PER_NEURON.format("total_stake")} <- S stake total_stake
    {_PER_NEURON.format("alpha_stake")} <- AS alpha_stake
    {_PER_NEURON.format("tao_stake")} <- TS tao_stake
    {_PER_NEURON.format("incentive")}; {_PEER} <- I incentive
    {_PER_NEURON.format("emission")}; {_PEER} <- E emission emissions
    {_PER_NEURON.format("consensus")} <- C consensus
    {_PER_NEURON.format("dividends")}; {_PEER} <- D dividends
    {_PER_NEURON.format("rank")} <- R ranks
    {_PER_NEURON.format("trust")} <- T trust
    gone; `consensus` and `dividends` of a neuron tell how a validator stands <- Tv validator_trust
    `client.weights.weights(...)`, or `Chain.stored_weights(hotkey)` <- W weights
    `client.weights.bonds(...)` <- B bonds
    `num_uids`, or `len(await Chain.peers())` <- n
    {_PER_NEURON.format("uid")}; Assay keys everything by hotkey <- uids
    {_PER_NEURON.format("axon")}, an "ip:port"; `Peer.address` in Assay <- axons addresses
    {_PER_NEURON.format("active")} <- active
    {_PER_NEURON.format("last_update")}; {_PEER} <- last_update
    {_PER_NEURON.format("validator_permit")}; {_PEER} <- validator_permit
    {_PER_NEURON.format("block_at_registration")}; {_PEER} <- block_at_registration
    {_PER_NEURON.format("pruning_score")} <- pruning_score
    {_PER_NEURON.format("identity")} <- identities
    read it anew: `client.subnets.metagraph(netuid)`, or `Chain.peers()` <- sync should_sync
    Assay keeps scores in a ledger by hotkey, not beside a metagraph <- save load load_from_path state_dict
    the reads of `client` at one block: `client.at(block)` <- lite subtensor network chain_endpoint
    `client.subnets.subnet_hyperparameters(...)` <- hparams
    `raw` holds every field that has no attribute of its own <- metadata version pool emissions_split
    `client.subnets.mechanism_count(...)` <- mechanism_count
    `client.subnets.mechanism_emission_split(...)` <- mechanisms_emissions_split
    `raw` holds every field that has no attribute of its own <- alpha_dividends_per_hotkey tao_dividends_per_hotkey
    """,
)

TERMINAL = _rows(
    "synapse",
    f"""
    {_CALLER} <- hotkey
    {_REPLY} <- status_code status_message process_time
    signed headers: the SDK's `bt.http_auth`; `subnet.transport.signing` <- nonce signature uuid version
    `Peer.address` of `Chain.peers()` <- ip port
    """,
)

AXON = TERMINAL | _rows(
    "axon",
    f"""
    {_SERVER}; who is served says `subnet.miner.policy.Policy` <- attach forward_fns forward_class_types
    `subnet.miner.policy.Policy` says who is served <- blacklist_fns default_verify verify_fns
    `subnet.transport.desk.Limits`: fair shares instead of priorities <- priority_fns thread_pool
    {_SERVER} <- start stop started app router middleware_cls fast_server fast_config verify_body_integrity nonces
    `Chain.serve(wallet, address)`, or `client.execute(bt.ServeAxon(...), wallet)` <- serve
    {_SETTINGS} <- add_args check_config config help
    `--port`, `--external-ip` and `--external-port` of `assay miner` <- external_ip external_port full_address
    `Peer` of `Chain.peers()`: hotkey, coldkey, address <- hotkey ip port coldkey info to_string
    `Peer` of `Chain.peers()`: hotkey, coldkey, address <- from_string ip_str ip_type
    `Peer.address` is None when nothing is published <- is_serving
    `Peer` of `Chain.peers()` <- protocol from_neuron_info from_parameter_dict to_parameter_dict wallet
    nothing: they were never used <- placeholder1 placeholder2
    """,
)

DENDRITE = TERMINAL | _rows(
    "dendrite",
    """
    `subnet.transport.client.Client.ask_all(peers, query, seconds)` <- query aquery forward call call_stream
    `async with subnet.transport.client.Client(keypair)` closes itself <- close_session aclose_session session
    `subnet.transport.client.Client` signs what it sends <- keypair preprocess_synapse_for_request
    `subnet.protocol.Reply` with a `failure` word <- process_error_message process_server_response log_exception
    rounds are kept in the ledger and, with `--record`, in a folder <- synapse_history
    `--external-ip` of `assay miner` <- external_ip
    """,
)

SYNAPSE = _rows(
    "synapse",
    f"""
    {_CALLER} <- dendrite
    {_REPLY} <- axon is_success is_failure is_timeout is_blacklist failed_verification
    `seconds` of `subnet.protocol.Query` <- timeout
    `text` of `subnet.protocol.Answer` <- deserialize extract_response_json process_streaming_response
    the class of a wire message is `subnet.protocol.Wire`; its bytes are signed <- body_hash computed_body_hash
    bounds stand in `subnet.protocol` <- total_size header_size get_total_size required_hash_fields
    the body is JSON, the headers hold the signature alone <- to_headers from_headers parse_headers_to_inputs
    the body is JSON, the headers hold the signature alone <- get_required_fields set_name_type
    a miner's backend streams; see `subnet.miner.backends` <- create_streaming_response token_streamer
    """,
)

MOCK = SUBTENSOR | _rows(
    "mock",
    """
    `subnet.devnet.devnet()`: registrations are real transactions, `bt.BurnedRegister` <- force_register_neuron
    `subnet.devnet.devnet()`: a real subnet, `bt.RegisterSubnet` <- create_subnet setup reset
    `subnet.devnet.devnet()`: `await chain.advance(blocks)` <- do_block_step block_number
    `subnet.devnet.devnet()`: `bt.Transfer` from a funded account <- force_set_balance sudo_force_set_balance
    `subnet.devnet.devnet()`: `node.state` <- chain_state set_difficulty
    `subnet.devnet.devnet()` executes the real calls <- do_serve_axon do_serve_prometheus do_set_weights do_transfer
    """,
)

WALLET = _rows(
    "wallet",
    f"""
    {_SETTINGS} <- add_args config help
    `create_new_coldkey()` and `create_new_hotkey()` <- create create_if_non_existent recreate new_coldkey new_hotkey
    `bt.sp_core.Keypair.create_from_uri(uri)` <- create_coldkey_from_uri create_hotkey_from_uri
    `regenerate_coldkey(...)`, `regenerate_hotkey(...)` and `regenerate_coldkeypub(...)` <- regen_coldkey regen_hotkey
    `regenerate_coldkey(...)`, `regenerate_hotkey(...)` and `regenerate_coldkeypub(...)` <- regen_coldkeypub
    the properties `coldkeypub` and `hotkeypub` <- get_coldkeypub get_hotkeypub
    `regenerate_coldkey(...)` and `regenerate_hotkey(...)` write keys <- set_coldkey set_coldkeypub set_hotkey
    `regenerate_hotkey(...)` writes keys <- set_hotkeypub
    `coldkey_file` and `hotkey_file` hold a `bt.keyfiles.Keyfile` <- create_hotkey_file create_coldkey_file
    """,
)

CONFIG = _rows("config", f"{_SETTINGS} <- subtensor wallet axon logging merge is_set add_args")
NEURON = _rows(
    "metagraph",
    f"""
    `axon` of a neuron is an "ip:port"; `Peer.address` in Assay <- axon_info
    gone: nobody reads it <- prometheus_info stake_dict is_null get_null_neuron
    `consensus` and `dividends` of a neuron tell how a validator stands <- validator_trust
    {_PEER}; SDK 11: `total_stake` <- stake
    """,
)
BALANCE = _rows(
    "balance",
    """
    `bt.Balance.from_tao(...)` or `bt.Balance.from_alpha(...)` <- from_float
    a `bt.Balance` is made with its subnet: `bt.Balance.from_rao(...)` <- set_unit get_unit rao_unit
    """,
)

NUMBER = _rows("metagraph", "an `int` already <- item")

MEMBERS: dict[Kind, dict[str, Replacement]] = {
    "subtensor": SUBTENSOR,
    "mock": MOCK,
    "metagraph": METAGRAPH,
    "axon": AXON,
    "dendrite": DENDRITE,
    "synapse": SYNAPSE,
    "terminal": TERMINAL,
    "wallet": WALLET,
    "config": CONFIG,
    "neuron": NEURON,
    "balance": BALANCE,
    "number": NUMBER,
}

SAME_NAME = {"subtensor": frozenset(("neurons", "weights")), "mock": frozenset(("neurons", "weights"))}
"""Methods whose names are namespaces in SDK 11: old only where nothing follows the name."""

GIVES: dict[tuple[Kind, str], Kind] = {
    ("subtensor", "metagraph"): "metagraph",
    ("mock", "metagraph"): "metagraph",
    ("metagraph", "axons"): "axon",
    ("metagraph", "block"): "number",
    ("synapse", "dendrite"): "terminal",
    ("synapse", "axon"): "terminal",
    ("neuron", "axon_info"): "axon",
}
"""What a member holds or returns, when it is one of the old classes itself."""
