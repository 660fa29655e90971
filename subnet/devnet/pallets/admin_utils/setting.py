"""One setting that can be changed by a call, and how the call is made from its description."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from subnet.devnet.frame import ErrorDecl, EventDecl, Origin, ensure
from subnet.devnet.pallets.admin_utils.pallet import SubnetDoesNotExist, ValueNotInBounds, pallet
from subnet.devnet.pallets.subtensor import ownership
from subnet.devnet.pallets.subtensor.storage import NetworksAdded
from subnet.devnet.pallets.subtensor.types import NetUid
from subnet.devnet.state import State
from subnet.devnet.storage import StorageMap, StorageValue

Check = Callable[[State, int, Any], None]
UNLIMITED = ""  # the chain keeps no rate limit for this setting of an owner


@dataclass(frozen=True)
class Setting:
    """A call `sudo_set_<name>(netuid, <argument>)` that writes one storage item of a subnet.

    `limit` names the hyperparameter under which an owner's changes are rate-limited, or is UNLIMITED; None leaves
    the setting to root. `check` raises when the value cannot be, whoever sets it; `owner_check` binds owners only.
    """

    index: int
    name: str
    argument: str
    item: StorageMap[Any]
    limit: str | None = None
    event: EventDecl | None = None
    check: Check | None = None
    owner_check: Check | None = None

    def set(self, state: State, origin: Origin, netuid: int, value: Any) -> None:
        """Checks who asks and what for, and writes."""
        owner = self._authorised(state, origin, netuid)
        for check in (self.check, self.owner_check if owner else None):
            if check is not None:
                check(state, netuid, value)
        self.item[state, netuid] = value
        if self.event is not None:
            state.deposit(self.event(netuid, value))

    def _authorised(self, state: State, origin: Origin, netuid: int) -> bytes | None:
        if self.limit is None:
            root_for_subnet(state, origin, netuid)
            return None
        owner = ownership.owner_or_root(state, origin, netuid)
        if owner is not None:
            ownership.ensure_not_frozen(state, netuid)
            if self.limit:
                ownership.limit_setting(state, netuid, self.limit)
        return owner

    def declare(self) -> None:
        """Makes the call known under its name."""
        arguments = [("netuid", NetUid), (self.argument, self.item.value)]
        who = "root" if self.limit is None else "the subnet's owner or root"
        _declare(self.index, self.name, arguments, self.set, f"Sets {self.item.name} of a subnet; for {who}.")


@dataclass(frozen=True)
class ChainSetting:
    """A call `sudo_set_<name>(<argument>)` by which root sets one value of the whole chain."""

    index: int
    name: str
    argument: str
    item: StorageValue[Any]
    event: EventDecl | None = None

    def set(self, state: State, origin: Origin, value: Any) -> None:
        """Checks that root asks, and writes."""
        origin.root()
        self.item[state] = value
        if self.event is not None:
            state.deposit(self.event(value))

    def declare(self) -> None:
        """Makes the call known under its name."""
        arguments = [(self.argument, self.item.value)]
        _declare(self.index, self.name, arguments, self.set, f"Sets {self.item.name} of the chain; for root.")


def root_for_subnet(state: State, origin: Origin, netuid: int) -> None:
    """Raises BadOrigin unless root asks, SubnetDoesNotExist when there is nothing to set."""
    origin.root()
    ensure(NetworksAdded[state, netuid], SubnetDoesNotExist)


def between(
    least: int, most: int, below: ErrorDecl = ValueNotInBounds, above: ErrorDecl | None = None
) -> Check:
    """A check that a value is within bounds, both included."""

    def check(state: State, netuid: int, value: Any) -> None:
        number = getattr(value, "bits", value)
        ensure(number >= least, below)
        ensure(number <= most, above or below)

    return check


def _declare(index: int, name: str, arguments: list[Any], function: Callable[..., None], doc: str) -> None:
    def call(state: State, origin: Origin, *values: Any) -> None:
        function(state, origin, *values)

    call.__name__, call.__doc__ = f"sudo_set_{name}", doc
    pallet.call(index, arguments, operational=True)(call)
