"""One epoch of a subnet: its stored state goes into `subnet.yuma`, what comes out is stored (rules 10)."""

from typing import Any, NamedTuple, TypeVar

from subnet import yuma
from subnet.devnet.pallets.subtensor import storage
from subnet.devnet.pallets.subtensor.events import IncentiveAlphaEmittedToMiners
from subnet.devnet.pallets.subtensor.stake_weight import inherited
from subnet.devnet.pallets.subtensor.storage import (
    BlockAtRegistration,
    Bonds,
    ConsensusByMechanism,
    Incentive,
    Keys,
    LastMechansimStepBlock,
    LastUpdate,
    MechanismEmissionSplit,
    SubnetworkN,
    TimelockedWeightCommits,
    ValidatorPermit,
    WeightCommits,
    Weights,
)
from subnet.devnet.pallets.subtensor.subnets import epoch_with_lookahead, owner_uid, storage_indices
from subnet.devnet.state import State
from subnet.devnet.storage import StorageMap
from subnet.rules import commits
from subnet.rules.schedule import mechanism_split

T = TypeVar("T")


class Earned(NamedTuple):
    """Rao of alpha that the neurons of a subnet earned, one entry per uid."""

    hotkeys: list[bytes]
    incentives: list[int]
    dividends: list[int]


def run_epoch(state: State, netuid: int, emission: int) -> Earned:
    """Runs every mechanism on its part of `emission` (rao of alpha) and stores what the epoch decided."""
    hotkeys = hotkeys_of(state, netuid)
    indices = storage_indices(state, netuid)
    parts = mechanism_split(emission, len(indices), MechanismEmissionSplit[state, netuid])
    rules, everyone = _rules(state, netuid), _Everyone.read(state, netuid, hotkeys)
    outcomes = []
    for index, part in zip(indices, parts, strict=True):
        moment = yuma.Moment(state.block, part, LastMechansimStepBlock[state, netuid])
        neurons = everyone.neurons(state, netuid, index, rules.commit_reveal)
        weights, bonds = _matrix(state, Weights, index, neurons), _matrix(state, Bonds, index, neurons)
        outcomes.append(yuma.epoch(weights, bonds, neurons, rules, moment))
        _store_mechanism(state, index, outcomes[-1])
    whole = yuma.aggregated(outcomes, parts)
    _store(state, netuid, whole)
    return Earned(hotkeys, whole.server_emission.tolist(), whole.validator_emission.tolist())


def hotkeys_of(state: State, netuid: int) -> list[bytes]:
    """The hotkey of each uid."""
    return [Keys[state, netuid, uid] for uid in range(SubnetworkN[state, netuid])]


class _Everyone(NamedTuple):
    """What all mechanisms of a subnet read alike."""

    hotkeys: list[bytes]
    stake: list[int]
    registered_at: list[int]
    permit: list[bool]
    owner: int | None

    @classmethod
    def read(cls, state: State, netuid: int, hotkeys: list[bytes]) -> "_Everyone":
        count = len(hotkeys)
        return cls(
            hotkeys,
            [inherited(state, netuid, hotkey).weight_raw for hotkey in hotkeys],
            [BlockAtRegistration[state, netuid, uid] for uid in range(count)],
            _padded(ValidatorPermit[state, netuid], count, False),
            owner_uid(state, netuid),
        )

    def neurons(self, state: State, netuid: int, index: int, commit_reveal: bool) -> yuma.Neurons:
        """The neurons as one mechanism sees them."""
        updates = _padded(LastUpdate[state, index], len(self.hotkeys), 0)
        committed = _commit_blocks(state, netuid, index, self.hotkeys) if commit_reveal else None
        return yuma.Neurons(self.stake, updates, self.registered_at, self.permit, self.owner, committed)


def _padded(values: tuple[T, ...], count: int, missing: T) -> list[T]:
    return [*values[:count], *[missing] * (count - len(values))]


def _rules(state: State, netuid: int) -> yuma.Rules:
    low, high = storage.AlphaValues[state, netuid]
    return yuma.Rules(
        kappa=storage.Kappa[state, netuid],
        tempo=storage.Tempo[state, netuid],
        activity_cutoff_factor_milli=storage.ActivityCutoffFactorMilli[state, netuid],
        max_allowed_validators=storage.MaxAllowedValidators[state, netuid],
        stake_threshold=storage.StakeThreshold[state],
        bonds_moving_average=storage.BondsMovingAverage[state, netuid],
        bonds_penalty=storage.BondsPenalty[state, netuid],
        yuma3=storage.Yuma3On[state, netuid],
        liquid_alpha=storage.LiquidAlphaOn[state, netuid],
        liquid=yuma.LiquidAlpha(low, high, storage.AlphaSigmoidSteepness[state, netuid]),
        commit_reveal=storage.CommitRevealWeightsEnabled[state, netuid],
    )


def _matrix(state: State, item: StorageMap[Any], index: int, neurons: yuma.Neurons) -> yuma.Matrix:
    return yuma.Matrix.of({uid: row for (uid,), row in item.items(state, index)}, neurons.count)


def _commit_blocks(state: State, netuid: int, index: int, hotkeys: list[bytes]) -> list[int]:
    """The block of each neuron's earliest commit that is still to be revealed (rules 7.8)."""
    now, period = epoch_with_lookahead(state, netuid), storage.RevealPeriodEpochs[state, netuid]
    blocks: dict[bytes, list[int]] = {}
    for _, queue in TimelockedWeightCommits.items(state, index):
        for hotkey, block, _, _ in queue:
            blocks.setdefault(hotkey, []).append(block)
    for (hotkey,), hashed in WeightCommits.items(state, index):
        for _, epoch, block, _ in hashed or ():
            if commits.window(epoch, now, period) is not commits.Window.EXPIRED:
                blocks.setdefault(hotkey, []).append(block)
    return [commits.commit_block(blocks.get(hotkey, ())) for hotkey in hotkeys]


def _store_mechanism(state: State, index: int, outcome: yuma.Outcome) -> None:
    incentive = tuple(outcome.incentive.tolist())
    Incentive[state, index] = incentive
    ConsensusByMechanism[state, index] = tuple(outcome.consensus.tolist())
    rows = outcome.bonds.rows()
    for (uid,) in Bonds.all_keys(state, index):
        if uid not in rows:
            del Bonds[state, index, uid]
    for uid, row in rows.items():
        Bonds[state, index, uid] = tuple(row)
    state.deposit(IncentiveAlphaEmittedToMiners(index, tuple(outcome.server_emission.tolist())))


def _store(state: State, netuid: int, whole: yuma.Aggregate) -> None:
    storage.Active[state, netuid] = tuple(whole.active.tolist())
    storage.Emission[state, netuid] = tuple(whole.emission.tolist())
    storage.Consensus[state, netuid] = tuple(whole.consensus.tolist())
    storage.Dividends[state, netuid] = tuple(whole.dividends.tolist())
    storage.ValidatorTrust[state, netuid] = tuple(whole.validator_trust.tolist())
    storage.StakeWeight[state, netuid] = tuple(whole.stake_weight.tolist())
    storage.ValidatorPermit[state, netuid] = tuple(whole.validator_permit.tolist())
