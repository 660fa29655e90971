"""Generating replies as miners do, honest and dishonest ones: what a check is calibrated and tried on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from subnet.inference.sampler import Sampler
from subnet.inference.sampling import chosen, noised

Picker = Callable[[int, Sequence[Tensor], Sequence[Sampler]], Tensor]
"""Chooses the tokens of a step from its number, each model's logits (rows, vocabulary) and the rows' samplers."""


def honest(step: int, logits: Sequence[Tensor], samplers: Sequence[Sampler]) -> Tensor:
    """What the first model and the agreed sampler choose."""
    return chosen(logits[0], samplers, [step] * len(samplers))


def switching(at: int) -> Picker:
    """The first model up to a step, the second one from there."""

    def pick(step: int, logits: Sequence[Tensor], samplers: Sequence[Sampler]) -> Tensor:
        return honest(step, logits[int(step >= at) :], samplers)

    return pick


@dataclass(slots=True)
class Repairing:
    """A cheap first model, and the second one wherever the two best scores are less than `gap` apart.

    `repaired` of `steps` steps were left to the second model so far.
    """

    gap: float
    steps: int = 0
    repaired: int = 0

    def __call__(self, step: int, logits: Sequence[Tensor], samplers: Sequence[Sampler]) -> Tensor:
        scores = noised(logits[0], samplers, [step] * len(samplers))
        best = scores.topk(2).values
        doubtful = best[:, 0] - best[:, 1] < self.gap
        self.steps += len(samplers)
        self.repaired += int(doubtful.sum())
        return torch.where(doubtful, honest(step, logits[1:], samplers), scores.argmax(-1))


@dataclass(frozen=True, slots=True)
class Way:
    """How replies are generated: who picks the tokens, with which sampler in place of the agreed one, whether with
    a key-value cache (without one every step computes the whole text anew), and whether what the first model took
    them from is kept.
    """

    pick: Picker = honest
    used: Sampler | None = None
    cached: bool = True
    keep: bool = False


HONEST = Way()
KEEPING = Way(keep=True)


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """Replies of one batch: tokens int64 (rows, n); and, when they were kept, what the first model took each from:
    logits float32 (rows, n, vocabulary) and last hidden states float32 (rows, n, width).
    """

    tokens: Tensor
    logits: Tensor | None = None
    states: Tensor | None = None


@torch.inference_mode()
def write(
    models: Sequence[Any], prompts: Tensor, samplers: Sequence[Sampler], length: int, way: Way = HONEST
) -> Written:
    """Replies of `length` tokens to prompts, int64 (rows, any), each model with its own key-value cache.

    `samplers` are those really used; the way's is for whoever makes them.
    """
    text = prompts
    caches: list[Any] | None = [None] * len(models) if way.cached else None
    kept: list[Tensor] = []
    states: list[Tensor] = []
    head = models[0].get_output_embeddings()
    hook = head.register_forward_pre_hook(lambda _head, inputs: states.append(inputs[0][:, -1].float()))
    try:
        for step in range(length):
            news = text if step == 0 or not way.cached else text[:, -1:]
            logits = [_last_logits(model, news, caches, index) for index, model in enumerate(models)]
            if way.keep:
                kept.append(logits[0])
            text = torch.cat([text, way.pick(step, logits, samplers)[:, None]], 1)
    finally:
        hook.remove()
    tokens = text[:, prompts.shape[1] :]
    return Written(tokens, torch.stack(kept, 1), torch.stack(states, 1)) if way.keep else Written(tokens)


def _last_logits(model: Any, news: Tensor, caches: list[Any] | None, index: int) -> Tensor:
    """A model's logits for the next token, float32 (rows, vocabulary); its cache, if there are any, moves on."""
    past = caches[index] if caches else None
    out = model(input_ids=news, past_key_values=past, use_cache=caches is not None, logits_to_keep=1)
    if caches:
        caches[index] = out.past_key_values
    logits: Tensor = out.logits[:, -1].float()
    return logits


def quantised(model: Any, bits: int, group: int | None = None) -> Any:
    """A copy whose block weights went through symmetric round-to-nearest quantisation and back.

    One scale per output channel, or per `group` inputs of each. Embeddings, head and norms are kept, as
    quantising tools keep them; arithmetic stays in the model's own number format.
    """
    copy = deepcopy(model)
    heads = {id(copy.get_input_embeddings().weight), id(copy.get_output_embeddings().weight)}
    for name, weight in copy.named_parameters():
        if weight.ndim == 2 and id(weight) not in heads and "wpe" not in name:
            inputs_first = (
                "c_attn" in name or "c_proj" in name or "c_fc" in name
            )  # GPT-2 stores (inputs, outputs)
            rows = weight.data.T if inputs_first else weight.data
            rounded = _rounded(rows.float(), bits, group)
            weight.data.copy_(rounded.T if inputs_first else rounded)
    return copy


def _rounded(weight: Tensor, bits: int, group: int | None) -> Tensor:
    parts = weight.reshape(len(weight), -1, group or weight.shape[1])
    most = 2 ** (bits - 1) - 1
    scale = parts.abs().amax(2, keepdim=True).clamp(min=1e-12) / most
    rounded: Tensor = (parts / scale).round().clamp(-most, most) * scale
    return rounded.reshape(weight.shape)
