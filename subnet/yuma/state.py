"""What an epoch is given and what it gives back."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from subnet.rules.fixed import I64F64
from subnet.rules.schedule import activity_cutoff
from subnet.yuma.arithmetic import Fixed, Mask
from subnet.yuma.bonds import LiquidAlpha
from subnet.yuma.matrix import Matrix


@dataclass(frozen=True, slots=True)
class Rules:
    """Hyperparameters of the subnet, in the chain's units and with the values a new network has."""

    kappa: int = 32_767
    tempo: int = 360
    activity_cutoff_factor_milli: int = 13_889
    max_allowed_validators: int = 64
    stake_threshold: int = 0
    bonds_moving_average: int = 900_000
    bonds_penalty: int = 65_535
    yuma3: bool = True
    liquid_alpha: bool = False
    liquid: LiquidAlpha = field(default_factory=LiquidAlpha)
    commit_reveal: bool = False

    @property
    def activity_cutoff(self) -> int:
        """Blocks without an update after which a neuron's stake no longer votes."""
        return activity_cutoff(self.activity_cutoff_factor_milli, self.tempo)


@dataclass(frozen=True, slots=True)
class Moment:
    """When the epoch runs and on what: the block, rao to distribute, block of the last mechanism step (0: none)."""

    now: int
    emission: int
    last_step: int = 0


@dataclass(frozen=True)
class Neurons:
    """Per-uid state; every sequence has one entry for each uid.

    `stake` is the stake weight as raw I64F64 (see `rules.stake.weight_raw`; `in_rao` builds it from plain
    amounts), `last_update` and `registered_at` are blocks, `permit` the permits of the last epoch, `owner`
    the uid of the owner hotkey, `commit_block` each uid's earliest live commit (see `rules.commits`), needed
    only with commit-reveal.
    """

    stake: Sequence[int]
    last_update: Sequence[int]
    registered_at: Sequence[int]
    permit: Sequence[bool]
    owner: int | None = None
    commit_block: Sequence[int] | None = None

    @property
    def count(self) -> int:
        """Number of uids."""
        return len(self.stake)

    @classmethod
    def settled(cls, stake_rao: Sequence[int], now: int, owner: int | None = None) -> "Neurons":
        """A subnet at rest: everybody with stake is permitted and has just updated; registrations are old.

        `stake_rao` is the stake weight in rao; `now` the block of the epoch, at least 1.
        """
        count = len(stake_rao)
        permit = [amount > 0 for amount in stake_rao]
        return cls(in_rao(stake_rao), [now] * count, [0] * count, permit, owner)


def in_rao(amounts: Sequence[int]) -> list[int]:
    """Stake weights in rao as the raw I64F64 that `Neurons.stake` holds."""
    return [I64F64.from_int(amount) for amount in amounts]


@dataclass(frozen=True, eq=False)
class Outcome:
    """What the chain stores after an epoch, and the rao it assigns; vectors have one entry per uid.

    `stake_weight`, `consensus`, `incentive`, `dividends` and `validator_trust` are u16 shares in int64
    arrays. `bonds` holds a row for each uid with a permit. Emissions are rao of alpha; `emission` may exceed
    the sum of server and validator parts by a rounding unit.
    """

    active: Mask
    validator_permit: Mask
    stake_weight: Fixed
    consensus: Fixed
    incentive: Fixed
    dividends: Fixed
    validator_trust: Fixed
    server_emission: Fixed
    validator_emission: Fixed
    emission: Fixed
    bonds: Matrix

    @property
    def count(self) -> int:
        """Number of uids."""
        return int(np.size(self.emission))
