"""What the chain tells clients about itself: metadata V15, and V14 for clients that know no other.

Both are written from the same declarations as storage keys, decoding and error numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from subnet.devnet.chain_types import MultiAddress, MultiSignature
from subnet.devnet.config import ChainConfig
from subnet.devnet.extrinsic import EXTENSIONS, EXTRA, EXTRINSIC_VERSION, Extension, UncheckedExtrinsic
from subnet.devnet.frame import Constant, MethodDecl, Pallet, RuntimeApi
from subnet.devnet.registry import Registry, docs, optional, text, vec
from subnet.devnet.scale import CALL, EVENT, U8, Enum, Struct, encode_compact
from subnet.devnet.storage import StorageItem

_HASHERS = ("Blake2_128", "Blake2_256", "Blake2_128Concat", "Twox128", "Twox256", "Twox64Concat", "Identity")
_NO_DOCS = docs("")
_RUNTIME = Struct("node_subtensor_runtime::Runtime", [])


class MetadataWriter:
    """Writes one version of the metadata of a list of pallets and runtime APIs."""

    def __init__(self, pallets: Sequence[Pallet], apis: Sequence[RuntimeApi], config: ChainConfig) -> None:
        self.pallets, self.apis, self.config = pallets, apis, config
        self.types = Registry()

    def v15(self, errors: Enum) -> bytes:
        """The blob that `Metadata_metadata_at_version(15)` answers."""
        pallets = vec(self.pallets, lambda pallet: self._pallet(pallet) + _NO_DOCS)
        compact = self.types.compact
        extrinsic = (
            U8.encode(EXTRINSIC_VERSION)
            + b"".join(map(compact, (MultiAddress, CALL, MultiSignature, EXTRA)))
            + vec(EXTENSIONS, self._extension)
        )
        rest = compact(_RUNTIME) + vec(self.apis, self._api)
        outer = compact(CALL) + compact(EVENT) + compact(errors)
        return b"meta\x0f" + self.types.encode() + pallets + extrinsic + rest + outer + encode_compact(0)

    def v14(self) -> bytes:
        """The blob that `state_getMetadata` answers."""
        pallets = vec(self.pallets, self._pallet)
        extrinsic = self.types.compact(UncheckedExtrinsic) + U8.encode(EXTRINSIC_VERSION)
        extrinsic += vec(EXTENSIONS, self._extension)
        runtime = self.types.compact(_RUNTIME)
        return b"meta\x0e" + self.types.encode() + pallets + extrinsic + runtime

    def _pallet(self, pallet: Pallet) -> bytes:
        storage = text(pallet.prefix) + vec(pallet.storage, self._item) if pallet.storage else None
        return (
            text(pallet.name)
            + optional(storage, bytes)
            + optional(pallet.enum("Call"), self.types.compact)
            + optional(pallet.enum("Event"), self.types.compact)
            + vec(pallet.constants, self._constant)
            + optional(pallet.enum("Error"), self.types.compact)
            + U8.encode(pallet.index)
        )

    def _item(self, item: StorageItem[Any]) -> bytes:
        head = text(item.name) + (b"\x00" if item.optional else b"\x01")
        key = item.key_type
        if key is None:
            shape = b"\x00" + self.types.compact(item.value)
        else:
            hashers = vec(item.keys, lambda part: U8.encode(_HASHERS.index(part[0])))
            shape = b"\x01" + hashers + self.types.compact(key) + self.types.compact(item.value)
        return head + shape + encode_compact(len(item.default_bytes)) + item.default_bytes + _NO_DOCS

    def _constant(self, constant: Constant[Any]) -> bytes:
        value = constant.kind.encode(constant.of(self.config))
        return (
            text(constant.name)
            + self.types.compact(constant.kind)
            + encode_compact(len(value))
            + value
            + _NO_DOCS
        )

    def _extension(self, extension: Extension) -> bytes:
        return (
            text(extension.name)
            + self.types.compact(extension.extra)
            + self.types.compact(extension.additional)
        )

    def _api(self, api: RuntimeApi) -> bytes:
        return text(api.name) + vec(api.methods.values(), self._method) + _NO_DOCS

    def _method(self, method: MethodDecl) -> bytes:
        inputs = vec(method.inputs, lambda argument: text(argument[0]) + self.types.compact(argument[1]))
        return text(method.name) + inputs + self.types.compact(method.output) + _NO_DOCS
