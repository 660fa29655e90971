"""What is wrong with weights before they reach the pool, as the numbers that clients know (rules 2.7)."""

from subnet.devnet.frame import BoundCall, custom
from subnet.devnet.pallets import drand
from subnet.devnet.pallets.subtensor import commits, weights
from subnet.devnet.pallets.subtensor.pallet import pallet
from subnet.devnet.pallets.subtensor.storage import CommitRevealWeightsEnabled, Uids
from subnet.devnet.pallets.subtensor.weights import Vote
from subnet.devnet.state import State
from subnet.rules.commits import Window

STAKE_TOO_LOW, RATE_LIMIT, REVEAL_ROUND, NO_COMMIT, NOT_IN_WINDOW, UNEQUAL_LENGTHS = 1, 6, 15, 16, 17, 18

_SET = ("set_weights", "set_mechanism_weights")
_COMMIT = ("commit_weights", "commit_mechanism_weights")
_TIMELOCKED = ("commit_timelocked_weights", "commit_timelocked_mechanism_weights")
_REVEAL = ("reveal_weights", "reveal_mechanism_weights")


@pallet.validate(*_SET, *_COMMIT, *_TIMELOCKED, *_REVEAL, "batch_reveal_weights")
def validate_stake(state: State, who: bytes, call: BoundCall) -> None:
    """Refuses who has too little stake to have a say."""
    if not weights.has_enough_stake(state, call.args.netuid, who):
        raise custom(STAKE_TOO_LOW)


@pallet.validate("batch_set_weights", "batch_commit_weights")
def validate_batch(state: State, who: bytes, call: BoundCall) -> None:
    """Refuses lists that do not fit each other, and who has too little stake on one of the subnets."""
    if len({len(items) for items in call.args}) != 1:
        raise custom(UNEQUAL_LENGTHS)
    if not all(weights.has_enough_stake(state, netuid, who) for netuid in call.args.netuids):
        raise custom(STAKE_TOO_LOW)


@pallet.validate(*_SET, *_COMMIT)
def validate_rate(state: State, who: bytes, call: BoundCall) -> None:
    """Refuses weights that come too soon after the last; plain ones only where plain ones are taken."""
    netuid, mechid = call.args.netuid, getattr(call.args, "mecid", 0)
    if call.name in _SET and CommitRevealWeightsEnabled[state, netuid]:
        return
    uid = Uids[state, netuid, who]
    if uid is not None and weights.too_soon(state, netuid, mechid, uid):
        raise custom(RATE_LIMIT)


@pallet.validate(*_TIMELOCKED)
def validate_round(state: State, who: bytes, call: BoundCall) -> None:
    """Refuses a commit to a round that has passed."""
    if call.args.reveal_round < drand.LastStoredRound[state]:
        raise custom(REVEAL_ROUND)


@pallet.validate(*_REVEAL)
def validate_reveal(state: State, who: bytes, call: BoundCall) -> None:
    """Refuses a reveal that matches no commit, or comes outside of its epoch."""
    args = call.args
    vote = Vote(args.netuid, getattr(args, "mecid", 0), args.uids, args.values, args.version_key)
    _ensure_revealable(state, who, vote, args.salt)


@pallet.validate("batch_reveal_weights")
def validate_batch_reveal(state: State, who: bytes, call: BoundCall) -> None:
    """validate_reveal for each of several."""
    netuid, *lists = call.args
    if len({len(items) for items in lists}) != 1:
        raise custom(UNEQUAL_LENGTHS)
    for uids, values, salt, version_key in zip(*lists, strict=True):
        _ensure_revealable(state, who, Vote(netuid, 0, uids, values, version_key), salt)


def _ensure_revealable(state: State, who: bytes, vote: Vote, salt: tuple[int, ...]) -> None:
    wanted = commits.hash_of(who, vote, salt)
    match = next((c for c in commits.queue_of(state, vote.storage_index, who) if c.hash == wanted), None)
    if match is None:
        raise custom(NO_COMMIT)
    if commits.window_of(state, vote.netuid, match) is not Window.OPEN:
        raise custom(NOT_IN_WINDOW)
