"""Rewards by models of about the size that a processor carries, on two threads, at the batch size the code chooses.

The embedding model is the offline one. The others have random weights, which cost the same time as trained ones: a
classifier and a causal model of the embedding model's size (six layers, 384 wide).
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

import torch
from rewards_work import REPLIES, prose, proses, rates, seconds, task_with
from transformers import (
    AutoModel,
    AutoTokenizer,
    BertConfig,
    BertForSequenceClassification,
    LlamaConfig,
    LlamaForCausalLM,
)
from transformers.utils import logging as transformers_logging

from reward.batches import CPU_TOKENS
from reward.judge import Asked
from reward.judge_models import LocalJudge
from reward.kinds import Batched
from reward.likelihood import likely
from reward.models import Checkpoint
from reward.preference import preferred
from reward.semantic import OFFLINE, Encoder, located, meaning
from subnet.tasks.base import Task

THREADS = 2
ROUNDS = 2
ALONE = 32
"""Replies judged one a call: enough for a mean, and a part of the time that all would take."""

TOKENS = (1, 512, 1024, 2048, 4096, 8192)
ONE_LINE = "What does the text say?"
NAMES = ("meaning", "preferred", "likely", "judge's model")
TARGETS = {f"{name}, times one by one": {"min": 1.2} for name in NAMES}


def figures() -> dict[str, float]:
    """Replies per second of each, its rate against one reply a call, and other sizes of a pass."""
    torch.set_num_threads(THREADS)
    transformers_logging.disable_progress_bar()
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        classifier, causal = _classifier(Path(folder) / "classifier"), _causal(Path(folder) / "causal")
        rewards: dict[str, tuple[Callable[[], Batched], Task]] = {
            "meaning": (meaning, _task(ONE_LINE)),
            "preferred": (lambda: preferred(classifier), _task(ONE_LINE)),
            "likely": (lambda: likely(causal), _task(ONE_LINE)),
            "likely, after 60 words": (lambda: likely(causal), _task(prose(random.Random(3), 60))),
        }
        for name, (make, task) in rewards.items():
            rate, ratio = rates(make(), task, proses(REPLIES, words=60), ROUNDS, ALONE)
            found |= {f"{name}, replies/s": rate, f"{name}, times one by one": ratio}
        found |= judge(causal)
    return found | passes()


def judge(causal: str) -> dict[str, float]:
    """Prompts per second of the model behind the judge, which generates nothing: it reads one token's chances."""
    model = LocalJudge.load(causal)
    asked = [Asked("Compare.", reply.text or "", "B", "C") for reply in proses(32, words=60, seed=5)]

    def one_by_one() -> None:
        for each in asked:
            model.read([each])

    model.read(asked[:2])
    turns = [(seconds(one_by_one), seconds(lambda: model.read(asked))) for _ in range(ROUNDS)]
    return {
        "judge's model, prompts/s": median(len(asked) / together for _, together in turns),
        "judge's model, times one by one": median(alone / together for alone, together in turns),
    }


def passes() -> dict[str, float]:
    """Embeddings per second by how many tokens share a pass, best of the rounds, and the chosen size against them."""
    encoder = Encoder(Checkpoint.load(located(OFFLINE), AutoModel, 256))
    texts = [reply.text or "" for reply in proses(24, words=60, seed=4)]
    spent: dict[int, list[float]] = {tokens: [] for tokens in TOKENS}
    for _ in range(ROUNDS):
        for tokens in TOKENS:
            spent[tokens].append(seconds(lambda: encoder.embeddings(texts, tokens)))  # noqa: B023
    speeds = {tokens: len(texts) / min(times) for tokens, times in spent.items()}
    return {
        **{f"embeddings/s, {tokens} tokens a pass": speed for tokens, speed in speeds.items()},
        "chosen pass, share of the best one's speed": speeds[CPU_TOKENS] / max(speeds.values()),
    }


def _task(question: str) -> Task:
    """A question, and a reference of some 60 words."""
    return task_with(prose(random.Random(2), 60), question)


def _classifier(folder: Path) -> str:
    """A reward model of random weights with the offline model's tokenizer."""
    AutoTokenizer.from_pretrained(located(OFFLINE)).save_pretrained(folder)
    sizes = {"hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12, "intermediate_size": 1536}
    BertForSequenceClassification(BertConfig(num_labels=1, **sizes)).save_pretrained(folder)
    return str(folder)


def _causal(folder: Path) -> str:
    """A causal language model of random weights with the offline model's tokenizer."""
    tokenizer = AutoTokenizer.from_pretrained(located(OFFLINE))
    tokenizer.save_pretrained(folder)
    sizes = {"hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12, "intermediate_size": 1024}
    LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), **sizes)).save_pretrained(folder)
    return str(folder)
