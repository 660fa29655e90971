"""Who may change a subnet's settings, when, and how often (rules 1.5, 3.4)."""

from subnet.devnet.frame import BadOrigin, Origin, ensure
from subnet.devnet.pallets.subtensor import errors
from subnet.devnet.pallets.subtensor.storage import (
    AdminFreezeWindow,
    LastRateLimitedBlock,
    OwnerHyperparamRateLimit,
    SubnetOwner,
    Tempo,
    TransactionKeyLastBlock,
)
from subnet.devnet.pallets.subtensor.subnets import ensure_exists, schedule_of
from subnet.devnet.scale import Variant
from subnet.devnet.state import State
from subnet.rules import schedule

# Numbers of the actions whose last use is kept by account and subnet
SET_WEIGHTS_VERSION_KEY, SET_OWNER_HOTKEY, SET_MECHANISM_COUNT, SET_EMISSION_SPLIT = 4, 5, 7, 8
TRIM, SET_TEMPO = 9, 11


def owner_or_root(state: State, origin: Origin, netuid: int) -> bytes | None:
    """The owner's coldkey, or None for root; raises SubnetNotExists and BadOrigin."""
    ensure_exists(state, netuid)
    if origin.kind == "root":
        return None
    coldkey = origin.signed()
    ensure(SubnetOwner[state, netuid] == coldkey, BadOrigin)
    return coldkey


def ensure_not_frozen(state: State, netuid: int) -> None:
    """Raises AdminActionProhibitedDuringWeightsWindow shortly before an epoch."""
    frozen = schedule.in_freeze_window(schedule_of(state, netuid), state.block, AdminFreezeWindow[state])
    ensure(not frozen, errors.AdminActionProhibitedDuringWeightsWindow)


def limit_setting(state: State, netuid: int, hyperparameter: str) -> None:
    """Lets an owner change one setting once in OwnerHyperparamRateLimit tempos; raises TxRateLimitExceeded."""
    key = Variant("OwnerHyperparamUpdate", (netuid, Variant(hyperparameter)))
    last, blocks = LastRateLimitedBlock[state, key], OwnerHyperparamRateLimit[state] * Tempo[state, netuid]
    ensure(last == 0 or state.block - last >= blocks, errors.TxRateLimitExceeded)
    LastRateLimitedBlock[state, key] = state.block


def limit_action(state: State, account: bytes, netuid: int, action: int, blocks: int) -> None:
    """Lets an account act once in so many blocks; raises TxRateLimitExceeded."""
    last = TransactionKeyLastBlock[state, account, netuid, action]
    ensure(last == 0 or state.block - last >= blocks, errors.TxRateLimitExceeded)
    TransactionKeyLastBlock[state, account, netuid, action] = state.block
