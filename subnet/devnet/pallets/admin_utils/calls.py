"""The calls of AdminUtils that do more than write one value, and all others by their table (rules 3.4, 3.6)."""

from subnet.devnet.frame import Origin, ensure
from subnet.devnet.pallets.admin_utils import settings
from subnet.devnet.pallets.admin_utils.pallet import pallet
from subnet.devnet.pallets.subtensor import errors, events, nominations, ownership
from subnet.devnet.pallets.subtensor import storage as s
from subnet.devnet.pallets.subtensor.epochs_by_owner import set_tempo
from subnet.devnet.pallets.subtensor.trimming import trim
from subnet.devnet.pallets.subtensor.types import AccountId32, ConsensusMode, FixedU128, MechId, NetUid
from subnet.devnet.scale import U16, U64, Option, Vec
from subnet.devnet.state import State
from subnet.rules import schedule

__all__ = ["pallet"]

LEAST_ALPHA = 1638  # 0.025 of 65535
MECHANISM_RATE_LIMIT = 7200  # blocks
TRIM_RATE_LIMIT = {"localnet": 1, "mainnet": 216_000}  # blocks
VERSION_KEY_TEMPOS = 5

# Newer than the rules that this chain follows: collateral, and another consensus to measure liquid alpha by
pallet.refused_call(
    104, "sudo_set_liquid_alpha_consensus_mode", [("netuid", NetUid), ("mode", ConsensusMode)]
)
pallet.refused_call(98, "sudo_set_collateral_lock_share", [("netuid", NetUid), ("lock_share", U16)])
pallet.refused_call(99, "sudo_set_collateral_drain_ratio", [("netuid", NetUid), ("drain_ratio", FixedU128)])


@pallet.call(6, [("netuid", NetUid), ("weights_version_key", U64)], operational=True)
def sudo_set_weights_version_key(state: State, origin: Origin, netuid: int, weights_version_key: int) -> None:
    """Sets the oldest version of validators whose weights are taken; an owner may once in five tempos."""
    owner = ownership.owner_or_root(state, origin, netuid)
    if owner is not None:
        ownership.ensure_not_frozen(state, netuid)
        blocks = VERSION_KEY_TEMPOS * s.Tempo[state, netuid]
        ownership.limit_action(state, owner, netuid, ownership.SET_WEIGHTS_VERSION_KEY, blocks)
    s.WeightsVersionKey[state, netuid] = weights_version_key
    state.deposit(events.WeightsVersionKeySet(netuid, weights_version_key))


@pallet.call(30, [("netuid", NetUid), ("tempo", U16)], operational=True)
def sudo_set_tempo(state: State, origin: Origin, netuid: int, tempo: int) -> None:
    """Sets the blocks per epoch and starts a new epoch: 360 to 50400 for the owner, any number for root."""
    set_tempo(state, origin, netuid, tempo)


@pallet.call(51, [("netuid", NetUid), ("alpha_low", U16), ("alpha_high", U16)], operational=True)
def sudo_set_alpha_values(state: State, origin: Origin, netuid: int, alpha_low: int, alpha_high: int) -> None:
    """Sets the bounds between which liquid alpha moves bonds; for the owner or root."""
    owner = ownership.owner_or_root(state, origin, netuid)
    if owner is not None:
        ownership.ensure_not_frozen(state, netuid)
        ownership.limit_setting(state, netuid, "AlphaValues")
    ensure(s.LiquidAlphaOn[state, netuid], errors.LiquidAlphaDisabled)
    ensure(alpha_high >= LEAST_ALPHA, errors.AlphaHighTooLow)
    ensure(LEAST_ALPHA <= alpha_low <= alpha_high, errors.AlphaLowOutOfRange)
    s.AlphaValues[state, netuid] = (alpha_low, alpha_high)


@pallet.call(67, [("netuid", NetUid), ("hotkey", AccountId32)], operational=True)
def sudo_set_sn_owner_hotkey(state: State, origin: Origin, netuid: int, hotkey: bytes) -> None:
    """Names the hotkey that stands for the subnet's owner; for the owner or root."""
    owner = ownership.owner_or_root(state, origin, netuid)
    if owner is not None:
        ownership.ensure_not_frozen(state, netuid)
        ownership.limit_action(state, owner, netuid, ownership.SET_OWNER_HOTKEY, s.Tempo[state, netuid])
    s.SubnetOwnerHotkey[state, netuid] = hotkey


@pallet.call(76, [("netuid", NetUid), ("mechanism_count", MechId)], operational=True)
def sudo_set_mechanism_count(state: State, origin: Origin, netuid: int, mechanism_count: int) -> None:
    """Sets the number of mechanisms; what is stored for dropped ones is deleted (rules 3.6)."""
    owner = ownership.owner_or_root(state, origin, netuid)
    if owner is not None:
        ownership.ensure_not_frozen(state, netuid)
        action = ownership.SET_MECHANISM_COUNT
        ownership.limit_action(state, owner, netuid, action, MECHANISM_RATE_LIMIT)
    ensure(0 < mechanism_count <= s.MaxMechanismCount[state], errors.InvalidValue)
    uids = s.MaxAllowedUids[state, netuid]
    ensure(mechanism_count * uids <= settings.LARGEST_SUBNET, errors.TooManyUIDsPerMechanism)
    for mechid in range(mechanism_count, s.MechanismCountCurrent[state, netuid]):
        _delete_mechanism(state, schedule.storage_index(netuid, mechid))
    s.MechanismCountCurrent[state, netuid] = mechanism_count
    del s.MechanismEmissionSplit[state, netuid]


@pallet.call(77, [("netuid", NetUid), ("maybe_split", Option(Vec(U16)))], operational=True)
def sudo_set_mechanism_emission_split(
    state: State, origin: Origin, netuid: int, maybe_split: tuple[int, ...] | None
) -> None:
    """Sets the shares of the mechanisms, of 65535 in sum; none splits evenly."""
    owner = ownership.owner_or_root(state, origin, netuid)
    if owner is not None:
        ownership.ensure_not_frozen(state, netuid)
        action = ownership.SET_EMISSION_SPLIT
        ownership.limit_action(state, owner, netuid, action, MECHANISM_RATE_LIMIT)
    if maybe_split is None:
        del s.MechanismEmissionSplit[state, netuid]
        return
    complete = len(maybe_split) == s.MechanismCountCurrent[state, netuid]
    ensure(complete and sum(maybe_split) == schedule.U16_MAX, errors.InvalidValue)
    s.MechanismEmissionSplit[state, netuid] = maybe_split


@pallet.call(78, [("netuid", NetUid), ("max_n", U16)], operational=True)
def sudo_trim_to_max_allowed_uids(state: State, origin: Origin, netuid: int, max_n: int) -> None:
    """Lowers the maximum of uids and removes the neurons that earned least; uids change (rules 4.7)."""
    owner = ownership.owner_or_root(state, origin, netuid)
    if owner is not None:
        ownership.ensure_not_frozen(state, netuid)
        blocks = TRIM_RATE_LIMIT[state.config.preset]
        ownership.limit_action(state, owner, netuid, ownership.TRIM, blocks)
    trim(state, netuid, max_n)


@pallet.call(43, [("min_stake", U64)], operational=True)
def sudo_set_nominator_min_required_stake(state: State, origin: Origin, min_stake: int) -> None:
    """Sets the least nomination, in millionths of the least stake; smaller ones are sold when it rises."""
    origin.root()
    before = s.NominatorMinRequiredStake[state]
    s.NominatorMinRequiredStake[state] = min_stake
    if min_stake > before:
        nominations.clear_all_small(state)


def _delete_mechanism(state: State, index: int) -> None:
    for rows in (s.Weights, s.Bonds, s.WeightCommits, s.TimelockedWeightCommits):
        rows.clear(state, index)
    for vector in (s.Incentive, s.LastUpdate, s.ConsensusByMechanism):
        del vector[state, index]
