"""JSON-RPC as a table: the function is the method, its docstring the documentation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from subnet.devnet.rpc import author, chain, dev, drand, economy, state, system
from subnet.devnet.rpc.session import Session

Method = Callable[..., Any]

METHODS: dict[str, Method] = {
    "account_nextIndex": author.next_nonce,
    "author_pendingExtrinsics": author.pending,
    "author_submitAndWatchExtrinsic": author.submit_and_watch,
    "author_submitExtrinsic": author.submit,
    "author_unwatchExtrinsic": author.unwatch,
    "chain_getBlock": chain.block,
    "chain_getBlockHash": chain.block_hash,
    "chain_getFinalisedHead": chain.head,
    "chain_getFinalizedHead": chain.head,
    "chain_getHead": chain.head,
    "chain_getHeader": chain.header,
    "chain_getRuntimeVersion": state.version,
    "chain_subscribeAllHeads": chain.subscribe_heads,
    "chain_subscribeFinalizedHeads": chain.subscribe_heads,
    "chain_subscribeNewHead": chain.subscribe_heads,
    "chain_subscribeNewHeads": chain.subscribe_heads,
    "chain_unsubscribeAllHeads": chain.unsubscribe,
    "chain_unsubscribeFinalizedHeads": chain.unsubscribe,
    "chain_unsubscribeNewHead": chain.unsubscribe,
    "chain_unsubscribeNewHeads": chain.unsubscribe,
    "dev_audit": economy.audit,
    "dev_epochs": economy.epochs,
    "dev_newBlock": dev.new_block,
    "dev_revert": dev.revert,
    "dev_setBlockBuildMode": dev.set_block_build_mode,
    "dev_setDrandPulse": drand.set_pulse,
    "dev_setStorage": dev.set_storage,
    "dev_snapshot": dev.snapshot,
    "dev_timeTravel": dev.time_travel,
    "state_call": state.call,
    "state_getKeys": state.keys,
    "state_getKeysPaged": state.keys_paged,
    "state_getKeysPagedAt": state.keys_paged,
    "state_getMetadata": state.metadata,
    "state_getPairs": state.pairs,
    "state_getRuntimeVersion": state.version,
    "state_getStorage": state.storage,
    "state_getStorageAt": state.storage,
    "state_getStorageHash": state.storage_hash,
    "state_getStorageSize": state.storage_size,
    "state_queryStorageAt": state.query_at,
    "state_subscribeRuntimeVersion": state.subscribe_version,
    "state_subscribeStorage": state.subscribe_storage,
    "state_unsubscribeRuntimeVersion": chain.unsubscribe,
    "state_unsubscribeStorage": chain.unsubscribe,
    "system_accountNextIndex": author.next_nonce,
    "system_chain": system.chain,
    "system_chainType": system.chain_type,
    "system_health": system.health,
    "system_name": system.name,
    "system_properties": system.properties,
    "system_version": system.version,
}


def rpc_methods(session: Session) -> dict[str, Any]:
    """The names of all methods."""
    return {"methods": sorted(METHODS)}


METHODS["rpc_methods"] = rpc_methods
