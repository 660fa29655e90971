"""Hotkeys that others stake on, and who does (rules 12.8)."""

from typing import Any

from subnet.devnet.pallets.subtensor import storage
from subnet.devnet.pallets.subtensor.shares import nominators, stake_of
from subnet.devnet.pallets.subtensor.subnets import netuids
from subnet.devnet.pallets.subtensor.types import AccountId32
from subnet.devnet.scale import Option, Tuple, Vec
from subnet.devnet.state import State
from subnet.devnet.views import types
from subnet.devnet.views.api import DelegateInfo


@DelegateInfo.method(output=Vec(types.DelegateInfo))
def get_delegates(state: State) -> tuple[Any, ...]:
    """Every hotkey with a take of its own or with stake."""
    hotkeys = [hotkey for (hotkey,) in storage.Owner.all_keys(state) if _is_delegate(state, hotkey)]
    return tuple(_info(state, hotkey) for hotkey in hotkeys)


@DelegateInfo.method([("delegate_account", AccountId32)], output=Option(types.DelegateInfo))
def get_delegate(state: State, delegate_account: bytes) -> Any:
    """One of them; None for another hotkey."""
    return _info(state, delegate_account) if _is_delegate(state, delegate_account) else None


@DelegateInfo.method(
    [("delegatee_account", AccountId32)],
    output=Vec(Tuple(types.DelegateInfo, Tuple(types.CNetUid, types.CAlpha))),
)
def get_delegated(state: State, delegatee_account: bytes) -> tuple[Any, ...]:
    """What a coldkey has staked: the hotkey's info, and the subnet with the alpha in rao."""
    return tuple(
        (_info(state, hotkey), (netuid, amount))
        for hotkey in storage.StakingHotkeys[state, delegatee_account]
        for netuid in sorted(netuids(state))
        if (amount := stake_of(state, hotkey, delegatee_account, netuid))
    )


def _is_delegate(state: State, hotkey: bytes) -> bool:
    return storage.Delegates.has(state, hotkey) or any(True for _ in storage.Alpha.items(state, hotkey))


def _info(state: State, hotkey: bytes) -> Any:
    by_coldkey: dict[bytes, list[tuple[int, int]]] = {}
    for coldkey, netuid, amount in nominators(state, hotkey):
        by_coldkey.setdefault(coldkey, []).append((netuid, amount))
    registered = [
        netuid for netuid in sorted(netuids(state)) if storage.IsNetworkMember[state, hotkey, netuid]
    ]
    return types.DelegateInfo(
        delegate_ss58=hotkey,
        take=storage.Delegates[state, hotkey],
        nominators=tuple((coldkey, tuple(stakes)) for coldkey, stakes in by_coldkey.items()),
        owner_ss58=storage.Owner[state, hotkey],
        registrations=tuple(registered),
        validator_permits=tuple(netuid for netuid in registered if _has_permit(state, netuid, hotkey)),
        # Returns are estimates of the real chain from root dividends, which a young chain does not pay
        return_per_1000=0,
        total_daily_return=0,
    )


def _has_permit(state: State, netuid: int, hotkey: bytes) -> bool:
    uid, permits = storage.Uids[state, netuid, hotkey], storage.ValidatorPermit[state, netuid]
    return uid is not None and uid < len(permits) and permits[uid]
