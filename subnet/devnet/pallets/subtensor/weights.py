"""Setting weights in plain sight, and the checks that weights go through however they come (rules 7.1)."""

from collections.abc import Sequence
from typing import NamedTuple

from subnet.devnet.frame import Argument, DispatchError, Origin, ensure
from subnet.devnet.pallets.subtensor import errors, neurons, stake_weight
from subnet.devnet.pallets.subtensor.events import (
    BatchCompletedWithErrors,
    BatchWeightItemFailed,
    BatchWeightsCompleted,
    WeightsSet,
)
from subnet.devnet.pallets.subtensor.pallet import pallet
from subnet.devnet.pallets.subtensor.storage import (
    CommitRevealWeightsEnabled,
    LastUpdate,
    MaxWeightsLimit,
    MinAllowedWeights,
    StakeThreshold,
    SubnetworkN,
    Uids,
    ValidatorPermit,
    Weights,
    WeightsSetRateLimit,
    WeightsVersionKey,
)
from subnet.devnet.pallets.subtensor.subnets import ROOT, mechanism_exists, owner_uid, storage_index
from subnet.devnet.pallets.subtensor.types import CompactNetUids, CompactUidWeights, MechId, NetUid
from subnet.devnet.scale import U16, U64, Compact, Vec
from subnet.devnet.state import State
from subnet.rules import weights as rules

_VECTORS: list[Argument] = [("dests", Vec(U16)), ("weights", Vec(U16)), ("version_key", U64)]


class Vote(NamedTuple):
    """Weights that somebody wants set on one mechanism."""

    netuid: int
    mechid: int
    uids: Sequence[int]
    values: Sequence[int]
    version_key: int

    @property
    def storage_index(self) -> int:
        """Where this mechanism's weights are stored."""
        return storage_index(self.netuid, self.mechid)


@pallet.call(0, [("netuid", NetUid), *_VECTORS], pays=False)
def set_weights(
    state: State,
    origin: Origin,
    netuid: int,
    dests: tuple[int, ...],
    weights: tuple[int, ...],
    version_key: int,
) -> None:
    """Sets the signing hotkey's weights on the subnet; refused where weights are committed instead."""
    set_plain(state, origin.signed(), Vote(netuid, 0, dests, weights, version_key))


@pallet.call(119, [("netuid", NetUid), ("mecid", MechId), *_VECTORS], pays=False)
def set_mechanism_weights(
    state: State,
    origin: Origin,
    netuid: int,
    mecid: int,
    dests: tuple[int, ...],
    weights: tuple[int, ...],
    version_key: int,
) -> None:
    """set_weights for one mechanism of a subnet."""
    set_plain(state, origin.signed(), Vote(netuid, mecid, dests, weights, version_key))


@pallet.call(
    80,
    [("netuids", CompactNetUids), ("weights", Vec(CompactUidWeights)), ("version_keys", Vec(Compact(U64)))],
    pays=False,
)
def batch_set_weights(
    state: State,
    origin: Origin,
    netuids: tuple[int, ...],
    weights: tuple[tuple[tuple[int, int], ...], ...],
    version_keys: tuple[int, ...],
) -> None:
    """set_weights on several subnets; one that fails does not stop the others."""
    hotkey = origin.signed()
    ensure(len(netuids) == len(weights) == len(version_keys), errors.InputLengthsUnequal)
    failures = 0
    for netuid, row, version_key in zip(netuids, weights, version_keys, strict=True):
        uids, values = [uid for uid, _ in row], [value for _, value in row]
        try:
            with state.transaction():
                set_plain(state, hotkey, Vote(netuid, 0, uids, values, version_key))
        except DispatchError as error:
            failures += 1
            state.deposit(BatchWeightItemFailed(netuid, error.variant()))
    if failures:
        state.deposit(BatchCompletedWithErrors())
    state.deposit(BatchWeightsCompleted(netuids, hotkey))


def set_plain(state: State, hotkey: bytes, vote: Vote) -> None:
    """Sets weights without a commit, at most once per WeightsSetRateLimit blocks."""
    ensure(not CommitRevealWeightsEnabled[state, vote.netuid], errors.CommitRevealEnabled)
    uid = store(state, hotkey, vote, rate_limited=True)
    neurons.put(LastUpdate, state, vote.storage_index, uid, state.block)


def store(state: State, hotkey: bytes, vote: Vote, *, rate_limited: bool) -> int:
    """Checks weights in the chain's order and stores them, zero entries included; returns the sender's uid.

    Only plain weights are rate-limited: a commit has been when it was made.
    """
    uid = _sender(state, hotkey, vote)
    oldest = WeightsVersionKey[state, vote.netuid]
    ensure(rules.version_allowed(vote.version_key, oldest), errors.IncorrectWeightVersionKey)
    if rate_limited:
        ensure(not too_soon(state, vote.netuid, vote.mechid, uid), errors.SettingWeightsTooFast)
    _ensure_permitted(state, uid, vote)
    _ensure_well_formed(state, uid, vote)
    upscaled = rules.max_upscaled_u16(vote.values)
    Weights[state, vote.storage_index, uid] = tuple(zip(vote.uids, upscaled, strict=True))
    state.deposit(WeightsSet(vote.storage_index, uid))
    return uid


def _sender(state: State, hotkey: bytes, vote: Vote) -> int:
    """The uid of the sender; raises what is wrong with the subnet, the sizes or the stake (checks 1 to 6)."""
    ensure(vote.netuid != ROOT, errors.CanNotSetRootNetworkWeights)
    ensure(len(vote.uids) == len(vote.values), errors.WeightVecNotEqualSize)
    ensure(mechanism_exists(state, vote.netuid, vote.mechid), errors.MechanismDoesNotExist)
    ensure(len(vote.uids) <= SubnetworkN[state, vote.netuid], errors.UidsLengthExceedUidsInSubNet)
    uid = Uids[state, vote.netuid, hotkey]
    if uid is None:
        raise errors.HotKeyNotRegisteredInSubNet()
    ensure(has_enough_stake(state, vote.netuid, hotkey), errors.NotEnoughStakeToSetWeights)
    return uid


def _ensure_permitted(state: State, uid: int, vote: Vote) -> None:
    permits = ValidatorPermit[state, vote.netuid]
    permitted = uid < len(permits) and permits[uid]
    exempt = rules.is_self_weight(uid, vote.uids) or uid == owner_uid(state, vote.netuid)
    ensure(permitted or exempt, errors.NeuronNoValidatorPermit)


def _ensure_well_formed(state: State, uid: int, vote: Vote) -> None:
    """Raises what is wrong with the vectors themselves (checks 10 to 13)."""
    count = SubnetworkN[state, vote.netuid]
    ensure(not rules.has_duplicates(vote.uids), errors.DuplicateUids)
    ensure(not rules.has_invalid_uid(vote.uids, count), errors.UidVecContainInvalidOne)
    least = MinAllowedWeights[state, vote.netuid]
    ensure(rules.length_allowed(uid, vote.uids, count, least), errors.WeightVecLengthIsLow)
    limit = MaxWeightsLimit[state, vote.netuid]
    ensure(rules.max_share_within(rules.max_upscaled_u16(vote.values), limit), errors.MaxWeightExceeded)


def has_enough_stake(state: State, netuid: int, hotkey: bytes) -> bool:
    """Whether the stake weight reaches StakeThreshold; the subnet owner's hotkey needs none."""
    threshold = StakeThreshold[state]
    if threshold == 0 or stake_weight.weight(state, netuid, hotkey) >= threshold:
        return True
    uid = Uids[state, netuid, hotkey]
    return uid is not None and uid == owner_uid(state, netuid)


def too_soon(state: State, netuid: int, mechid: int, uid: int) -> bool:
    """Whether the neuron set or committed weights less than WeightsSetRateLimit blocks ago."""
    updates = LastUpdate[state, storage_index(netuid, mechid)]
    last = updates[uid] if uid < len(updates) else 0
    return not rules.rate_limit_passed(last, state.block, WeightsSetRateLimit[state, netuid])
