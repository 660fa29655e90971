"""Weights that open by themselves: timelocked commits and their reveal with a drand pulse (rules 7.6).

A commit is encrypted to a round of the drand beacon. Once the chain holds the pulse of that round, the weights
are decrypted at the start of the block of the right epoch, before emission. Without the pulse a commit waits
until its epoch has passed and is then lost: an offline chain gets pulses only from who stores them.
"""

from typing import NamedTuple

from subnet.devnet.frame import DispatchError, Origin, ensure
from subnet.devnet.pallets import drand
from subnet.devnet.pallets.subtensor import errors, neurons, weights
from subnet.devnet.pallets.subtensor.commits import ensure_commits_on, ensure_may_commit
from subnet.devnet.pallets.subtensor.events import TimelockedWeightsCommitted, TimelockedWeightsRevealed
from subnet.devnet.pallets.subtensor.pallet import pallet
from subnet.devnet.pallets.subtensor.storage import (
    CommitRevealWeightsVersion,
    LastUpdate,
    MaxEpochsPerBlock,
    RevealPeriodEpochs,
    TimelockedWeightCommits,
)
from subnet.devnet.pallets.subtensor.subnets import (
    ROOT,
    epoch_with_lookahead,
    netuids,
    schedule_of,
    storage_indices,
)
from subnet.devnet.pallets.subtensor.types import BoundedBytes, MechId, NetUid
from subnet.devnet.pallets.subtensor.weights import Vote
from subnet.devnet.quicknet import opened
from subnet.devnet.scale import BYTES, U16, U64, ScaleError, Tuple, Vec, decode_all
from subnet.devnet.state import State
from subnet.devnet.storage import blake2_256
from subnet.rules import commits as rules
from subnet.rules import schedule

_COMMIT = [("commit", BoundedBytes), ("reveal_round", U64), ("commit_reveal_version", U16)]
_PAYLOAD = Tuple(BYTES, Vec(U16), Vec(U16), U64)
_PAYLOAD_WITHOUT_HOTKEY = Tuple(Vec(U16), Vec(U16), U64)


class Sealed(NamedTuple):
    """One timelocked commit as it is stored."""

    hotkey: bytes
    block: int
    ciphertext: bytes
    round: int


@pallet.call(113, [("netuid", NetUid), *_COMMIT], pays=False)
def commit_timelocked_weights(
    state: State, origin: Origin, netuid: int, commit: bytes, reveal_round: int, commit_reveal_version: int
) -> None:
    """Commits the signing hotkey to weights that the chain opens once drand has published `reveal_round`."""
    seal(state, netuid, 0, Sealed(origin.signed(), state.block, commit, reveal_round), commit_reveal_version)


@pallet.call(118, [("netuid", NetUid), ("mecid", MechId), *_COMMIT], pays=False)
def commit_timelocked_mechanism_weights(
    state: State,
    origin: Origin,
    netuid: int,
    mecid: int,
    commit: bytes,
    reveal_round: int,
    commit_reveal_version: int,
) -> None:
    """commit_timelocked_weights for one mechanism of a subnet."""
    sealed = Sealed(origin.signed(), state.block, commit, reveal_round)
    seal(state, netuid, mecid, sealed, commit_reveal_version)


def seal(state: State, netuid: int, mechid: int, sealed: Sealed, version: int) -> None:
    """Queues a commit under the epoch of this block (the checks are in the chain's order)."""
    ensure_commits_on(state, netuid, mechid)
    ensure(version == CommitRevealWeightsVersion[state], errors.IncorrectCommitRevealVersion)
    uid = ensure_may_commit(state, sealed.hotkey, netuid, mechid)
    ensure(len(sealed.ciphertext) <= rules.MAX_TIMELOCKED_BYTES, errors.InvalidValue)
    ensure(sealed.round >= drand.LastStoredRound[state], errors.InvalidRevealRound)
    index, epoch = schedule.storage_index(netuid, mechid), epoch_with_lookahead(state, netuid)
    queue = TimelockedWeightCommits[state, index, epoch]
    own = sum(hotkey == sealed.hotkey for hotkey, *_ in queue)
    ensure(own < rules.MAX_LIVE_COMMITS, errors.TooManyUnrevealedCommits)
    TimelockedWeightCommits[state, index, epoch] = (*queue, tuple(sealed))
    neurons.put(LastUpdate, state, index, uid, state.block)
    digest = blake2_256(sealed.ciphertext)
    state.deposit(TimelockedWeightsCommitted(sealed.hotkey, index, digest, sealed.round))


@pallet.on_initialize(order=30)
def reveal_timelocked(state: State) -> None:
    """Opens the commits whose epoch has come, on all subnets whose epoch is not deferred (rules 1.2, step 3)."""
    subnets = [netuid for netuid in netuids(state) if netuid != ROOT]
    due = [netuid for netuid in subnets if schedule.due(schedule_of(state, netuid), state.block)]
    _, deferred = schedule.split_by_cap(due, MaxEpochsPerBlock[state])
    for netuid in subnets:
        if netuid not in deferred:
            _open_subnet(state, netuid)


def _open_subnet(state: State, netuid: int) -> None:
    target = rules.timelock_target(epoch_with_lookahead(state, netuid), RevealPeriodEpochs[state, netuid])
    if target is None:
        return
    for mechid, index in enumerate(storage_indices(state, netuid)):
        for (epoch,) in TimelockedWeightCommits.all_keys(state, index):
            if epoch < target:
                del TimelockedWeightCommits[state, index, epoch]
        _open_queue(state, netuid, mechid, target)


def _open_queue(state: State, netuid: int, mechid: int, epoch: int) -> None:
    index = schedule.storage_index(netuid, mechid)
    queue = [Sealed(*stored) for stored in TimelockedWeightCommits[state, index, epoch]]
    waiting = [sealed for sealed in queue if drand.Pulses[state, sealed.round] is None]
    if len(waiting) == len(queue):
        return
    if waiting:
        TimelockedWeightCommits[state, index, epoch] = tuple(map(tuple, waiting))
    else:
        del TimelockedWeightCommits[state, index, epoch]
    for sealed in queue:
        if sealed not in waiting:
            _open(state, netuid, mechid, sealed)


def _open(state: State, netuid: int, mechid: int, sealed: Sealed) -> None:
    """Sets the weights of one commit; one that cannot be opened or set is dropped silently, as on the real chain."""
    pulse = drand.Pulses[state, sealed.round]
    content = opened(sealed.ciphertext, pulse.signature) if pulse else None
    vote = None if content is None else _vote(netuid, mechid, sealed.hotkey, content)
    if vote is None:
        return
    try:
        with state.transaction():
            weights.store(state, sealed.hotkey, vote, rate_limited=False)
            state.deposit(TimelockedWeightsRevealed(vote.storage_index, sealed.hotkey))
    except DispatchError:
        return


def _vote(netuid: int, mechid: int, hotkey: bytes, content: bytes) -> Vote | None:
    """The weights within an opened commit; None when they are no weights or somebody else's."""
    try:
        named, uids, values, version_key = decode_all(_PAYLOAD, content)
        return Vote(netuid, mechid, uids, values, version_key) if named == hotkey else None
    except ScaleError:
        pass
    try:
        uids, values, version_key = decode_all(_PAYLOAD_WITHOUT_HOTKEY, content)
    except ScaleError:
        return None
    return Vote(netuid, mechid, uids, values, version_key)
