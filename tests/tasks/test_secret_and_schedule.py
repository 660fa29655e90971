"""Instances are secret and never repeat; the schedule is public and even."""

import stat
from collections import Counter
from itertools import pairwise

import pytest

from subnet.tasks.draw import Draw
from subnet.tasks.reasoning import Demo
from subnet.tasks.schedule import family_at
from subnet.tasks.secret import Secret

MINE, YOURS = Secret(b"m" * 32), Secret(b"y" * 32)
FAMILIES = ("a", "b", "c", "d", "e")


def test_instances_do_not_repeat_within_ten_thousand_draws_and_differ_between_secrets():
    places = [(epoch, index) for epoch in range(100) for index in range(100)]
    mine = {MINE.seed(*place) for place in places}
    yours = {YOURS.seed(*place) for place in places}
    assert len(mine) == len(yours) == 10_000
    assert not mine & yours
    assert len({MINE.query_id(*place) for place in places}) == 10_000


def test_seeds_of_consecutive_draws_lie_far_apart():
    seeds = sorted(MINE.seed(1, index) for index in range(10_000))
    gaps = [later - earlier for earlier, later in pairwise(seeds)]
    assert min(gaps) > 1_000_000
    assert max(seeds) > 1 << 62


def test_the_same_secret_draws_the_same_tasks_and_another_does_not():
    source = Demo()
    drawn = [Draw(source, secret, 3, "0xab").tasks(range(8), 5.0) for secret in (MINE, MINE, YOURS)]
    first, again, other = [[(task.id, task.seed, task.reference) for task in tasks] for tasks in drawn]
    assert first == again
    assert not {seed for _, seed, _ in first} & {seed for _, seed, _ in other}
    assert [task.family for task in drawn[0]] == [task.family for task in drawn[2]]


def test_every_family_comes_once_in_each_run_through_the_schedule():
    drawn = [family_at(FAMILIES, "0x01", 9, index) for index in range(500)]
    assert Counter(drawn) == dict.fromkeys(FAMILIES, 100)
    assert all(set(drawn[start : start + 5]) == set(FAMILIES) for start in range(0, 500, 5))


def test_the_schedule_follows_the_block_hash_and_not_the_order_of_names():
    def order(block_hash, families=FAMILIES):
        return [family_at(families, block_hash, 1, index) for index in range(50)]

    assert order("0x01") == order("0x01", FAMILIES[::-1])
    assert order("0x01") != order("0x02")


def test_a_secret_is_made_once_for_its_owner_only(tmp_path):
    path = tmp_path / "task-secret"
    made = Secret.at(path)
    assert Secret.at(path).commitment() == made.commitment() != Secret.at(tmp_path / "other").commitment()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_damaged_secret_is_an_error_and_never_replaced(tmp_path):
    path = tmp_path / "task-secret"
    path.write_text("not a secret")
    with pytest.raises(ValueError, match="does not hold a task secret"):
        Secret.at(path)
    assert path.read_text() == "not a secret"


def test_a_secret_does_not_show_itself():
    assert (b"m" * 32).hex() not in repr(MINE)
    assert "mmm" not in repr(MINE)
