"""What the methods of `Subtensor` and `AsyncSubtensor` became.

In the texts `client` is a connected `bt.Client` (`async with bt.Subtensor(network) as client:`), whose calls are
awaited; a plain `bt.Subtensor(network)` offers the same names without `await`. `Chain` is `subnet.chain.Chain`.
"""

from subnet.porting.words import Replacement

_NEURON = "`client.neurons.all(netuid)`, or `Chain.peers()` by hotkey"
_METAGRAPH = "`client.subnets.metagraph(netuid)`, or `Chain.peers()` by hotkey"
_INFO = "`client.subnets.info(netuid)` or `client.subnets.all()`"
_STORAGE = "`client.query(bt.storage.PALLET.ITEM, [keys])`"
_SUBMIT = "`client.submit_call(bt.calls.PALLET.CALL(...), wallet)`, or `client.execute(INTENT, wallet)`"
_SETTINGS = "a field of a `subnet.settings.Settings` class; Assay's neurons take the old flags as they are"

_DIRECT = {
    "metagraph": _METAGRAPH,
    "get_metagraph_info": _METAGRAPH,
    "get_all_metagraphs_info": "`client.subnets.metagraph(netuid)` for each of `client.subnets.all()`",
    "neurons": _NEURON,
    "neurons_lite": _NEURON,
    "neuron_for_uid": _NEURON,
    "neuron_for_uid_lite": _NEURON,
    "get_neuron_for_pubkey_and_subnet": _NEURON,
    "is_hotkey_registered": "`hotkey in await Chain.peers()`, or `client.neurons.uid(...)`",
    "is_hotkey_registered_on_subnet": "`hotkey in await Chain.peers()`, or `client.neurons.uid(...)`",
    "is_hotkey_registered_any": "`client.neurons.netuids_for_hotkey(...)`",
    "get_netuids_for_hotkey": "`client.neurons.netuids_for_hotkey(...)`",
    "filter_netuids_by_registered_hotkeys": "`client.neurons.netuids_for_hotkey(...)`",
    "get_uid_for_hotkey_on_subnet": "`client.neurons.uid(...)`; scores belong to hotkeys, a uid is a seat",
    "get_hotkey_owner": "`client.neurons.hotkey_owner(...)`",
    "does_hotkey_exist": "`client.neurons.hotkey_owner(...)`",
    "get_owned_hotkeys": "`client.neurons.owned_hotkeys(...)`",
    "set_weights": "`Chain.prepare(...)`, `Chain.send(...)`, `Chain.read_back(...)`; or the intent `bt.SetWeights`",
    "root_set_weights": "gone from the chain: root has no weights any more",
    "commit_weights": "`client.execute(bt.SetWeights(...), wallet)`: it commits where the subnet demands it",
    "reveal_weights": "nothing to do: the chain reveals timelocked commits itself (`bt.RevealWeights` for others)",
    "serve_axon": "`Chain.serve(wallet, address)`, or `client.execute(bt.ServeAxon(...), wallet)`",
    "serve_prometheus": "`client.execute(bt.ServePrometheus(...), wallet)`",
    "get_current_block": "`client.block()`, or `Chain.block()`",
    "get_block_hash": "`client.block_info(block)`, or `Chain.block_hash(block)`",
    "determine_block_hash": "`client.at(block)` reads everything at one block",
    "get_block_info": "`client.block_info(block)`",
    "get_timestamp": "`client.timestamp()`",
    "register": "`client.execute(bt.BurnedRegister(...), wallet)`; or `client.mine_pow_registration(...)`",
    "burned_register": "`client.execute(bt.BurnedRegister(...), wallet)`",
    "root_register": "`client.execute(bt.RootRegister(...), wallet)`",
    "register_subnet": "`client.execute(bt.RegisterSubnet(...), wallet)`",
    "start_call": "`client.execute(bt.StartCall(...), wallet)`",
    "get_start_call_delay": "`client.subnets.subnet_start_schedule(...)`",
    "get_balance": "`client.balances.get(address)`",
    "get_balances": "`client.balances.get_many(addresses)`",
    "get_existential_deposit": "`client.balances.existential_deposit()`",
    "transfer": "`client.execute(bt.Transfer(...), wallet)`",
    "get_transfer_fee": "`client.plan(bt.Transfer(...), wallet)` tells the fee",
    "subnet": _INFO,
    "subnet_exists": _INFO,
    "all_subnets": _INFO,
    "get_subnets": _INFO,
    "get_subnet_info": _INFO,
    "get_all_subnets_info": _INFO,
    "get_all_subnets_netuid": _INFO,
    "get_total_subnets": _INFO,
    "is_subnet_active": _INFO,
    "subnetwork_n": "`num_uids` of `client.subnets.metagraph(netuid)`",
    "get_subnet_owner_hotkey": "`owner_hotkey` of `client.subnets.metagraph(netuid)`, or `Chain.owner()`",
    "get_subnet_hyperparameters": "`client.subnets.subnet_hyperparameters(...)`",
    "get_hyperparameter": "`client.subnets.subnet_hyperparameters(...)`",
    "get_subnet_burn_cost": "`client.subnets.subnet_registration_cost()`",
    "recycle": "`client.subnets.burn(netuid)`",
    "get_subnet_price": "`client.prices.alpha_price(...)`",
    "get_subnet_prices": "`client.prices.alpha_prices()`",
    "get_subnet_validator_permits": "`validator_permit` of each neuron of `client.subnets.metagraph(netuid)`",
    "get_mechanism_count": "`client.subnets.mechanism_count(...)`",
    "get_mechanism_emission_split": "`client.subnets.mechanism_emission_split(...)`",
    "commit_reveal_enabled": "`client.subnets.commit_reveal_enabled(netuid)`",
    "get_subnet_reveal_period_epochs": "`client.hyperparameters.reveal_period(netuid)`",
    "immunity_period": "`client.hyperparameters.immunity_period(netuid)`",
    "min_allowed_weights": "`client.hyperparameters.min_allowed_weights(netuid)`",
    "max_weight_limit": "`client.hyperparameters.max_weight_limit(netuid)`",
    "weights_rate_limit": "`client.hyperparameters.weights_rate_limit(netuid)`, or `Chain.weights_open_at(hotkey)`",
    "difficulty": "`client.hyperparameters.difficulty(netuid)`",
    "tx_rate_limit": "`client.chain.tx_rate_limit()`",
    "tempo": "`client.epochs.epoch_status(netuid)`, or `Chain.epoch()`",
    "blocks_since_last_step": "`client.epochs.blocks_since_last_step(netuid)`",
    "blocks_since_last_update": "`client.epochs.blocks_since_last_update(netuid, uid)`",
    "blocks_until_next_epoch": "`client.epochs.blocks_until_next_epoch(netuid)`, or `Chain.epoch()`",
    "get_next_epoch_start_block": "`client.epochs.next_epoch_start_block(netuid)`, or `Chain.epoch()`",
    "weights": "`client.weights.weights(...)`, or `Chain.stored_weights(hotkey)`",
    "bonds": "`client.weights.bonds(...)`",
    "get_timelocked_weight_commits": "`client.weights.timelocked_weight_commits(...)`",
    "get_current_weight_commit_info": "`client.weights.timelocked_weight_commits(...)`",
    "get_current_weight_commit_info_v2": "`client.weights.timelocked_weight_commits(...)`",
    "get_commitment": "`client.identity.commitment(...)`",
    "get_commitment_metadata": "`client.identity.commitment(...)`",
    "get_all_commitments": "`client.identity.commitments(...)`",
    "get_revealed_commitment": "`client.identity.revealed_commitment(...)`",
    "get_revealed_commitment_by_hotkey": "`client.identity.revealed_commitment(...)`",
    "get_all_revealed_commitments": "`client.identity.commitments(...)`",
    "commit": "`client.submit_call(bt.calls.Commitments.set_commitment(...), wallet)`",
    "set_commitment": "`client.submit_call(bt.calls.Commitments.set_commitment(...), wallet)`",
    "set_reveal_commitment": "`bt.timelock.encrypt(...)`, then `bt.calls.Commitments.set_commitment(...)`",
    "query_identity": "`client.identity.identity(...)`",
    "get_delegate_identities": "`client.identity.hotkey_identities(...)`",
    "query_constant": "`client.constant(bt.constants.PALLET.NAME)`",
    "query_module": _STORAGE,
    "query_subtensor": _STORAGE,
    "query_map_subtensor": "`client.query_map(bt.storage.PALLET.ITEM, [keys])`",
    "query_runtime_api": "`client.runtime(bt.runtime_api.API.METHOD, [arguments])`",
    "state_call": "`client.runtime(bt.runtime_api.API.METHOD, [arguments])`",
    "encode_params": "not needed: the client encodes what it sends",
    "substrate": "`client.query`, `client.runtime` and `client.submit_call`; the raw connection is not public",
    "sign_and_send_extrinsic": _SUBMIT,
    "compose_call": _SUBMIT,
    "validate_extrinsic_params": _SUBMIT,
    "get_extrinsic_fee": "`client.plan(intent, wallet)` tells the fee",
    "chain_endpoint": "`client.endpoint`",
    "log_verbose": "`logging.getLogger('bittensor').setLevel(logging.DEBUG)`",
    "add_args": _SETTINGS,
    "config": _SETTINGS,
    "setup_config": _SETTINGS,
    "help": _SETTINGS,
    "initialize": "`async with bt.Subtensor(network) as client:` connects",
    "inner_subtensor": "`bt.Client`",
    "is_async": "the syntax tells: `async with` or `await` gives the async client",
    "last_drand_round": "`bt.timelock.current_round()`",
    "get_vote_data": "gone from the chain: the senate has ended",
}

# Families in which every method became the same thing.
_FAMILIES = {
    "`client.staking` reads, and the intents `bt.AddStake`, `bt.RemoveStake`, `bt.MoveStake` and their kin": """
        add_stake add_stake_burn add_stake_multiple unstake unstake_all unstake_multiple move_stake swap_stake
        transfer_stake get_stake get_stake_for_coldkey get_stake_for_coldkey_and_hotkey get_stake_for_hotkey
        get_stake_info_for_coldkey get_stake_info_for_coldkeys get_stake_availability_for_coldkeys get_hotkey_stake
        get_stake_weight get_staking_hotkeys get_minimum_required_stake get_auto_stakes set_auto_stake sim_swap
        min_required_stake""",
    "`client.plan(intent, wallet)` tells the fee of a stake movement; `client.prices.quote_stake` the price": """
        get_stake_add_fee get_unstake_fee get_stake_movement_fee get_stake_operations_fee""",
    "`client.delegation` reads, and the intents `bt.SetChildren` and `bt.SetTake`": """
        get_children get_children_pending get_parents set_children root_set_pending_childkey_cooldown
        get_delegate_by_hotkey get_delegate_take get_delegated get_delegates is_hotkey_delegate set_delegate_take
        delegates""",
    "`client.locks` reads, and the intents `bt.LockStake`, `bt.MoveLock` and `bt.SetPerpetualLock`": """
        get_coldkey_lock get_hotkey_conviction get_most_convicted_hotkey_on_subnet get_stake_lock get_stake_locks
        is_perpetual_lock lock_stake move_lock set_perpetual_lock""",
    "`client.leasing` reads, and the intents `bt.CreateCrowdloan`, `bt.ContributeCrowdloan` and their kin": """
        contribute_crowdloan create_crowdloan dissolve_crowdloan finalize_crowdloan refund_crowdloan
        withdraw_crowdloan update_cap_crowdloan update_end_crowdloan update_min_contribution_crowdloan
        get_crowdloan_by_id get_crowdloan_constants get_crowdloan_contributions get_crowdloan_next_id get_crowdloans
        crowdloans""",
    "`client.balances.proxies(...)`, and the intents `bt.AddProxy`, `bt.RemoveProxy` and their kin": """
        add_proxy announce_proxy create_pure_proxy kill_pure_proxy proxy proxy_announced remove_proxies remove_proxy
        remove_proxy_announcement reject_proxy_announcement poke_deposit get_proxies get_proxies_for_real_account
        get_proxy_announcement get_proxy_announcements get_proxy_constants get_proxy_filter get_proxy_types
        proxies""",
    "`client.balances.coldkey_swap_announcement(...)`, and the intents `bt.AnnounceColdkeySwap` and its kin": """
        announce_coldkey_swap clear_coldkey_swap_announcement dispute_coldkey_swap swap_coldkey_announced
        get_coldkey_swap_announcement get_coldkey_swap_announcement_delay get_coldkey_swap_announcements
        get_coldkey_swap_constants get_coldkey_swap_dispute get_coldkey_swap_disputes
        get_coldkey_swap_reannouncement_delay""",
    "the basket reads of `client.staking`, and the intents `bt.ClaimRoot` and `bt.SetRootClaimThreshold`": """
        claim_root set_root_claim_type get_root_alpha_dividends_per_subnet get_root_claim_type
        get_root_claimable_all_rates get_root_claimable_rate get_root_claimable_stake get_root_claimed""",
    "`client.submit_shielded(...)`; `client.execute` shields by itself where that pays": """
        mev_submit_encrypted get_mev_shield_current_key get_mev_shield_next_key mev_shield""",
    "`bt.SetHyperparameter`, or `client.submit_call(bt.calls.AdminUtils.CALL(...), wallet)`": """
        root_set_activity_cutoff_factor set_activity_cutoff_factor set_tempo trigger_epoch""",
    "the intents `bt.SetSubnetIdentity` and `bt.SetIdentity`": "set_subnet_identity",
    "gone from the chain: pools have no user liquidity": """
        add_liquidity modify_liquidity remove_liquidity toggle_user_liquidity get_liquidity_list""",
    "the namespaces of `bt.Client`: balances, epochs, hyperparameters, identity, neurons, staking, subnets": """
        commitments extrinsics metagraphs queries wallets""",
    _STORAGE: """
        get_activity_cutoff_factor_milli get_admin_freeze_window get_all_ema_tao_inflow get_all_neuron_certificates
        get_ema_tao_inflow get_epoch_schedule_state get_last_bonds_reset get_last_commitment_bonds_reset_block
        get_last_epoch_block get_max_activity_cutoff_factor_milli get_max_epochs_per_block get_max_tempo
        get_min_activity_cutoff_factor_milli get_min_tempo get_neuron_certificate get_owner_hyperparam_rate_limit
        get_pending_epoch_at get_subnet_epoch_index is_in_admin_freeze_window register_limit""",
}


def _all() -> dict[str, Replacement]:
    families = {name: use for use, names in _FAMILIES.items() for name in names.split()}
    return {name: Replacement("subtensor", use) for name, use in (families | _DIRECT).items()}


SUBTENSOR = _all()
"""Method or attribute of the old chain clients -> what replaces it."""
