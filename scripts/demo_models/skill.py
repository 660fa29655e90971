"""How many questions a model solves: greedy answers to held-out items, judged as a validator judges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from scripts.demo_models.questions import Questions
from subnet.tasks.reasoning_families import MAX_NEW_TOKENS

BATCH = 128


@dataclass(frozen=True, slots=True)
class Skill:
    """One model's result on one family: shares in [0, 1].

    `unseen` is the share of items whose question was not in the training set, `solved_unseen` the solved
    share of those (None when there are none): the difference between memory and skill.
    """

    solved: float
    unseen: float
    solved_unseen: float | None


@torch.inference_mode()
def answers(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, prompts: Sequence[str]) -> list[str]:
    """The model's greedy answer to each prompt, in order."""
    texts: list[str] = []
    for start in range(0, len(prompts), BATCH):
        chats = [[{"role": "user", "content": prompt}] for prompt in prompts[start : start + BATCH]]
        batch = tokenizer.apply_chat_template(
            chats, add_generation_prompt=True, padding=True, return_tensors="pt", return_dict=True
        )
        output = model.generate(
            input_ids=batch["input_ids"],
            attention_mask=batch["attention_mask"],
            max_new_tokens=MAX_NEW_TOKENS,
            do_sample=False,
        )
        texts += tokenizer.batch_decode(output[:, batch["input_ids"].shape[1] :], skip_special_tokens=True)
    return texts


def measured(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    tests: Sequence[Questions],
    trained: Mapping[str, frozenset[str]],
) -> dict[str, Skill]:
    """Skill by family; `trained` holds the questions of the training set by family."""
    skills = {}
    for test in tests:
        solved = test.solved(answers(model, tokenizer, test.prompts))
        fresh = [
            won
            for won, prompt in zip(solved, test.prompts, strict=True)
            if prompt not in trained[test.family]
        ]
        solved_unseen = sum(fresh) / len(fresh) if fresh else None
        skills[test.family] = Skill(sum(solved) / len(solved), len(fresh) / len(solved), solved_unseen)
    return skills


def mean_solved(skills: Mapping[str, Skill]) -> float:
    """The mean over families of the solved share: what a validator that asks all families equally sees."""
    return sum(skill.solved for skill in skills.values()) / len(skills)
