"""Several mechanisms of one subnet: each runs its own epoch, what a uid shows is their weighted sum."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from subnet.rules.fixed import U16_MAX
from subnet.yuma.arithmetic import Fixed, Mask
from subnet.yuma.state import Outcome


@dataclass(frozen=True, eq=False)
class Aggregate:
    """Per-uid values of the whole subnet; incentive and bonds stay with each mechanism's `Outcome`."""

    active: Mask
    validator_permit: Mask
    stake_weight: Fixed
    consensus: Fixed
    dividends: Fixed
    validator_trust: Fixed
    server_emission: Fixed
    validator_emission: Fixed
    emission: Fixed


def aggregated(outcomes: Sequence[Outcome], emissions: Sequence[int]) -> Aggregate:
    """Join the mechanisms' outcomes; `emissions` is what each was given, in rao (`schedule.mechanism_split`).

    Shares are weighted by emission, floored for each mechanism and capped at 65535; amounts are summed;
    activity and permits hold if any mechanism grants them. Without emission mechanism 0 counts alone.
    """
    factors = _factors(emissions)

    def joined(name: str) -> Fixed:
        parts = [_scaled(getattr(o, name), factor) for o, factor in zip(outcomes, factors, strict=True)]
        return np.asarray(np.minimum(np.sum(parts, axis=0), U16_MAX))

    return Aggregate(
        active=np.any([o.active for o in outcomes], axis=0),
        validator_permit=np.any([o.validator_permit for o in outcomes], axis=0),
        stake_weight=joined("stake_weight"),
        consensus=joined("consensus"),
        dividends=joined("dividends"),
        validator_trust=joined("validator_trust"),
        server_emission=np.sum([o.server_emission for o in outcomes], axis=0),
        validator_emission=np.sum([o.validator_emission for o in outcomes], axis=0),
        emission=np.sum([o.emission for o in outcomes], axis=0),
    )


def _factors(emissions: Sequence[int]) -> list[int]:
    """Each mechanism's part of the emission as raw U64F64."""
    whole = sum(emissions)
    if whole == 0:
        return [1 << 64] + [0] * (len(emissions) - 1)
    return [(part << 64) // whole for part in emissions]


def _scaled(values: Fixed, factor: int) -> Fixed:
    """u16 values times a U64F64 factor of at most 1, floored, without leaving 64 bits."""
    high, low = factor >> 32, factor & 0xFFFFFFFF
    return (values * high + ((values * low) >> 32)) >> 32
