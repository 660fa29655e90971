"""The runtime: pallets and runtime APIs put together, from which metadata, dispatch and decoding follow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import chain
from typing import Any

from subnet.devnet import views
from subnet.devnet.config import ChainConfig
from subnet.devnet.dispatch import BoundCall, Origin, Other
from subnet.devnet.frame import CallDecl, Check, Hook, MethodDecl, Pallet, RuntimeApi, State
from subnet.devnet.metadata import MetadataWriter
from subnet.devnet.pallets import (
    alpha_assets,
    assay,
    aura,
    balances,
    commitments,
    core_apis,
    crowdloan,
    drand,
    mev_shield,
    multisig,
    proxy,
    sudo,
    swap,
    system,
    timestamp,
    transaction_payment,
    utility,
)
from subnet.devnet.pallets.admin_utils import calls as admin_utils
from subnet.devnet.pallets.subtensor import calls as subtensor
from subnet.devnet.scale import CALL, EVENT, Enum, Field, ScaleError, Type, Variant, decode_all
from subnet.devnet.state import PREFIX, Encoded
from subnet.devnet.storage import StorageItem

PALLETS: tuple[Pallet, ...] = (
    system.pallet,
    timestamp.pallet,
    aura.pallet,
    balances.pallet,
    transaction_payment.pallet,
    utility.pallet,
    sudo.pallet,
    mev_shield.pallet,
    subtensor.pallet,
    admin_utils.pallet,
    multisig.pallet,
    proxy.pallet,
    commitments.pallet,
    drand.pallet,
    swap.pallet,
    alpha_assets.pallet,
    assay.pallet,
    crowdloan.pallet,
)
APIS: tuple[RuntimeApi, ...] = (
    core_apis.core,
    core_apis.metadata,
    core_apis.nonces,
    transaction_payment.api,
    *views.APIS,
)


class Runtime:
    """What a chain with these pallets can do; the pallets stand in the order of their index."""

    def __init__(
        self, config: ChainConfig, pallets: Iterable[Pallet] = PALLETS, apis: Sequence[RuntimeApi] = APIS
    ) -> None:
        self.config = config
        self.pallets = sorted(pallets, key=lambda pallet: pallet.index)
        self.apis = apis
        CALL.bind(self._outer("Call"))
        EVENT.bind(self._outer("Event"))
        self.items = {item.prefix: item for pallet in self.pallets for item in pallet.storage}
        self.methods = {f"{api.name}_{name}": decl for api in apis for name, decl in api.methods.items()}
        self._calls = {(p.name, decl.name): decl for p in self.pallets for decl in p.calls.values()}
        hooks = chain.from_iterable(pallet.initialize for pallet in self.pallets)
        self.initialize: list[Hook] = [hook for _, hook in sorted(hooks, key=lambda entry: entry[0])]
        self._checks = self._checks_by_call()

    def _outer(self, kind: str) -> Enum:
        enums = ((pallet, pallet.enum(kind)) for pallet in self.pallets)
        variants: list[tuple[int, str, Sequence[Field]]] = [
            (pallet.index, pallet.name, [(None, enum)]) for pallet, enum in enums if enum is not None
        ]
        return Enum(f"node_subtensor_runtime::Runtime{kind}", variants)

    def _checks_by_call(self) -> dict[tuple[str, str], list[Check]]:
        checks: dict[tuple[str, str], list[Check]] = {}
        for pallet in self.pallets:
            for names, check in pallet.checks:
                for name in names:
                    self._calls[
                        pallet.name, name
                    ]  # a check of a call that is not there is a mistake: KeyError
                    checks.setdefault((pallet.name, name), []).append(check)
        return checks

    @cached_property
    def version(self) -> Any:
        """The version of the runtime, and the APIs that it has."""
        return system.VERSION._replace(apis=tuple((api.identity, api.version) for api in self.apis))

    @cached_property
    def metadata_v15(self) -> bytes:
        """Metadata V15, written once."""
        return MetadataWriter(self.pallets, self.apis, self.config).v15(self._outer("Error"))

    @cached_property
    def metadata_v14(self) -> bytes:
        """Metadata V14, written once."""
        return MetadataWriter(self.pallets, self.apis, self.config).v14()

    def call(self, pallet: str, name: str) -> CallDecl | None:
        """The declaration of a call by its names, None when there is none."""
        return self._calls.get((pallet, name))

    def declared(self, call: Variant) -> CallDecl:
        """The declaration of a decoded call."""
        return self._calls[call.name, call.fields[0].name]

    def bound(self, call: Variant) -> BoundCall:
        """The call's pallet, name and arguments by name."""
        return self.declared(call).bind(call.fields[0].fields)

    def dispatch(self, state: State, origin: Origin, call: Variant) -> None:
        """Makes a call; when it raises DispatchError, nothing of it is left in the state."""
        decl = self.declared(call)
        if decl.function is None:
            raise system.CallFiltered()
        with state.transaction():
            decl.function(state, origin, *call.fields[0].fields)

    def check(self, state: State, who: bytes, call: Variant) -> None:
        """Runs what pallets check before a call enters the pool; raises PoolError."""
        checks = self._checks.get((call.name, call.fields[0].name))
        if checks:
            bound = self.bound(call)
            for check in checks:
                check(state, who, bound)

    def item(self, key: bytes) -> StorageItem[Any] | None:
        """The storage item that a raw key belongs to, None for keys of nothing declared."""
        return self.items.get(key[:PREFIX])

    def stored(self, key: bytes, value: bytes) -> Any:
        """What to store for bytes that a client gives; raises DispatchError when they are not of the item's type."""
        item = self.item(key)
        if item is None:
            return Encoded(value)
        try:
            item.parts(key)
            return decode_all(item.value, value)
        except ScaleError as error:
            raise Other(f"{item.name}: {error}") from None

    def encoded(self, key: bytes, stored: Any) -> bytes:
        """The bytes of a stored value, as a client reads them."""
        if isinstance(stored, Encoded):
            return stored.data
        return self.items[key[:PREFIX]].encode(stored)

    def call_api(self, state: State, name: str, arguments: bytes) -> bytes:
        """Runs a runtime API method such as "Core_version"; raises KeyError or ScaleError for a bad request."""
        method: MethodDecl = self.methods[name]
        values, offset = [], 0
        for _, kind in method.inputs:
            value, offset = kind.decode(arguments, offset)
            values.append(value)
        if offset != len(arguments):
            raise ScaleError(f"{len(arguments) - offset} bytes left over behind the arguments of {name}")
        output: Type[Any] = method.output
        return output.encode(method.function(state, *values))
