"""What an owner may do to the schedule of its subnet (rules 1.5)."""

from subnet.devnet.frame import Origin, ensure
from subnet.devnet.pallets.subtensor import errors, ownership
from subnet.devnet.pallets.subtensor.events import EpochTriggered, TempoSet
from subnet.devnet.pallets.subtensor.pallet import pallet
from subnet.devnet.pallets.subtensor.storage import (
    NOBODY,
    ActivityCutoffFactorMilli,
    AdminFreezeWindow,
    CommitRevealWeightsEnabled,
    LastEpochBlock,
    PendingEpochAt,
    Tempo,
)
from subnet.devnet.pallets.subtensor.subnets import schedule_of
from subnet.devnet.pallets.subtensor.types import NetUid
from subnet.devnet.scale import U16, U32
from subnet.devnet.state import State
from subnet.rules import schedule

TEMPO_RATE_LIMIT = 360  # blocks
LEAST_FACTOR, LARGEST_FACTOR = 1000, 50_000


@pallet.call(139, [("netuid", NetUid), ("tempo", U16)])
def set_tempo(state: State, origin: Origin, netuid: int, tempo: int) -> None:
    """Sets the blocks per epoch, 360 to 50400 for an owner, and starts a new epoch; a triggered one is off."""
    owner = ownership.owner_or_root(state, origin, netuid)
    if owner is not None:
        ensure(schedule.MIN_TEMPO <= tempo <= schedule.MAX_TEMPO, errors.TempoOutOfBounds)
        ownership.ensure_not_frozen(state, netuid)
        ownership.limit_action(state, owner, netuid, ownership.SET_TEMPO, TEMPO_RATE_LIMIT)
    Tempo[state, netuid] = tempo
    LastEpochBlock[state, netuid] = state.block
    PendingEpochAt[state, netuid] = 0
    state.deposit(TempoSet(netuid, tempo))


@pallet.call(141, [("netuid", NetUid)])
def trigger_epoch(state: State, origin: Origin, netuid: int) -> None:
    """Brings the next epoch forward, to AdminFreezeWindow blocks from now."""
    owner = ownership.owner_or_root(state, origin, netuid)
    ensure(not CommitRevealWeightsEnabled[state, netuid], errors.DynamicTempoBlockedByCommitReveal)
    ensure(PendingEpochAt[state, netuid] == 0, errors.EpochTriggerAlreadyPending)
    until_next = schedule.blocks_until_next_epoch(schedule_of(state, netuid), state.block)
    ensure(until_next >= AdminFreezeWindow[state], errors.AutoEpochAlreadyImminent)
    if owner is not None:
        ownership.limit_setting(state, netuid, "TriggerEpoch")
    fires_at = state.block + AdminFreezeWindow[state]
    PendingEpochAt[state, netuid] = fires_at
    state.deposit(EpochTriggered(netuid, owner or NOBODY, fires_at))


@pallet.call(140, [("netuid", NetUid), ("factor_milli", U32)])
def set_activity_cutoff_factor(state: State, origin: Origin, netuid: int, factor_milli: int) -> None:
    """Sets after how many thousandths of a tempo without weights a validator no longer counts."""
    owner = ownership.owner_or_root(state, origin, netuid)
    if owner is not None:
        ownership.ensure_not_frozen(state, netuid)
        ownership.limit_setting(state, netuid, "ActivityCutoffFactorMilli")
    in_bounds = LEAST_FACTOR <= factor_milli <= LARGEST_FACTOR
    ensure(in_bounds, errors.ActivityCutoffFactorMilliOutOfBounds)
    ActivityCutoffFactorMilli[state, netuid] = factor_milli
