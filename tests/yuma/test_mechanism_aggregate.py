"""Several mechanisms of one subnet shown as one."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from subnet.rules.schedule import mechanism_split
from subnet.yuma import Matrix, Moment, Neurons, Outcome, Rules, aggregated, epoch
from subnet.yuma.mechanisms import _scaled


def outcome(target: int, emission: int) -> Outcome:
    neurons = Neurons.settled([10, 0, 0], 1000)
    return epoch(Matrix.of({0: [(target, 1)]}, 3), Matrix.empty(3), neurons, Rules(), Moment(1000, emission))


def test_amounts_are_summed_and_shares_weighted_by_emission() -> None:
    parts = mechanism_split(1000, 2, [16384, 49151])
    both = aggregated([outcome(1, parts[0]), outcome(2, parts[1])], parts)
    assert both.consensus.tolist() == [0, 65535 * parts[0] // 1000, 65535 * parts[1] // 1000]
    assert both.emission.sum() <= 1000
    assert both.server_emission[1] in (parts[0] // 2, parts[0] // 2 - 1)
    assert both.validator_permit.tolist() == [True, False, False]


def test_without_emission_the_first_mechanism_counts_alone() -> None:
    both = aggregated([outcome(1, 0), outcome(2, 0)], [0, 0])
    assert both.consensus.tolist() == [0, 65535, 0]


def test_one_mechanism_is_shown_as_it_is() -> None:
    alone = outcome(1, 10**9)
    shown = aggregated([alone], [10**9])
    for name in ("active", "dividends", "consensus", "validator_trust", "stake_weight", "emission"):
        assert getattr(shown, name).tolist() == getattr(alone, name).tolist()


@given(st.lists(st.integers(0, 65535), min_size=1), st.integers(0, 2**64))
def test_scaling_by_a_64_bit_fraction_is_exact(values: list[int], factor: int) -> None:
    assert _scaled(np.array(values), factor).tolist() == [value * factor >> 64 for value in values]
