"""Miners are asked to sample with a seed of the validator's, and it can be made again once the secret is out."""

import pytest

from subnet.attackers.strategies import answered
from subnet.recording import Recorder, recorded
from subnet.tasks import TASKS
from subnet.tasks.audit import Asked, Made, audited
from subnet.tasks.draw import Draw
from subnet.tasks.mix import Mix, mixed
from subnet.tasks.pledge import Pledge
from subnet.tasks.sampling import Sampling, sampling_named
from subnet.tasks.secret import Secret
from subnet.validator.round import Judgement, Moment, Round
from tests.attacks.network import PLAIN
from tests.attacks.test_attack_relay import RELAY

SECRET = Secret(b"s" * 32)
SAMPLING = Sampling(0.8, 64)


def seeded():
    """A mix whose queries carry a sampling seed."""
    mix = mixed("demo", TASKS)
    return Mix(mix.entries, SAMPLING)


def test_every_query_has_the_sampling_and_a_seed_of_its_own():
    tasks = Draw(seeded(), SECRET, 3, "0x00").tasks(range(20), 5.0)
    assert {(task.query.temperature, task.query.top_k) for task in tasks} == {(0.8, 64)}
    assert len({task.query.seed for task in tasks}) == 20
    assert not {task.query.seed for task in tasks} & {task.seed for task in tasks}


def test_without_the_setting_a_query_has_no_seed():
    (task,) = Draw(mixed("demo", TASKS), SECRET, 3, "0x00").tasks([1], 5.0)
    assert task.query.seed is None


def test_a_recording_keeps_the_sampling(tmp_path):
    (task,) = Draw(seeded(), SECRET, 3, "0x00").tasks([1], 5.0)
    reply = answered(task, "1")
    played = Round(Moment("r", 3, 30), (Judgement(RELAY, task, reply, PLAIN(task, [reply])[0]),))
    Recorder(tmp_path).write(played)
    (read,) = recorded(tmp_path, mixed("demo", TASKS))
    assert read.judgements[0].task.query == task.query


def test_an_audit_finds_seeds_that_are_not_those_of_the_secret():
    tasks = Draw(seeded(), SECRET, 3, "0x00").tasks(range(4), 5.0)
    secret = SECRET.of_epoch(3)
    later = SECRET.of_epoch(5)
    made = [
        Made(10, Pledge(3, secret.commitment())),
        Made(60, Pledge(5, later.commitment(), 3, secret.revealed())),
    ]
    honest = [task.query for task in tasks]
    assert not audited(Asked(3, 20, "0x00", honest), made, seeded()).problems
    ground = [honest[0].model_copy(update={"seed": secret.seed(0)}), *honest[1:]]
    assert audited(Asked(3, 20, "0x00", ground), made, seeded()).problems == (
        "1 of 4 tasks are not those of the revealed secret",
    )


@pytest.mark.parametrize(
    ("text", "sampling"), [("", None), ("1", Sampling(1.0)), ("0.5:8", Sampling(0.5, 8))]
)
def test_a_sampling_is_named_by_temperature_and_candidates(text, sampling):
    assert sampling_named(text) == sampling


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "3", "warm", "1:", "1:0", "1:2000", "1:x"])
def test_what_is_no_sampling_is_refused_in_one_line(text):
    with pytest.raises(ValueError, match=text):
        sampling_named(text)
