"""How likely a reply is under a reference model, as a threshold.

Being likelier than typical text earns nothing more: the likeliest texts of all are those that repeat themselves.
Still, a text may be fluent and false; and who runs the reference model itself can tune a text to it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import AutoModelForCausalLM

from reward.batches import Row
from reward.kinds import Batched, Pair
from reward.models import Checkpoint

MAX_LOGITS = 1 << 26
"""Logits of one pass, a quarter of a gigabyte: tokens times vocabulary."""


def likely(path: str, typical: float = 3.0, foreign: float = 7.0) -> Batched:
    """A reward of 1 where a reply takes the model at most `typical` nats a token, falling to 0 at `foreign`.

    The model is given the conversation first. The mean is over the reply's own tokens, so length neither pays nor
    costs; a reply without tokens is worth 0. `path` is a folder or hub id. Loads it; raises OSError or ValueError.
    """
    if not 0.0 <= typical < foreign < math.inf:
        raise ValueError("a likely text takes fewer nats than a foreign one, and none takes less than 0")
    reference = Reference(Checkpoint.load(path, AutoModelForCausalLM))

    def likely(pairs: Sequence[Pair]) -> list[float]:
        return [(foreign - nats) / (foreign - typical) for nats in reference.nats(pairs)]

    return Batched(likely)


@dataclass(frozen=True, slots=True)
class Reference:
    """A causal language model that says how surprising a text is."""

    checkpoint: Checkpoint

    def nats(self, pairs: Sequence[Pair], tokens: int | None = None) -> list[float]:
        """The mean negative log-probability of each reply's tokens, infinite for a reply without any.

        `tokens` sets how many share a pass.
        """
        rows = [self._row(pair) for pair in pairs]
        said = [(row, first) for row, first in rows if 0 < first < len(row)]
        found = self.checkpoint.run((row for row, _ in said), self._read, tokens or self._tokens_at_once)
        return [
            float(found[row][first - 1 : len(row) - 1].double().mean()) if 0 < first < len(row) else math.inf
            for row, first in rows
        ]

    @property
    def _tokens_at_once(self) -> int:
        vocabulary: int = self.checkpoint.model.config.get_text_config().vocab_size
        return max(1, min(self.checkpoint.tokens_at_once, MAX_LOGITS // vocabulary))

    def _row(self, pair: Pair) -> tuple[Row, int]:
        """Conversation and reply, and where the reply begins."""
        before, said, _ = self.checkpoint.conversation(*pair)
        return (*before, *said), len(before)

    def _read(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Nats of every token given those before it, (rows, width - 1)."""
        logits = self.checkpoint.model(ids, attention_mask=mask).logits[:, :-1].float()
        return torch.nn.functional.cross_entropy(logits.transpose(1, 2), ids[:, 1:], reduction="none")
