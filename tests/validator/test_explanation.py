"""What a validator tells a miner of its own score: late, signed, and organic is not separable from synthetic."""

import random
from dataclasses import replace
from types import SimpleNamespace

import bittensor as bt
import numpy as np
import pytest

from neurons.cli import main
from neurons.explaining import EXPLANATION_PATH, QUESTION, ExplainServer, explaining
from neurons.why_command import BOUNDS, explained
from subnet.advice.explanation import LATE_EPOCHS, MOST_EPOCHS, SAMPLE, Explanation, explanation
from subnet.errors import TransportError
from subnet.protocol import Address, Hotkey
from subnet.tasks.base import Part
from subnet.transport.calling import Calls
from subnet.transport.listening import address_of, listen, serving
from subnet.transport.signing import sign
from subnet.validator.context import Context, Contexts
from subnet.validator.ledger import Ledger
from subnet.validator.scores import Rules

RULES = Rules(half_life=40)


def rank(seen):
    return random.Random(f"secret {seen.round_id}").random()


def seen_in(observation, epoch, count, rng, name="a"):
    return [
        replace(
            observation(
                name,
                block=epoch * 100,
                epoch=epoch,
                value=(value := float(rng.random() < 0.7) * rng.uniform(0.8, 1.0)),
                failure=None if value else rng.choice([None, None, "timeout"]),
                round_id=f"{name}-{epoch}-{number}",
                task_id=f"task-{number}",
            ),
            parts=(Part("solved", 0.9, float(value > 0)), Part("quick", 0.1, rng.random())),
            reason="the answer is 42",
        )
        for number in range(count)
    ]


def area_under_curve(score, label):
    """How often a random positive scores above a random negative."""
    order = np.argsort(np.argsort(score, kind="stable"))
    positives = order[label == 1]
    negatives = (label == 0).sum()
    return (positives.sum() - len(positives) * (len(positives) - 1) / 2) / (len(positives) * negatives)


def classified(features, label):
    """The AUC, on the second half, of a logistic regression that was fitted to the first."""
    features = np.hstack([features, features**2, np.abs(features - features.mean(axis=0))])
    features = (features - features.mean(axis=0)) / (features.std(axis=0) + 1e-9)
    features = np.hstack([features, np.ones((len(features), 1))])
    half, weights = len(label) // 2, np.zeros(features.shape[1])
    for _ in range(400):
        guess = 1 / (1 + np.exp(-features[:half] @ weights))
        weights -= 0.5 * (features[:half].T @ (guess - label[:half]) / half + 1e-3 * weights)
    return area_under_curve(features[half:] @ weights, label[half:])


def test_organic_and_synthetic_are_not_separable(observation):
    """Epochs with many organic queries among the synthetic ones, against epochs with few: same judge, same kinds.

    With the counts beside it the same classifier separates them, so the attack is real.
    """
    rng, told, counted, label = random.Random(4), [], [], []
    for number in range(1600):
        organic = rng.choice([2, 40])
        seen = seen_in(observation, 1, 20 + organic + rng.randrange(5), rng, name=f"m{number}")
        (one,) = explanation(seen, 1 + LATE_EPOCHS, rank)
        told.append([one.worth, one.silent, one.parts["solved"], one.parts["quick"]])
        counted.append([*told[-1], len(seen)])
        label.append(float(organic > 20))
    assert classified(np.array(counted), np.array(label)) > 0.95
    assert classified(np.array(told), np.array(label)) <= 0.55


def test_an_epoch_is_explained_a_whole_epoch_after_its_end(observation):
    seen = [one for epoch in range(6) for one in seen_in(observation, epoch, 30, random.Random(epoch))]
    assert [one.epoch for one in explanation(seen, 5, rank)] == [0, 1, 2, 3]


def test_an_epoch_with_few_observations_is_left_out(observation):
    seen = seen_in(observation, 1, SAMPLE - 1, random.Random(1))
    assert explanation(seen, 9, rank) == []


def test_however_often_it_is_asked_the_same_is_told(observation):
    seen = seen_in(observation, 1, 200, random.Random(1))
    assert explanation(seen, 3, rank) == explanation(seen[::-1], 9, rank)


def test_at_most_the_newest_epochs_are_told(observation):
    seen = [
        one
        for epoch in range(MOST_EPOCHS + 5)
        for one in seen_in(observation, epoch, SAMPLE, random.Random(epoch))
    ]
    told = explanation(seen, 100, rank)
    assert [one.epoch for one in told] == list(range(5, MOST_EPOCHS + 5))
    Explanation(hotkey="a", validator="v", epoch=100, epochs=tuple(told))


def test_no_task_no_reference_no_text_and_no_count_is_told(observation):
    seen = seen_in(observation, 1, 30, random.Random(1))
    (one,) = explanation(seen, 5, rank)
    text = one.model_dump_json()
    assert set(one.model_dump()) == {"epoch", "worth", "silent", "parts"}
    assert not any(word in text for word in ("task", "42", "a-1", "30", "test"))


KEYS = {name: bt.sp_core.Keypair.create_from_uri(f"//{name}") for name in ("vera", "able", "eve")}
NAMES = {name: Hotkey(key.ss58_address) for name, key in KEYS.items()}


@pytest.fixture
async def address(store, observation, peer, tmp_path, monkeypatch):
    """A validator, vera, that explains; able is a member of which it knows something, eve is nobody."""
    monkeypatch.setattr("subnet.transport.signing.ALLOWED_SKEW", 0.0)  # as if it had been up for two seconds
    rng = random.Random(2)
    Ledger(store).append(
        one for epoch in range(4) for one in seen_in(observation, epoch, 20, rng, NAMES["able"])
    )
    members = {
        NAMES["able"]: peer(NAMES["able"], coldkey=f"cold-{NAMES['able']}"),
        NAMES["vera"]: peer(NAMES["vera"]),
    }
    Contexts(store).note(Context(350, 3, RULES, members))
    async with explaining(store, KEYS["vera"], tmp_path, Address("127.0.0.1", 0)) as where:
        yield where


async def test_a_miner_gets_its_own_explanation_signed_by_the_validator(address):
    told = (await explained(KEYS["able"], NAMES["vera"], address)).checked()
    assert (told.hotkey, told.validator, told.epoch) == (NAMES["able"], NAMES["vera"], 3)
    assert [one.epoch for one in told.epochs] == [0, 1]
    assert set(told.epochs[0].parts) == {"solved", "quick"}


async def test_a_kept_explanation_can_be_checked_by_anybody_and_not_be_changed(address, tmp_path, capsys):
    kept = await explained(KEYS["able"], NAMES["vera"], address)
    path = tmp_path / "explanation.json"
    path.write_text(kept.model_dump_json())
    assert main(["why", "--check", str(path)]) == 0
    assert f"told by {NAMES['vera']} in epoch 3" in capsys.readouterr().out
    for changed in (
        kept.model_copy(update={"body": kept.body.replace('"worth":0', '"worth":1')}),
        kept.model_copy(update={"body": kept.body.replace(NAMES["able"], NAMES["eve"])}),
        kept.model_copy(update={"body": kept.body.replace(NAMES["vera"], NAMES["eve"])}),
        kept.model_copy(update={"headers": {}}),
    ):
        path.write_text(changed.model_dump_json())
        assert main(["why", "--check", str(path)]) == 3
        assert capsys.readouterr().err.count("\n") == 1
    path.write_text("[]")
    assert main(["why", "--check", str(path)]) == 3


async def test_who_has_no_seat_is_told_nothing(address):
    with pytest.raises(TransportError, match="403"):
        await explained(KEYS["eve"], NAMES["vera"], address)


async def test_a_question_for_another_validator_is_not_answered(address):
    with pytest.raises(TransportError, match="401"):
        await explained(KEYS["able"], NAMES["eve"], address)


def question(headers, body=QUESTION):
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"POST {EXPLANATION_PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
    return f"{head}{lines}\r\n".encode() + body


async def status(address, request):
    calls = Calls(BOUNDS)
    try:
        return (await calls.exchange(address, request)).status
    finally:
        calls.close()


async def test_a_question_is_answered_once_and_only_a_few_within_a_moment(address):
    headers = sign(KEYS["able"], QUESTION, NAMES["vera"], EXPLANATION_PATH)
    assert await status(address, question(headers)) == 200
    assert await status(address, question(headers)) == 401
    for expected in (200, 200, 200, 429):
        headers = sign(KEYS["able"], QUESTION, NAMES["vera"], EXPLANATION_PATH)
        assert await status(address, question(headers)) == expected


async def test_a_forged_a_borrowed_or_an_odd_question_is_refused(address):
    forged = {
        **sign(KEYS["eve"], QUESTION, NAMES["vera"], EXPLANATION_PATH),
        "X-Bittensor-Hotkey": NAMES["able"],
    }
    for_a_query = sign(KEYS["able"], QUESTION, NAMES["vera"])
    good = sign(KEYS["able"], QUESTION, NAMES["vera"], EXPLANATION_PATH)
    assert await status(address, question(for_a_query)) == 401
    assert await status(address, question({**good, **{k: v for k, v in forged.items() if k in good}})) in (
        401,
        403,
    )
    assert await status(address, question(good, b"[]")) == 401
    assert await status(address, question(good, b"{} ")) == 400
    assert await status(address, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") == 404


@pytest.mark.parametrize("told", [b"{}", b"[" * 50_000, b"\xff", b'{"epochs": 1}'])
async def test_a_validator_that_signs_nonsense_is_one_line(told):
    desk = SimpleNamespace(knows=lambda hotkey: True, explain=lambda hotkey: told)
    server, listener = ExplainServer(KEYS["eve"], desk), listen("127.0.0.1", 0)
    server._nonces._since_ns = 0
    async with serving(server, listener):
        with pytest.raises(TransportError, match="no explanation"):
            await explained(KEYS["able"], NAMES["eve"], address_of(listener))
