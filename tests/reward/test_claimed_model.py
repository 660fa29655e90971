"""The claimed-model check as a reward: real miners' answers, honest and not, before the real reference."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from reward.claimed_model import ClaimedModel
from reward.rubric import Batched, Rubric
from subnet.inference.calibration import Calibrations
from subnet.inference.decision import alarm, remembered
from subnet.inference.provers import quantised, write
from subnet.inference.reference import Reference
from subnet.inference.sampler import Sampler
from subnet.inference.texts import Ending, inconsistency, prompt_ids
from subnet.miner.checkpoints import located
from subnet.miner.local import LocalModel
from subnet.miner.local.loading import Limits, loaded
from subnet.protocol import Answer, Message, Query, Reply
from subnet.tasks.base import Task

MODELS = Path(__file__).resolve().parents[2] / "models"
CHAR = MODELS / "char"
CALIBRATION = CHAR / "calibration.json"
PROMPT = "def main() -> int:\n    parser = argparse.Argument"
TOKENS = 200


@pytest.fixture(scope="module")
def claimed():
    torch.set_num_threads(1)
    return ClaimedModel.load(str(CHAR), CALIBRATION)


@pytest.fixture(scope="module")
def reference():
    return Reference.load(CHAR)


def asked(seed=11, **changes):
    fields = {"messages": (Message(role="user", content=PROMPT),), "max_tokens": TOKENS, "temperature": 1.0}
    query = Query(id="claimed-model", seed=seed, **(fields | changes))
    return Task("text", 1, query, "", lambda text: 1.0)


def answer(text, token_ids=(), model="char"):
    said = Answer(
        query_id="claimed-model", text=text, model=model, tokens=len(token_ids), token_ids=token_ids
    )
    return Reply(said, 0.1)


def written(reference, models, task, sampler=None):
    """A reply as a miner with these models would write it, honestly unless told how."""
    query = task.query
    ids = prompt_ids(reference.tokenizer, [message.model_dump() for message in query.messages])
    used = sampler or Sampler(query.seed, query.temperature, query.top_k)
    tokens = write(models, torch.tensor([ids]), [used], query.max_tokens).tokens[0].tolist()
    return answer(reference.decode(tokens), tuple(tokens))


async def test_a_real_miners_answers_pass_and_their_text_is_checked(claimed):
    miner = LocalModel.load(str(CHAR))
    try:
        task = asked()
        said = await miner.complete(task.query)
    finally:
        await miner.close()
    honest = answer(said.text, said.token_ids, miner.model)
    assert len(said.token_ids) == TOKENS
    assert claimed([(task, honest)]) == [1.0]
    judged = claimed.judged([(task, answer(said.text + "!", said.token_ids))])
    assert judged[0].value == 0.0 and "not what its tokens say" in judged[0].reason


def test_other_weights_another_seed_and_another_temperature_fail_in_one_reply(claimed, reference):
    task = asked()
    damaged = quantised(reference.model, 3, 64)
    sampler = Sampler(11, 1.0)
    replies = [
        written(reference, [reference.model], task),
        written(reference, [damaged], task),
        written(reference, [reference.model], task, replace(sampler, seed=12)),
        written(reference, [reference.model], task, replace(sampler, temperature=0.7)),
    ]
    assert claimed([(task, reply) for reply in replies]) == [1.0, 0.0, 0.0, 0.0]


def test_replies_to_different_tasks_are_read_together_as_they_would_be_alone(claimed, reference):
    tasks = [asked(seed=1), asked(seed=2, max_tokens=120), asked(seed=3, temperature=0.9)]
    pairs = [(task, written(reference, [reference.model], task)) for task in tasks]
    together = claimed.judged(pairs)
    for pair, judgement in zip(pairs[:2], together, strict=False):
        (alone,) = claimed.judged([pair])
        assert judgement.value == alone.value == 1.0
        totals = [[course.total for course in each.evidence.courses] for each in (judgement, alone)]
        assert totals[0] == pytest.approx(totals[1], abs=1e-4)
    assert together[2].value is None and "not calibrated" in together[2].reason


def test_what_can_be_no_evidence_is_none_and_what_a_miner_can_cause_is_a_failure(claimed, reference):
    task = asked(max_tokens=30)
    honest = written(reference, [reference.model], task).answer
    cases = {
        "the query had no seed": (asked(seed=None), answer(honest.text, honest.token_ids), None),
        "too few": (task, answer(honest.text, honest.token_ids), None),
        "no token ids": (task, answer(honest.text), 0.0),
        "another model": (task, answer(honest.text, honest.token_ids, model="other"), 0.0),
        "does not have": (task, answer(honest.text, (*honest.token_ids[:-1], 4000)), 0.0),
        "without an end": (task, answer(honest.text[:9], honest.token_ids[:9]), 0.0),
        "were allowed": (task, answer(honest.text + "a", (*honest.token_ids, 5)), 0.0),
    }
    for reason, (to, reply, value) in cases.items():
        judgement = claimed.judged([(to, reply)])[0]
        assert (judgement.value, reason in judgement.reason) == (value, True), reason


def test_where_tokens_are_not_required_a_miner_without_them_is_undecided(reference):
    lenient = ClaimedModel(reference, Calibrations.load(CALIBRATION), "char", required=False)
    assert lenient([(asked(), answer("text")), (asked(), answer("text", model="other"))]) == [None, None]


def test_in_a_rubric_it_is_a_proof_whose_failure_counts_many_times(claimed, reference):
    def solved(task, reply):
        return 1.0

    rubric = Rubric({solved: 1.0}, proofs={Batched(claimed): 20})
    task = asked()
    honest, lying = rubric(task, [written(reference, [reference.model], task), answer("copied", (1, 2, 3))])
    assert (honest.value, honest.evidence) == (1.0, 1.0)
    assert (lying.value, lying.evidence) == (0.0, 20)


def test_replies_too_short_to_judge_add_up_in_the_callers_memory(claimed, reference):
    calibration = Calibrations.load(CALIBRATION).find(("char", "bfloat16", 1.0, None))
    damaged = quantised(reference.model, 4, 64)
    memories = {}
    for name, model in (("honest", reference.model), ("cheat", damaged)):
        memory = None
        for seed in range(40):
            task = asked(seed=seed, max_tokens=20)
            judgement = claimed.judged([(task, written(reference, [model], task))])[0]
            memory = remembered(memory, judgement.evidence, calibration)
        memories[name] = memory
    assert alarm(memories["cheat"], calibration) and not alarm(memories["honest"], calibration)


def test_a_calibration_of_other_weights_or_none_is_refused_at_the_start(tmp_path):
    kept = json.loads(CALIBRATION.read_text())
    for each in kept["calibrations"]:
        each["weights"] = "00"
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps(kept))
    with pytest.raises(ValueError, match="other weights"):
        ClaimedModel.load(str(CHAR), wrong)
    with pytest.raises(ValueError, match="no calibration of char in float16"):
        ClaimedModel.load(str(CHAR), CALIBRATION, "float16")


@pytest.mark.parametrize("name", ["strong", "char"])
def test_the_check_reads_a_prompt_as_the_miner_does(name):
    miners = loaded(located(str(MODELS / name)), Limits())
    query = asked(seed=1).query
    messages = [message.model_dump() for message in query.messages]
    assert list(prompt_ids(miners.tokenizer, messages)) == miners.encoded(query)


def test_the_documented_rubric_loads(monkeypatch):
    code = re.findall(
        r"```python\n(.*?)```", (MODELS.parent / "docs" / "claimed-model.md").read_text(), re.DOTALL
    )
    monkeypatch.chdir(MODELS.parent)
    names: dict[str, object] = {}
    exec(code[0], names)
    assert names["MINE"].names == ("solved", "claimed_model")


LETTERS = {1: "a", 2: "b", 3: "c"}


@pytest.mark.parametrize(
    ("text", "tokens", "why"),
    [
        ("ab", (1, 2, 9), None),
        ("ab", (1, 2, 3), None),
        ("abab", (1, 2, 1, 2), None),
        ("", (9,), None),
        ("abc", (1, 2, 9), "not what its tokens say"),
        ("a", (1, 9, 2), "go on after"),
        ("ab", (1, 2), "without an end"),
        ("", (), "without an end"),
        ("ababa", (1, 2, 1, 2, 1), "were allowed"),
    ],
)
def test_text_and_tokens_belong_together_up_to_a_stop_and_end_for_a_reason(text, tokens, why):
    ending = Ending(ends=frozenset({9}), stops=("c",), room=4)
    found = inconsistency(text, tokens, lambda ids: "".join(LETTERS[token] for token in ids), ending)
    assert found is None if why is None else why in found
