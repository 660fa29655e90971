"""A recording gives back what was played, and lets another judge look at it."""

import pytest

from reward.default import DEFAULT
from reward.rubric import Rubric
from subnet.protocol import Answer, Reply
from subnet.recording import Recorder, recorded, rejudged
from subnet.tasks.draw import Draw
from subnet.tasks.reasoning import Demo
from subnet.tasks.secret import Secret
from subnet.validator.round import Bench, Moment, play

SOURCE = Demo()


class Half:
    """Every other peer answers right, the rest is silent."""

    def __init__(self, tasks):
        self.references = {task.id: task.reference for task in tasks}

    async def ask_all(self, peers, query, seconds):
        return {peer.hotkey: self.reply(place, query) for place, peer in enumerate(peers)}

    def reply(self, place, query):
        if place % 2:
            return Reply.missing("timeout", 1.5, "no answer before the deadline")
        return Reply(Answer(query_id=query.id, text=self.references[query.id], model="m"), 0.25)


async def rounds(peer, count):
    peers = [peer(name, address=name != "c") for name in "abcd"]
    for number in range(count):
        tasks = Draw(SOURCE, Secret(b"s" * 32), number // 3, "0x00").tasks([number, number + 100], 5.0)
        moment = Moment(f"round-{number}", number // 3, number * 10)
        yield await play(moment, tasks, peers, Bench(Half(tasks), DEFAULT))


def plain(played):
    """A round without the verifiers, which are functions and equal nothing."""
    return [
        (j.peer, j.task.query, j.task.reference, j.task.seed, j.reply, j.reward) for j in played.judgements
    ]


async def test_what_is_read_is_what_was_played(tmp_path, peer):
    recorder, played = Recorder(tmp_path), [played async for played in rounds(peer, 7)]
    for each in played:
        recorder.write(each)
    read = list(recorded(tmp_path, SOURCE))
    assert [each.moment for each in read] == [each.moment for each in played]
    assert [plain(each) for each in read] == [plain(each) for each in played]
    assert [each.observations() for each in read] == [each.observations() for each in played]
    assert len(list(tmp_path.iterdir())) == 3


async def test_the_same_judge_finds_the_same_and_another_finds_something_else(tmp_path, peer):
    def silence_is_golden(task, reply):
        return 0.25

    recorder = Recorder(tmp_path)
    async for played in rounds(peer, 2):
        recorder.write(played)
    for read in recorded(tmp_path, SOURCE):
        assert plain(rejudged(read, DEFAULT)) == plain(read)
        values = [
            judgement.reward.value for judgement in rejudged(read, Rubric({silence_is_golden: 1})).judgements
        ]
        assert values == [0.25, 0.0] * 4


@pytest.mark.parametrize(
    "line", ["{}", "no json", '{"format": 99}', "[]", '{"format": 1, "moment": {}, "tasks": 3}']
)
def test_a_damaged_line_is_named(tmp_path, line):
    (tmp_path / "epoch-00000001.jsonl").write_text(line + "\n")
    with pytest.raises(ValueError, match="line 1: not a round"):
        list(recorded(tmp_path, SOURCE))
