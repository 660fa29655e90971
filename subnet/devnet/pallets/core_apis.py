"""The runtime APIs that every Substrate chain has: its version, its metadata, nonces of accounts."""

from __future__ import annotations

from typing import Any

from subnet.devnet.chain_types import AccountId32
from subnet.devnet.frame import RuntimeApi, State
from subnet.devnet.pallets import system
from subnet.devnet.scale import BYTES, U32, Option, Struct, Vec

core = RuntimeApi("Core", version=5)
metadata = RuntimeApi("Metadata", version=2)
nonces = RuntimeApi("AccountNonceApi")

_OpaqueMetadata = Struct("sp_core::OpaqueMetadata", [(None, BYTES)])


@core.method(output=system.RuntimeVersion)
def version(state: State) -> Any:
    """The version of the runtime, and the APIs that it has."""
    return state.runtime.version


@metadata.method([("version", U32)], output=Option(_OpaqueMetadata))
def metadata_at_version(state: State, version: int) -> bytes | None:
    """Metadata of version 14 or 15; None for any other."""
    known = {14: "metadata_v14", 15: "metadata_v15"}
    return getattr(state.runtime, known[version]) if version in known else None


@metadata.method(output=Vec(U32))
def metadata_versions(state: State) -> tuple[int, ...]:
    """The versions that can be asked for."""
    return (14, 15)


@nonces.method([("account", AccountId32)], output=U32)
def account_nonce(state: State, account: bytes) -> int:
    """How many extrinsics of the account were included."""
    return system.nonce(state, account)
