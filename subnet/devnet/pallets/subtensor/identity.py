"""Who somebody says to be: identities of coldkeys and of subnets."""

from subnet.devnet.frame import BadOrigin, Origin, ensure
from subnet.devnet.pallets.subtensor.errors import HotKeyNotRegisteredInNetwork, InvalidIdentity
from subnet.devnet.pallets.subtensor.events import ChainIdentitySet, SubnetIdentitySet
from subnet.devnet.pallets.subtensor.pallet import pallet
from subnet.devnet.pallets.subtensor.storage import (
    IdentitiesV2,
    IsNetworkMember,
    OwnedHotkeys,
    SubnetIdentitiesV3,
    SubnetOwner,
)
from subnet.devnet.pallets.subtensor.subnets import ensure_exists
from subnet.devnet.pallets.subtensor.types import (
    CHAIN_IDENTITY_FIELDS,
    SUBNET_IDENTITY_FIELDS,
    ChainIdentityV2,
    NetUid,
    SubnetIdentityV3,
)
from subnet.devnet.scale import BYTES
from subnet.devnet.state import State

# Bytes a field may have: few for names, more for what is text or an address
_SHORT, _LONG = 256, 1024
_SHORT_OF_COLDKEY = ("name", "url", "github_repo", "discord")
_SHORT_OF_SUBNET = ("subnet_name", "discord")


@pallet.call(68, [(field, BYTES) for field in CHAIN_IDENTITY_FIELDS])
def set_identity(state: State, origin: Origin, *fields: bytes) -> None:
    """Publishes who the signing coldkey is; one of its hotkeys must be registered somewhere."""
    coldkey = origin.signed()
    registered = any(IsNetworkMember.all_keys(state, hotkey) for hotkey in OwnedHotkeys[state, coldkey])
    ensure(registered, HotKeyNotRegisteredInNetwork)
    _ensure_bounded(CHAIN_IDENTITY_FIELDS, fields, _SHORT_OF_COLDKEY)
    IdentitiesV2[state, coldkey] = ChainIdentityV2(*fields)
    state.deposit(ChainIdentitySet(coldkey))


@pallet.call(78, [("netuid", NetUid), *((field, BYTES) for field in SUBNET_IDENTITY_FIELDS)])
def set_subnet_identity(state: State, origin: Origin, netuid: int, *fields: bytes) -> None:
    """Publishes what a subnet is; signed by its owner."""
    ensure_exists(state, netuid)
    ensure(SubnetOwner[state, netuid] == origin.signed(), BadOrigin)
    store_subnet_identity(state, netuid, fields)


def store_subnet_identity(state: State, netuid: int, fields: tuple[bytes, ...]) -> None:
    """Stores a subnet's identity; raises InvalidIdentity when a field is too long."""
    _ensure_bounded(SUBNET_IDENTITY_FIELDS, fields, _SHORT_OF_SUBNET)
    SubnetIdentitiesV3[state, netuid] = SubnetIdentityV3(*fields)
    state.deposit(SubnetIdentitySet(netuid))


def _ensure_bounded(names: tuple[str, ...], fields: tuple[bytes, ...], short: tuple[str, ...]) -> None:
    limits = (_SHORT if name in short else _LONG for name in names)
    bounded = all(len(field) <= limit for field, limit in zip(fields, limits, strict=True))
    ensure(bounded, InvalidIdentity)
