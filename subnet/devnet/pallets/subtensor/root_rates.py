"""How much of a subnet's alpha a root staker has earned: a rate that only rises, less what was had or missed.

`RootClaimable` counts alpha for each rao of root stake since the beginning. Whoever stakes later has missed what
the rate was worth until then, which `RootClaimed` notes as if it had been claimed. Rounding never favours a staker,
so that what all may claim is never more than what was set aside.
"""

from subnet.devnet.pallets.subtensor.storage import RootClaimable, RootClaimed
from subnet.devnet.state import State
from subnet.rules.fixed import I96F32


def owed(state: State, hotkey: bytes, coldkey: bytes, root_stake: int) -> dict[int, int]:
    """Rao of alpha, by subnet, that a coldkey with this root stake on a hotkey has not claimed yet."""
    earned = {
        netuid: (rate.bits * root_stake) >> I96F32.fraction_bits
        for netuid, rate in RootClaimable[state, hotkey]
    }
    open_claims = {
        netuid: had - RootClaimed[state, netuid, hotkey, coldkey] for netuid, had in earned.items()
    }
    return {netuid: alpha for netuid, alpha in open_claims.items() if alpha > 0}


def claimed(state: State, hotkey: bytes, coldkey: bytes, netuid: int, alpha: int) -> None:
    """Notes that a coldkey has had so much more."""
    RootClaimed[state, netuid, hotkey, coldkey] = RootClaimed[state, netuid, hotkey, coldkey] + alpha


def joined(state: State, hotkey: bytes, coldkey: bytes, root_stake: int) -> None:
    """Notes what new root stake has missed."""
    for netuid, rate in RootClaimable[state, hotkey]:
        missed = -(-rate.bits * root_stake >> I96F32.fraction_bits)
        claimed(state, hotkey, coldkey, netuid, missed)


def left(state: State, hotkey: bytes, coldkey: bytes, root_stake: int) -> None:
    """Takes back what root stake that goes had missed or had; what it had not claimed stays unclaimed for ever."""
    for netuid, rate in RootClaimable[state, hotkey]:
        before = RootClaimed[state, netuid, hotkey, coldkey]
        after = before - (rate.bits * root_stake >> I96F32.fraction_bits)
        if after > 0:
            RootClaimed[state, netuid, hotkey, coldkey] = after
        elif before:
            del RootClaimed[state, netuid, hotkey, coldkey]


def forget(state: State, netuid: int) -> None:
    """Removes the rates of a subnet that is gone, so that one of the same number starts from nothing."""
    for (hotkey,), rates in list(RootClaimable.items(state)):
        RootClaimable[state, hotkey] = tuple(entry for entry in rates if entry[0] != netuid)


def renamed(state: State, old: bytes, new: bytes) -> dict[tuple[int, bytes], int]:
    """Moves the rates of a hotkey to another and returns what each coldkey had claimed, by subnet and coldkey.

    To be called before the stake moves and to be followed by `restored`, because moving stake changes claims.
    """
    rates = RootClaimable[state, old]
    if not rates:
        return {}
    had = {
        (netuid, coldkey): alpha
        for netuid, _ in rates
        for (coldkey,), alpha in list(RootClaimed.items(state, netuid, old))
    }
    for netuid, coldkey in had:
        del RootClaimed[state, netuid, old, coldkey]
    del RootClaimable[state, old]
    RootClaimable[state, new] = rates
    return had


def restored(state: State, hotkey: bytes, had: dict[tuple[int, bytes], int]) -> None:
    """Writes what each coldkey had claimed of a hotkey that got another's stake and rates."""
    for netuid, _ in RootClaimable[state, hotkey]:
        RootClaimed.clear(state, netuid, hotkey)
    for (netuid, coldkey), alpha in had.items():
        RootClaimed[state, netuid, hotkey, coldkey] = alpha
