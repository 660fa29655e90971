"""Hidden tests decide about code, for several answers at once, each on its own."""

import threading

from reward.code import CODE
from subnet.protocol import Answer, Message, Query, Reply
from subnet.tasks.base import Task, Undecided


def reply_of(text: str) -> Reply:
    return Reply(Answer(query_id="0123456789abcdef", text=text, model="m"), seconds=0.0)


def task_of(verify: object) -> Task:
    query = Query(id="0123456789abcdef", messages=(Message(role="user", content="write"),), seconds=10.0)
    return Task("family", 1, query, "", verify)  # type: ignore[arg-type]


def test_each_answer_is_judged_by_itself_and_silence_is_worth_nothing() -> None:
    def verify(text: str) -> float:
        if text == "stuck":
            raise Undecided("the sandbox failed")
        return {"right": 1.0, "half": 0.5}.get(text, 0.0)

    replies = [
        reply_of("right"),
        reply_of("half"),
        reply_of("wrong"),
        Reply.missing("timeout", 1.0),
        reply_of("stuck"),
    ]
    right, half, wrong, silent, stuck = CODE(task_of(verify), replies)
    assert (right.value, half.value, wrong.value, silent.value) == (1.0, 0.0, 0.0, 0.0)
    assert stuck.evidence < right.evidence == 1.0


def test_several_verifiers_wait_at_the_same_time() -> None:
    meeting = threading.Barrier(2, timeout=60)

    def verify(text: str) -> float:
        meeting.wait()
        return 1.0

    rewards = CODE(task_of(verify), [reply_of("a"), reply_of("b")])
    assert [reward.value for reward in rewards] == [1.0, 1.0]
