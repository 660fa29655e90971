"""A round: asked under one deadline, judged without names, and frozen."""

import asyncio
import dataclasses
import threading

import pytest

from reward.default import DEFAULT
from subnet.errors import ConditionError
from subnet.protocol import Reply
from subnet.validator.round import Bench, Moment, play

MOMENT = Moment("round-1", 3, 777)


class Scripted:
    """Replies by hotkey and task id; who is not in the script is silent."""

    def __init__(self, answer, script):
        self.answer, self.script, self.asked = answer, script, []

    async def ask_all(self, peers, query, seconds):
        self.asked.append((query.id, seconds))
        await asyncio.sleep(0)
        return {peer.hotkey: self.reply(peer.hotkey, query) for peer in peers}

    def reply(self, hotkey, query):
        text = self.script.get((hotkey, query.id))
        return Reply.missing("timeout", 1.0) if text is None else self.answer(query, text)


async def test_rewards_are_put_beside_those_who_earned_them(peer, task, answer):
    peers, tasks = [peer("b"), peer("a"), peer("c")], [task("task-0001"), task("task-0002", "7")]
    asker = Scripted(answer, {("a", "task-0001"): "42", ("b", "task-0002"): "7", ("a", "task-0002"): "8"})
    played = await play(MOMENT, tasks, peers, Bench(asker, DEFAULT))
    found = {(seen.hotkey, seen.task_id): seen.value for seen in played.observations()}
    assert found == {
        ("a", "task-0001"): 1.0,
        ("b", "task-0001"): 0.0,
        ("c", "task-0001"): 0.0,
        ("a", "task-0002"): 0.0,
        ("b", "task-0002"): 1.0,
        ("c", "task-0002"): 0.0,
    }
    assert asker.asked == [("task-0001", 1.0), ("task-0002", 1.0)]


async def test_an_observation_tells_when_how_long_and_why_not_but_no_text(peer, task, answer):
    played = await play(MOMENT, [task()], [peer("a", registered_at=9)], Bench(Scripted(answer, {}), DEFAULT))
    (seen,) = played.observations()
    assert (seen.block, seen.epoch, seen.round_id, seen.registered_at) == (777, 3, "round-1", 9)
    assert (seen.value, seen.evidence, seen.failure, seen.seconds) == (0.0, 1.0, "timeout", 1.0)
    assert "42" not in repr(seen)
    assert not hasattr(seen, "uid")


async def test_a_round_is_frozen(peer, task, answer):
    played = await play(MOMENT, [task()], [peer("a")], Bench(Scripted(answer, {}), DEFAULT))
    with pytest.raises(dataclasses.FrozenInstanceError):
        played.moment = None


async def test_a_judge_that_forgets_somebody_is_a_programming_error(peer, task, answer):
    with pytest.raises(ValueError, match="zip"):
        await play(MOMENT, [task()], [peer("a")], Bench(Scripted(answer, {}), lambda task, replies: []))


async def test_the_loop_goes_on_while_a_judge_thinks_and_a_judge_that_never_ends_is_given_up(
    peer, task, answer, monkeypatch
):
    gate, ticks = threading.Event(), []

    async def tick():
        while True:
            ticks.append(1)
            await asyncio.sleep(0.01)

    ticking = asyncio.create_task(tick())
    with pytest.raises(ConditionError, match="did not judge a round"):
        await play(
            MOMENT,
            [task()],
            [peer("a")],
            Bench(Scripted(answer, {}), lambda task, replies: gate.wait(10), 0.2),
        )
    gate.set()
    ticking.cancel()
    assert len(ticks) > 5
