"""What calls ask about a subnet before they do anything: does it exist, who owns it, who sits where."""

from subnet.devnet.frame import ensure
from subnet.devnet.pallets.subtensor.errors import SubnetNotExists
from subnet.devnet.pallets.subtensor.storage import (
    NOBODY,
    BlocksSinceLastStep,
    IsNetworkMember,
    LastEpochBlock,
    MechanismCountCurrent,
    NetworksAdded,
    OwnedHotkeys,
    Owner,
    PendingEpochAt,
    SubnetEpochIndex,
    SubnetOwnerHotkey,
    Tempo,
    Uids,
)
from subnet.devnet.state import State
from subnet.rules import schedule

ROOT = 0
_ACCOUNT_PREFIX = b"modlsubtensr"


def ensure_exists(state: State, netuid: int) -> None:
    """Raises SubnetNotExists."""
    ensure(NetworksAdded[state, netuid], SubnetNotExists)


def netuids(state: State) -> list[int]:
    """All subnets, root included, in the order in which the chain visits them."""
    return [netuid for (netuid,), added in NetworksAdded.items(state) if added]


def mechanism_exists(state: State, netuid: int, mechid: int) -> bool:
    """Whether the subnet exists and has this mechanism."""
    return NetworksAdded[state, netuid] and mechid < MechanismCountCurrent[state, netuid]


def storage_index(netuid: int, mechid: int) -> int:
    """Where weights, bonds and updates of a mechanism are stored; saturates for numbers that cannot exist."""
    return min(mechid * schedule.MECHANISM_STRIDE + netuid, schedule.U16_MAX)


def storage_indices(state: State, netuid: int) -> list[int]:
    """The keys of all mechanisms of a subnet in Weights, Bonds, LastUpdate and Incentive."""
    return [storage_index(netuid, mechid) for mechid in range(MechanismCountCurrent[state, netuid])]


def schedule_of(state: State, netuid: int) -> schedule.Schedule:
    """What decides when the subnet's next epoch runs."""
    return schedule.Schedule(
        Tempo[state, netuid],
        LastEpochBlock[state, netuid],
        PendingEpochAt[state, netuid],
        BlocksSinceLastStep[state, netuid],
    )


def epoch_with_lookahead(state: State, netuid: int) -> int:
    """The epoch that commits of this block belong to (rules 1.3)."""
    return schedule.epoch_with_lookahead(
        schedule_of(state, netuid), SubnetEpochIndex[state, netuid], state.block
    )


def owner_uid(state: State, netuid: int) -> int | None:
    """The uid of the subnet's owner hotkey, None when it has none."""
    uid: int | None = Uids[state, netuid, SubnetOwnerHotkey[state, netuid]]
    return uid


def is_member(state: State, netuid: int, hotkey: bytes) -> bool:
    """Whether the hotkey has a uid on the subnet."""
    return bool(IsNetworkMember[state, hotkey, netuid])


def subnet_account(netuid: int) -> bytes:
    """The account that holds a subnet's TAO; nobody has its key."""
    return (_ACCOUNT_PREFIX + netuid.to_bytes(2, "little")).ljust(32, b"\0")


def is_subnet_account(account: bytes) -> bool:
    """Whether this is the account of some subnet."""
    return account.startswith(_ACCOUNT_PREFIX) and account[len(_ACCOUNT_PREFIX) + 2 :] == bytes(18)


def coldkey_of(state: State, hotkey: bytes) -> bytes | None:
    """The coldkey that owns a hotkey, None when nobody does."""
    coldkey: bytes = Owner[state, hotkey]
    return None if coldkey == NOBODY and not Owner.has(state, hotkey) else coldkey


def associate(state: State, coldkey: bytes, hotkey: bytes) -> None:
    """Makes `coldkey` the owner of a hotkey that has none; nothing happens when it has one."""
    if Owner.has(state, hotkey):
        return
    Owner[state, hotkey] = coldkey
    owned = OwnedHotkeys[state, coldkey]
    if hotkey not in owned:
        OwnedHotkeys[state, coldkey] = (*owned, hotkey)
