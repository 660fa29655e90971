"""Stake by coldkey and hotkey (rules 12.8)."""

from typing import Any

from subnet.devnet.chain_types import sorted_map
from subnet.devnet.pallets.subtensor import storage
from subnet.devnet.pallets.subtensor.pool import pool_of
from subnet.devnet.pallets.subtensor.shares import stake_of
from subnet.devnet.pallets.subtensor.subnets import is_member, netuids
from subnet.devnet.pallets.subtensor.types import AccountId32, FixedU128, NetUid
from subnet.devnet.scale import U64, Option, Tuple, Vec
from subnet.devnet.state import State
from subnet.devnet.views import types
from subnet.devnet.views.api import StakeInfo
from subnet.rules import pool as rules

Place = tuple[bytes, int]
PLACE = Option(Tuple(AccountId32, NetUid))
# A map goes over the wire as its entries in key order
_BySubnet = sorted_map(NetUid, types.StakeAvailability)
_ByColdkey = sorted_map(AccountId32, _BySubnet)


@StakeInfo.method([("coldkey_account", AccountId32)], output=Vec(types.StakeInfo))
def get_stake_info_for_coldkey(state: State, coldkey_account: bytes) -> tuple[Any, ...]:
    """Every position of a coldkey that holds something."""
    subnets = sorted(netuids(state))
    positions = [
        _info(state, hotkey, coldkey_account, netuid)
        for hotkey in storage.StakingHotkeys[state, coldkey_account]
        for netuid in subnets
        if storage.Alpha.has(state, hotkey, coldkey_account, netuid)
    ]
    return tuple(position for position in positions if position.stake)


@StakeInfo.method(
    [("coldkey_accounts", Vec(AccountId32))], output=Vec(Tuple(AccountId32, Vec(types.StakeInfo)))
)
def get_stake_info_for_coldkeys(state: State, coldkey_accounts: tuple[bytes, ...]) -> tuple[Any, ...]:
    """The positions of several coldkeys."""
    return tuple((coldkey, get_stake_info_for_coldkey(state, coldkey)) for coldkey in coldkey_accounts)


@StakeInfo.method(
    [("hotkey_account", AccountId32), ("coldkey_account", AccountId32), ("netuid", NetUid)],
    output=Option(types.StakeInfo),
)
def get_stake_info_for_hotkey_coldkey_netuid(
    state: State, hotkey_account: bytes, coldkey_account: bytes, netuid: int
) -> Any:
    """One position, which may be empty."""
    return _info(state, hotkey_account, coldkey_account, netuid)


@StakeInfo.method(
    [("coldkey_accounts", Vec(AccountId32)), ("netuids", Option(Vec(NetUid)))], output=_ByColdkey
)
def get_stake_availability_for_coldkeys(
    state: State, coldkey_accounts: tuple[bytes, ...], netuids: tuple[int, ...] | None
) -> tuple[Any, ...]:
    """Each coldkey's alpha by subnet, over all hotkeys; all of it is available, as this chain has no locks."""
    return tuple((coldkey, _available(state, coldkey, netuids)) for coldkey in sorted(set(coldkey_accounts)))


@StakeInfo.method(
    [
        ("origin", PLACE),
        ("origin_coldkey_account", AccountId32),
        ("destination", PLACE),
        ("destination_coldkey_account", AccountId32),
        ("amount", U64),
    ],
    output=U64,
)
def get_stake_fee(
    state: State,
    origin: Place | None,
    origin_coldkey_account: bytes,
    destination: Place | None,
    destination_coldkey_account: bytes,
    amount: int,
) -> int:
    """The fee of staking (no origin), unstaking (no destination) or moving `amount`, in the unit that is sold."""
    traded = [place[1] for place in (origin, destination) if place is not None]
    if len(traded) == 2 and traded[0] == traded[1]:
        return 0
    dynamic = [pool for pool in (pool_of(state, netuid) for netuid in traded) if not pool.stable]
    return rules.fee(amount, dynamic[0].fee_rate) if dynamic else 0


@StakeInfo.method([("hotkey", AccountId32), ("netuid", NetUid)], output=FixedU128)
def get_hotkey_conviction(state: State, hotkey: bytes, netuid: int) -> Any:
    """0: this chain has no locks, and conviction comes from locks."""
    return FixedU128(0)


@StakeInfo.method([("netuid", NetUid)], output=Option(AccountId32))
def get_most_convicted_hotkey_on_subnet(state: State, netuid: int) -> None:
    """None, for the same reason."""


def _info(state: State, hotkey: bytes, coldkey: bytes, netuid: int) -> Any:
    return types.StakeInfo(
        hotkey=hotkey,
        coldkey=coldkey,
        netuid=netuid,
        stake=stake_of(state, hotkey, coldkey, netuid),
        locked=0,
        emission=storage.AlphaDividendsPerSubnet[state, netuid, hotkey],
        tao_emission=0,
        drain=0,
        is_registered=is_member(state, netuid, hotkey),
    )


def _available(state: State, coldkey: bytes, wanted: tuple[int, ...] | None) -> tuple[Any, ...]:
    held: dict[int, int] = {}
    for position in get_stake_info_for_coldkey(state, coldkey):
        if wanted is None or position.netuid in wanted:
            held[position.netuid] = held.get(position.netuid, 0) + position.stake
    return tuple((netuid, types.StakeAvailability(held[netuid], 0, held[netuid])) for netuid in sorted(held))
