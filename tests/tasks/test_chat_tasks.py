"""Chat: the reference is made by the validator's own model before anybody is asked, and kept with the recording."""

import asyncio

import pytest
from aiohttp import web

from neurons.reference_model import reference_model
from neurons.validator_parts import assembled
from subnet.errors import SettingsError
from subnet.protocol import Reply
from subnet.recording import Recorder, recorded
from subnet.settings import ValidatorSettings
from subnet.tasks import TASKS
from subnet.tasks.base import Reward
from subnet.tasks.chat import Chat, alikeness
from subnet.tasks.draw import Draw
from subnet.tasks.mix import mixed
from subnet.tasks.references import finished
from subnet.tasks.secret import Secret
from subnet.validator.round import Judgement, Moment, Round
from tests.validator.conftest import make_peer

GOOD = (
    "Advise them to wait until spring, because half of the money is needed elsewhere and the goods keep well."
)
ALIKE = "They should wait until spring: half the money is needed elsewhere, and such goods keep very well."


def question(family="advise", seed=1):
    return Chat().make(family, seed, "chat-0001", 5.0)


async def own_model(query):
    return GOOD


@pytest.mark.parametrize("family", Chat.families)
def test_questions_do_not_repeat_and_nothing_is_right_before_there_is_a_reference(family):
    made = [question(family, seed) for seed in range(3000)]
    assert len({task.query.messages for task in made}) == 3000
    assert made[0].reference == ""
    assert made[0].verify(GOOD) == made[0].verify("") == 0.0


async def test_the_own_model_s_answer_becomes_the_reference():
    (task,) = await finished([question()], own_model, 1.0)
    assert task.reference == GOOD
    assert task.query == question().query
    assert task.verify(GOOD) == 1.0
    assert task.verify(ALIKE) > task.solved_from
    for other in ("", "I cannot say.", "Bananas are yellow and grow in bunches.", "x" * 100_000):
        assert task.verify(other) < task.solved_from


async def test_tasks_without_a_reference_are_left_out_and_others_stay():
    async def silent(query):
        await asyncio.Event().wait()

    async def empty(query):
        return " \n"

    async def failed(query):
        return None

    text = mixed("text", TASKS).make("extract@1", 1, "text-0001", 5.0)
    for model in (silent, empty, failed, None):
        assert await finished([text, question()], model, 0.05) == [text]


def test_a_list_of_all_words_is_less_alike_than_an_answer():
    stuffed = GOOD + " " + " ".join(f"word{number}" for number in range(200))
    assert alikeness(GOOD, stuffed) < alikeness(GOOD, ALIKE)


async def test_a_recording_keeps_the_reference_that_nobody_can_make_again(tmp_path):
    mix = mixed("chat=1,demo=1", TASKS)
    tasks = await finished(Draw(mix, Secret(b"s" * 32), 1, "0x00").tasks(range(4), 5.0), own_model, 1.0)
    silent = [
        Judgement(make_peer("a"), one, Reply.missing("timeout", 1.0), Reward(0.0, 1.0, (), ""))
        for one in tasks
    ]
    Recorder(tmp_path).write(Round(Moment("round", 1, 5), tuple(silent)))
    (read,) = recorded(tmp_path, mix)
    assert [one.task.reference for one in read.judgements] == [one.reference for one in tasks]
    assert [one.task.verify(GOOD) for one in read.judgements] == [one.verify(GOOD) for one in tasks]


async def test_an_openai_compatible_server_can_be_the_own_model():
    async def chat(request):
        asked = await request.json()
        assert asked["messages"][0]["content"] == question().query.messages[0].content
        return web.json_response({"choices": [{"message": {"role": "assistant", "content": GOOD}}]})

    app = web.Application()
    app.router.add_post("/v1/chat/completions", chat)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    settings = ValidatorSettings(netuid=1, reference_model="m", reference_url=f"http://127.0.0.1:{port}/v1")
    async with reference_model(settings) as complete:
        (task,) = await finished([question()], complete, 5.0)
    assert task.reference == GOOD
    await runner.cleanup()
    async with reference_model(settings) as complete:
        assert await finished([question()], complete, 5.0) == []


async def test_a_validator_that_asks_chat_without_a_model_is_told_what_is_missing():
    with pytest.raises(SettingsError, match="--reference-model"):
        async with assembled(ValidatorSettings(netuid=1, tasks="chat=1,demo=1")):
            pass
    with pytest.raises(SettingsError, match="--tasks chess: there is no kind of tasks called 'chess'"):
        async with assembled(ValidatorSettings(netuid=1, tasks="chess")):
            pass
