"""Weights by hash: commit_weights, and reveal_weights in the epoch that the reveal period names (rules 7.4, 7.5)."""

from typing import NamedTuple

from subnet.devnet.frame import Argument, DispatchError, Origin, ensure
from subnet.devnet.pallets.subtensor import errors, neurons, weights
from subnet.devnet.pallets.subtensor.events import (
    BatchCompletedWithErrors,
    BatchWeightItemFailed,
    BatchWeightsCompleted,
    WeightsCommitted,
    WeightsRevealed,
)
from subnet.devnet.pallets.subtensor.pallet import pallet
from subnet.devnet.pallets.subtensor.storage import (
    CommitRevealWeightsEnabled,
    LastUpdate,
    RevealPeriodEpochs,
    Uids,
    WeightCommits,
)
from subnet.devnet.pallets.subtensor.subnets import epoch_with_lookahead, mechanism_exists, storage_index
from subnet.devnet.pallets.subtensor.types import H256, CompactNetUids, MechId, NetUid
from subnet.devnet.pallets.subtensor.weights import Vote
from subnet.devnet.scale import U16, U64, Vec
from subnet.devnet.state import State
from subnet.rules import commits as rules
from subnet.rules.commits import Window

_REVEAL: list[Argument] = [("uids", Vec(U16)), ("values", Vec(U16)), ("salt", Vec(U16)), ("version_key", U64)]
_REVEAL_LISTS: list[Argument] = [
    ("uids_list", Vec(Vec(U16))),
    ("values_list", Vec(Vec(U16))),
    ("salts_list", Vec(Vec(U16))),
    ("version_keys", Vec(U64)),
]
U16s = tuple[int, ...]


class Commit(NamedTuple):
    """One hash that waits for its reveal; the last field is always 0 today."""

    hash: bytes
    epoch: int
    block: int
    unused: int = 0


@pallet.call(96, [("netuid", NetUid), ("commit_hash", H256)], pays=False)
def commit_weights(state: State, origin: Origin, netuid: int, commit_hash: bytes) -> None:
    """Commits the signing hotkey to weights that it reveals later."""
    _commit(state, origin.signed(), netuid, 0, commit_hash)


@pallet.call(115, [("netuid", NetUid), ("mecid", MechId), ("commit_hash", H256)], pays=False)
def commit_mechanism_weights(
    state: State, origin: Origin, netuid: int, mecid: int, commit_hash: bytes
) -> None:
    """commit_weights for one mechanism of a subnet."""
    _commit(state, origin.signed(), netuid, mecid, commit_hash)


@pallet.call(100, [("netuids", CompactNetUids), ("commit_hashes", Vec(H256))], pays=False)
def batch_commit_weights(
    state: State, origin: Origin, netuids: U16s, commit_hashes: tuple[bytes, ...]
) -> None:
    """commit_weights on several subnets; one that fails does not stop the others."""
    hotkey, failures = origin.signed(), 0
    ensure(len(netuids) == len(commit_hashes), errors.InputLengthsUnequal)
    for netuid, commit_hash in zip(netuids, commit_hashes, strict=True):
        try:
            with state.transaction():
                _commit(state, hotkey, netuid, 0, commit_hash)
        except DispatchError as error:
            failures += 1
            state.deposit(BatchWeightItemFailed(netuid, error.variant()))
    if failures:
        state.deposit(BatchCompletedWithErrors())
    state.deposit(BatchWeightsCompleted(netuids, hotkey))


@pallet.call(97, [("netuid", NetUid), *_REVEAL], pays=False)
def reveal_weights(
    state: State, origin: Origin, netuid: int, uids: U16s, values: U16s, salt: U16s, version_key: int
) -> None:
    """Sets the weights that the signing hotkey committed to."""
    _reveal(state, origin.signed(), Vote(netuid, 0, uids, values, version_key), salt)


@pallet.call(116, [("netuid", NetUid), ("mecid", MechId), *_REVEAL], pays=False)
def reveal_mechanism_weights(
    state: State,
    origin: Origin,
    netuid: int,
    mecid: int,
    uids: U16s,
    values: U16s,
    salt: U16s,
    version_key: int,
) -> None:
    """reveal_weights for one mechanism of a subnet."""
    _reveal(state, origin.signed(), Vote(netuid, mecid, uids, values, version_key), salt)


@pallet.call(98, [("netuid", NetUid), *_REVEAL_LISTS], pays=False)
def batch_reveal_weights(state: State, origin: Origin, netuid: int, *lists: tuple[U16s, ...]) -> None:
    """Reveals several commits of one subnet, in the order given; all or none."""
    hotkey = origin.signed()
    ensure(len({len(items) for items in lists}) == 1, errors.InputLengthsUnequal)
    for uids, values, salt, version_key in zip(*lists, strict=True):
        _reveal(state, hotkey, Vote(netuid, 0, uids, values, version_key), salt)


def ensure_may_commit(state: State, hotkey: bytes, netuid: int, mechid: int) -> int:
    """The uid that may commit now; raises what forbids it, in the chain's order, but for the version."""
    uid = Uids[state, netuid, hotkey]
    if uid is None:
        raise errors.HotKeyNotRegisteredInSubNet()
    ensure(not weights.too_soon(state, netuid, mechid, uid), errors.CommittingWeightsTooFast)
    return uid


def ensure_commits_on(state: State, netuid: int, mechid: int) -> None:
    """Raises unless the mechanism exists and its subnet takes commits."""
    ensure(mechanism_exists(state, netuid, mechid), errors.MechanismDoesNotExist)
    ensure(CommitRevealWeightsEnabled[state, netuid], errors.CommitRevealDisabled)


def window_of(state: State, netuid: int, commit: Commit) -> Window:
    """Whether a commit can be revealed now."""
    return rules.window(commit.epoch, epoch_with_lookahead(state, netuid), RevealPeriodEpochs[state, netuid])


def queue_of(state: State, index: int, hotkey: bytes) -> list[Commit]:
    """The hotkey's commits on one mechanism, oldest first, expired ones included."""
    return [Commit(*stored) for stored in WeightCommits[state, index, hotkey] or ()]


def hash_of(hotkey: bytes, vote: Vote, salt: U16s) -> bytes:
    """What a hotkey must have committed to reveal these weights."""
    preimage = rules.legacy_preimage(
        hotkey, vote.storage_index, vote.uids, vote.values, salt, vote.version_key
    )
    return rules.legacy_hash(preimage)


def _commit(state: State, hotkey: bytes, netuid: int, mechid: int, commit_hash: bytes) -> None:
    ensure_commits_on(state, netuid, mechid)
    uid = ensure_may_commit(state, hotkey, netuid, mechid)
    index = storage_index(netuid, mechid)
    live = [c for c in queue_of(state, index, hotkey) if window_of(state, netuid, c) is not Window.EXPIRED]
    ensure(len(live) < rules.MAX_LIVE_COMMITS, errors.TooManyUnrevealedCommits)
    live.append(Commit(commit_hash, epoch_with_lookahead(state, netuid), state.block))
    WeightCommits[state, index, hotkey] = tuple(map(tuple, live))
    neurons.put(LastUpdate, state, index, uid, state.block)
    state.deposit(WeightsCommitted(hotkey, index, commit_hash))


def _reveal(state: State, hotkey: bytes, vote: Vote, salt: U16s) -> None:
    ensure(CommitRevealWeightsEnabled[state, vote.netuid], errors.CommitRevealDisabled)
    queue = queue_of(state, vote.storage_index, hotkey)
    ensure(queue, errors.NoWeightsCommitFound)
    commit_hash = hash_of(hotkey, vote, salt)
    position = _position(state, vote.netuid, queue, commit_hash)
    rest = tuple(map(tuple, queue[position + 1 :]))
    if rest:
        WeightCommits[state, vote.storage_index, hotkey] = rest
    else:
        del WeightCommits[state, vote.storage_index, hotkey]
    weights.store(state, hotkey, vote, rate_limited=False)
    state.deposit(WeightsRevealed(hotkey, vote.storage_index, commit_hash))


def _position(state: State, netuid: int, queue: list[Commit], commit_hash: bytes) -> int:
    """Where the commit that is revealed stands in the queue; raises why it cannot be revealed."""
    windows = [window_of(state, netuid, commit) for commit in queue]
    live = [place for place, window in enumerate(windows) if window is not Window.EXPIRED]
    match = next((place for place in live if queue[place].hash == commit_hash), None)
    if match is None:
        expired = any(
            c.hash == commit_hash for c, w in zip(queue, windows, strict=True) if w is Window.EXPIRED
        )
        ensure(not expired, errors.ExpiredWeightCommit)
        ensure(live, errors.NoWeightsCommitFound)
        raise errors.InvalidRevealCommitHashNotMatch()
    ensure(windows[match] is Window.OPEN, errors.RevealTooEarly)
    return match
