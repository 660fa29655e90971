"""A reference model that reads replies: one pass over prompt and reply, a batch of replies at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging as transformers_logging

from subnet.inference.margins import read
from subnet.inference.reading import Reading
from subnet.inference.sampler import Sampler

MAX_LOGITS = 1 << 26
"""Logits held at once, in numbers: a quarter of a gigabyte in float32."""
MAX_BATCH = 16
"""Replies in one pass: on a CPU more of them only take more memory."""

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


@dataclass(frozen=True, slots=True)
class Claim:
    """One reply whose tokens are to be checked: the prompt's and the reply's token ids, and the agreed sampler."""

    prompt: tuple[int, ...]
    reply: tuple[int, ...]
    sampler: Sampler


@dataclass(frozen=True, slots=True, eq=False)
class Pass:
    """What the model computed for one reply of n tokens: logits (n, vocabulary) from which each token would have
    been taken, and the last hidden states they come from, float32 (n, width).
    """

    logits: Tensor
    states: Tensor


class Reference:
    """A causal model that reads; build it with `Reference.load` or from a model at hand."""

    def __init__(self, model: Any, tokenizer: Any = None) -> None:
        self.model = model.eval()
        self.tokenizer = tokenizer
        configuration = model.config.get_text_config()
        self.vocabulary = int(configuration.vocab_size)
        self.context = int(getattr(configuration, "max_position_embeddings", 0) or 1 << 20)

    @classmethod
    def load(cls, place: str | Path, dtype: str = "float32") -> Reference:
        """The checkpoint in a folder or of the hub; code that comes with it is never run.

        Raises ValueError when it cannot be loaded.
        """
        transformers_logging.disable_progress_bar()
        try:
            tokenizer = AutoTokenizer.from_pretrained(place, trust_remote_code=False)
            model = AutoModelForCausalLM.from_pretrained(place, dtype=DTYPES[dtype], trust_remote_code=False)
        except (OSError, ValueError, KeyError, ImportError, RuntimeError, SafetensorError) as failure:
            said = [line.strip() for line in str(failure).splitlines() if line.strip()]
            raise ValueError(
                f"cannot load model {place}: {said[0][:200] if said else failure!r}"
            ) from failure
        return cls(model.to("cuda" if torch.cuda.is_available() else "cpu"), tokenizer)

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of tokens; spaces stay as the model wrote them, special tokens are left out."""
        text: str = self.tokenizer.decode(
            tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return text

    def read(self, claims: Sequence[Claim], border: float | Sequence[float] = 0.0) -> list[Reading]:
        """The reading of each claim, in order; see `margins.read` for `border`, in logits, one for all or each."""
        borders = [border] * len(claims) if isinstance(border, float) else border
        return [
            read(passed.logits, torch.tensor(claim.reply, device=passed.logits.device), claim.sampler, soft)
            for claim, soft, passed in zip(claims, borders, self.passes(claims), strict=True)
        ]

    @torch.inference_mode()
    def passes(self, claims: Sequence[Claim]) -> Iterator[Pass]:
        """What the model computes for each claim, in order, in batches of claims that follow each other.

        Raises ValueError for a reply without tokens, with tokens that the model does not have, or that is longer
        with its prompt than the model's context.
        """
        for claim in claims:
            self._check(claim)
        for batch in self._batches(claims):
            yield from self._passed(batch)

    def _check(self, claim: Claim) -> None:
        ids = (*claim.prompt, *claim.reply)
        if not (claim.prompt and claim.reply and max(ids) < self.vocabulary and len(ids) <= self.context):
            raise ValueError("a reply that this model cannot read: empty, too long, or not its tokens")

    def _batches(self, claims: Sequence[Claim]) -> Iterator[Sequence[Claim]]:
        start = 0
        while start < len(claims):
            longest, size = 0, 0
            for claim in claims[start : start + MAX_BATCH]:
                longest = max(longest, len(claim.prompt) + len(claim.reply))
                if size and (size + 1) * longest * self.vocabulary > MAX_LOGITS:
                    break
                size += 1
            yield claims[start : start + size]
            start += size

    def _passed(self, claims: Sequence[Claim]) -> Iterator[Pass]:
        """One pass; padding stands on the right, where a causal model cannot see it."""
        rows = [(*claim.prompt, *claim.reply[:-1]) for claim in claims]
        longest = max(map(len, rows))
        ids = torch.tensor(
            [[*row, *[row[-1]] * (longest - len(row))] for row in rows], device=self.model.device
        )
        first = min(len(claim.prompt) for claim in claims) - 1
        states: list[Tensor] = []
        head = self.model.get_output_embeddings()
        hook = head.register_forward_pre_hook(lambda _head, inputs: states.append(inputs[0]))
        try:
            logits = self.model(input_ids=ids, use_cache=False, logits_to_keep=longest - first).logits
        finally:
            hook.remove()
        for row, claim in enumerate(claims):
            start = len(claim.prompt) - 1 - first
            end = start + len(claim.reply)
            yield Pass(logits[row, start:end].float(), states[0][row, start:end].float())
