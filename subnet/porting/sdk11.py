"""What SDK 11 (bittensor 11.3) offers, as far as a scan must know it; a test holds it to the installed SDK."""

NAMES = frozenset(
    """
    AddCollateral AddProxy AddStake AddStakeLimit AnnounceColdkeySwap AssociateEvmKey AssociateHotkey
    Balance Batch BittensorError BlockHeader BlockInfo BridgeClient BridgeError BridgeServer BurnedRegister
    CRYPTO_ED25519 CRYPTO_SR25519 ChainError ClaimRoot ClaimRootWithHotkey ClearColdkeySwapAnnouncement
    Client CommitWeights Commitment ConnectionNotReady ContributeCrowdloan CreateCrowdloan CreatePureProxy
    DEFAULT_CRYPTO_TYPE DecreaseTake DelegateInfo DelegatedStake DisputeColdkeySwap DissolveCrowdloan
    EpochEvent ErrorCode EvmWithdraw ExecuteProxyAnnounced ExtensionAccount ExtensionSigner ExtrinsicResult
    FinalizeCrowdloan FundEvmKey IncreaseTake Intent KeyedWallet KillPureProxy LedgerError LedgerSigner
    LockStake Metagraph MetagraphNeuron MoveLock MoveStake MoveSwapStake Multisig MultisigApprove
    MultisigCancel MultisigExecute MultisigThreshold1 Neuron NeuronCommitment Plan Policy PolicyError
    PowRegister RefundCrowdloan RegisterLeasedNetwork RegisterSubnet RemoveProxies RemoveProxy RemoveStake
    RemoveStakeLimit ResetAxon RevealWeights RootRegister RpcConnectionError RpcPolicyError RpcSubstrate
    ServeAxon ServeAxonTls ServePrometheus SetAutoStake SetChildkeyTake SetChildren
    SetCrowdloanMaxContribution SetHyperparameter SetIdentity SetMechanismCount SetMinCollateral
    SetPerpetualLock SetRejectLockedAlpha SetRootClaimThreshold SetSubnetEmissionEnabled SetSubnetIdentity
    SetTake SetWeights Signer SigningContext Snapshot StakeBurn StakeIntoBasket StakePosition StakeValuation
    StartCall SubnetInfo Substrate Subtensor SwapBasket SwapBasketMany SwapColdkeyAnnounced SwapHotkey
    SwapQuote SwapStake SyncClient TerminateLease TimelockError TimelockNotReady Timelocked Transfer
    TransferAll TransferStake TrimNullSubnetBatch TrimSubnet UnitMismatchError UnsignedExtrinsic UnstakeAll
    UnstakeAllAlpha UpdateCrowdloanCap UpdateCrowdloanEnd UpdateCrowdloanMinContribution UpdateSymbol
    VaultError VaultSigner Wallet WalletLike WalletSigner WithdrawCrowdloan alpha balance calls client
    close_shared_clients config connect_extension_signer constants ensure_bridge error_descriptions
    error_map evm executor extension fee_filters format_crypto_type http_auth hyperparams intents keyfiles
    ledger masked_input metagraph multisig namespaces parse_crypto_type public_view rao reads resolve_signer
    result run_bridge runtime_api set_weights settings signing snapshot sp_core stop_bridge_daemon storage
    subtensor sync tao timelock vault wallet wallets
    cli pow_registration macos_password basket_index basket_index_data
    """.split()  # noqa: SIM905 - two hundred names read better as text
)
"""Public names of the package `bittensor`."""

DUNDERS = frozenset(("__version__", "__name__", "__file__", "__path__", "__doc__"))

ARGUMENTS = {
    "subtensor": frozenset(
        ("network", "policy", "fallback_endpoints", "archive_endpoints", "retry_forever", "substrate")
    ),
    "wallet": frozenset(("name", "hotkey", "path")),
}
"""Keyword arguments of the two constructors that kept their names."""
