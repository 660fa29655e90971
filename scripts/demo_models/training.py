"""One training run; its checkpoints are cut where the held-out solved rate passes through three bands.

The number of steps follows from the requested seconds at a fixed rate, never from the clock, so that a busy
machine takes longer and still gives the same models.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from scripts.demo_models.questions import Questions
from scripts.demo_models.skill import Skill, mean_solved

STEPS_PER_SECOND = 10
"""What one quiet core reaches with this model and batch; the price of a second of `--seconds`."""

BATCH = 64
WARM_UP = 50
MATRIX_RATE = 0.03
VECTOR_RATE = 3e-3
IGNORED = -100
"""The label that the loss of transformers leaves out."""

FAMILY_WEIGHTS: Mapping[str, float] = {
    "spell_backward": 1.5,
    "leg_counting": 1.2,
    "lcm": 0.5,
    "basic_arithmetic": 1.8,
    "chain_sum": 1.2,
}
"""How often a family is drawn: chosen so that all families are about half learnt at the same time."""


@dataclass(frozen=True, slots=True)
class Band:
    """Where a checkpoint is cut: its mean solved rate must lie in [low, high], as near `aim` as possible."""

    name: str
    low: float
    high: float
    aim: float

    def distance(self, skills: Mapping[str, Skill]) -> float:
        """How far the families are from the aim on average; infinite outside the band."""
        if not self.low <= mean_solved(skills) <= self.high:
            return math.inf
        return sum(abs(skill.solved - self.aim) for skill in skills.values()) / len(skills)


BANDS = (Band("weak", 0.12, 0.20, 0.16), Band("medium", 0.45, 0.60, 0.52), Band("strong", 0.90, 1.0, 1.0))


@dataclass(slots=True)
class Cut:
    """The best checkpoint found for a band so far."""

    distance: float = math.inf
    step: int = 0
    weights: dict[str, Tensor] = field(default_factory=dict)


def new_model(tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    """An untrained model of 0.58 million parameters that any Llama-capable engine can serve."""
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=128,
        intermediate_size=320,
        num_hidden_layers=3,
        num_attention_heads=4,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return LlamaForCausalLM(config)


@dataclass(frozen=True, slots=True)
class Examples:
    """One family's training items as token ids: prompt, answer and end token, with the prompt's length."""

    family: str
    rows: list[tuple[list[int], int]]


def encoded(tokenizer: PreTrainedTokenizerFast, questions: Questions) -> Examples:
    """Training items as the chat template puts them, answer included."""
    chats = [[{"role": "user", "content": prompt}] for prompt in questions.prompts]
    prompts = tokenizer.apply_chat_template(chats, add_generation_prompt=True, return_dict=True)["input_ids"]
    replies = tokenizer([item["answer"] for item in questions.items], add_special_tokens=False)["input_ids"]
    rows = [
        ([*prompt, *reply, tokenizer.eos_token_id], len(prompt))
        for prompt, reply in zip(prompts, replies, strict=True)
    ]
    return Examples(questions.family, rows)


def batches(examples: Sequence[Examples], pad: int, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Endless (ids, labels), int64 of shape (BATCH, longest); labels cover the answer and the end only."""
    generator = torch.Generator().manual_seed(seed)
    weights = torch.tensor([FAMILY_WEIGHTS[example.family] for example in examples])
    while True:
        chosen = torch.multinomial(weights, BATCH, replacement=True, generator=generator).tolist()
        picks = torch.rand(BATCH, generator=generator).tolist()
        rows = [examples[f].rows[int(p * len(examples[f].rows))] for f, p in zip(chosen, picks, strict=True)]
        longest = max(len(ids) for ids, _ in rows)
        ids = torch.tensor([[*ids, *[pad] * (longest - len(ids))] for ids, _ in rows])
        labels = torch.tensor([[IGNORED] * n + ids[n:] + [IGNORED] * (longest - len(ids)) for ids, n in rows])
        yield ids, labels


def optimizers(model: LlamaForCausalLM) -> list[torch.optim.Optimizer]:
    """Muon for the weight matrices, AdamW for embeddings and norms."""
    named = list(model.named_parameters())
    matrices = [p for name, p in named if p.ndim == 2 and "embed" not in name]
    others = [p for name, p in named if p.ndim != 2 or "embed" in name]
    return [
        torch.optim.Muon(matrices, lr=MATRIX_RATE, weight_decay=0.0, adjust_lr_fn="original"),
        torch.optim.AdamW(others, lr=VECTOR_RATE, betas=(0.9, 0.98), weight_decay=0.0),
    ]


def rate_at(step: int, steps: int) -> float:
    """The share of the full learning rate at a step: linear warm-up, then linear down to 3 %."""
    if step < WARM_UP:
        return (step + 1) / WARM_UP
    return 0.03 + 0.97 * (steps - step) / (steps - WARM_UP)


def looks_at(step: int, steps: int) -> bool:
    """Whether the held-out rate is measured after this step: often while it climbs, seldom later."""
    interval = 10 if step <= 400 else 150
    return step >= 30 and (step % interval == 0 or step == steps)


def train(
    model: LlamaForCausalLM,
    source: Iterator[tuple[Tensor, Tensor]],
    steps: int,
    measure: Callable[[], Mapping[str, Skill]],
) -> dict[str, Cut]:
    """Train `model` in place for `steps` steps; the best cut by band, without weights where none fell in."""
    cuts = {band.name: Cut() for band in BANDS}
    rules = optimizers(model)
    schedules = [torch.optim.lr_scheduler.LambdaLR(rule, lambda step: rate_at(step, steps)) for rule in rules]
    for step in range(1, steps + 1):
        ids, labels = next(source)
        model.train()
        loss = model(input_ids=ids, labels=labels, use_cache=False).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for rule, schedule in zip(rules, schedules, strict=True):
            rule.step()
            schedule.step()
        model.zero_grad(set_to_none=True)
        if looks_at(step, steps):
            keep(cuts, step, model.eval(), measure())
    return cuts


def keep(cuts: Mapping[str, Cut], step: int, model: LlamaForCausalLM, skills: Mapping[str, Skill]) -> None:
    """Remember the model as it is for each band that it fits better than what was kept before."""
    print(
        f"step {step:5d}  " + "  ".join(f"{name} {skill.solved:.2f}" for name, skill in skills.items()),
        file=sys.stderr,
    )
    for band in BANDS:
        distance = band.distance(skills)
        cut = cuts[band.name]
        if distance < cut.distance:
            cut.distance, cut.step = distance, step
            cut.weights = {name: value.detach().clone() for name, value in model.state_dict().items()}
