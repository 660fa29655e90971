"""When epochs are due, deferred and frozen; how emission is split over mechanisms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subnet.rules import schedule
from subnet.rules.schedule import Schedule


def test_an_epoch_is_due_exactly_tempo_blocks_after_the_last() -> None:
    subnet = Schedule(tempo=50, last_epoch_block=100)
    assert [now for now in range(140, 153) if schedule.due(subnet, now)] == [150, 151, 152]


def test_a_subnet_without_tempo_never_runs() -> None:
    stopped = Schedule(tempo=0, last_epoch_block=0, pending_epoch_at=1, blocks_since_last_step=10**6)
    assert not schedule.due(stopped, 10**6)
    assert schedule.next_epoch_start(stopped) is None
    assert schedule.blocks_until_next_epoch(stopped, 5) == 2**64 - 1


def test_a_triggered_epoch_is_due_at_its_block() -> None:
    subnet = Schedule(tempo=50, last_epoch_block=100, pending_epoch_at=120)
    assert not schedule.due(subnet, 119)
    assert schedule.due(subnet, 120)


def test_a_subnet_that_was_skipped_too_long_is_due() -> None:
    assert schedule.due(Schedule(65535, 100, 0, schedule.MAX_TEMPO + 1), 101)


@pytest.mark.parametrize(("pending", "start"), [(0, 150), (120, 120), (200, 150)])
def test_the_next_epoch_is_the_earlier_of_automatic_and_triggered(pending: int, start: int) -> None:
    assert schedule.next_epoch_start(Schedule(50, 100, pending)) == start


def test_lookahead_counts_the_epoch_due_in_this_block() -> None:
    subnet = Schedule(10, 100)
    assert [schedule.epoch_with_lookahead(subnet, 7, now) for now in (109, 110)] == [7, 8]


@given(st.integers(1, 50400), st.integers(0, 10**6), st.integers(0, 10**6))
def test_an_epoch_is_due_once_no_blocks_are_left(tempo: int, last: int, later: int) -> None:
    subnet = Schedule(tempo, last)
    assert schedule.due(subnet, last + later) == (schedule.blocks_until_next_epoch(subnet, last + later) == 0)


@given(st.integers(1, 4095), st.integers(1, 50400), st.integers(0, 10**6))
def test_the_first_epoch_is_at_most_one_tempo_away(netuid: int, tempo: int, now: int) -> None:
    first = Schedule(tempo, schedule.first_last_epoch_block(netuid, tempo, now))
    assert schedule.blocks_until_next_epoch(first, now) <= tempo


def test_due_subnets_beyond_the_cap_are_deferred_in_storage_order() -> None:
    order = schedule.storage_order([257, 3, 256, 1, 2])
    assert order == [256, 1, 257, 2, 3]
    assert schedule.split_by_cap(order) == ([256, 1], [257, 2, 3])


def test_settings_freeze_near_an_epoch_and_while_one_is_triggered() -> None:
    assert not schedule.in_freeze_window(Schedule(100, 0), 90)
    assert schedule.in_freeze_window(Schedule(100, 0), 91)
    assert schedule.in_freeze_window(Schedule(100, 0, pending_epoch_at=60), 50)


def test_activity_cutoff_follows_the_tempo_and_is_at_least_one_block() -> None:
    assert schedule.activity_cutoff(13_889, 360) == 5000
    assert schedule.activity_cutoff(13_889, 1) == 13
    assert schedule.activity_cutoff(0, 360) == 1
    assert [schedule.inactive(10, 13, now) for now in (23, 24)] == [False, True]


def test_storage_indices_of_mechanisms() -> None:
    assert schedule.storage_index(2048, 1) == 6144
    assert schedule.storage_index(4095, 15) == 65535
    assert schedule.from_storage_index(6144) == (2048, 1)
    with pytest.raises(ValueError, match="below 4096"):
        schedule.storage_index(4096, 0)


def test_mechanism_zero_receives_what_the_split_leaves() -> None:
    assert schedule.mechanism_split(10, 4) == [4, 2, 2, 2]
    assert schedule.mechanism_split(19, 5, [3450, 6899, 10348, 17247, 27594]) == [1, 2, 3, 5, 8]


@given(st.integers(0, 2**63), st.lists(st.integers(0, 65535), min_size=1, max_size=16))
def test_a_split_loses_nothing(total: int, split: list[int]) -> None:
    assert sum(schedule.mechanism_split(total, len(split), split)) == total
    assert sum(schedule.mechanism_split(total, len(split))) == total
