"""How likely a reply is under a reference model, as a threshold.

Being likelier than typical text earns nothing more: the likeliest texts of all are those that repeat themselves.
Still, a text may be fluent and false; and who runs the reference model itself can tune a text to it.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor
from transformers import AutoModelForCausalLM

from reward.batches import Row
from reward.kinds import Batched, Pair
from reward.models import Checkpoint

CPU_LOGITS = 1 << 22
"""Logits that are worked on together on a processor: what stays in its caches. More would go to memory and back."""

GPU_LOGITS = 1 << 27
"""The same on a GPU, half a gigabyte."""

REMEMBERED = 1 << 15
"""Tokens of conversations and replies whose keys and values a pass may hold, all rows together."""

PROBE = (1, 2, 3, 4, 5, 6)
"""Tokens by which a model's parts are tried."""


def likely(path: str, typical: float = 3.0, foreign: float = 7.0) -> Batched:
    """A reward of 1 where a reply takes the model at most `typical` nats a token, falling to 0 at `foreign`.

    The model is given the conversation first. The mean is over the reply's own tokens, so length neither pays nor
    costs; a reply without tokens is worth 0, and a conversation too long for the model leaves all undecided. `path`
    is a folder or hub id. Loads it; raises OSError or ValueError.
    """
    if not 0.0 <= typical < foreign < math.inf:
        raise ValueError("a likely text takes fewer nats than a foreign one, and none takes less than 0")
    reference = Reference.of(Checkpoint.load(path, AutoModelForCausalLM))

    def likely(pairs: Sequence[Pair]) -> list[float | None]:
        found = reference.nats(pairs)
        return [None if nats is None else (foreign - nats) / (foreign - typical) for nats in found]

    return Batched(likely)


@dataclass(frozen=True, slots=True)
class Conversation:
    """What a model remembers of a conversation: keys and values, its length, and its last state, (1, width)."""

    memory: Any
    length: int
    state: Tensor


@dataclass(frozen=True, slots=True)
class Reference:
    """A causal language model that says how surprising a text is.

    `shares` tells that the replies to one conversation can go on from one pass through it, and that the model's
    logits are its output embeddings applied to its states and nothing more, so that they can be made in pieces.
    """

    checkpoint: Checkpoint
    shares: bool

    @classmethod
    def of(cls, checkpoint: Checkpoint) -> Reference:
        """Finds out what the model can by trying it: some scale or bound their logits, or remember otherwise."""
        able, plain = cls(checkpoint, shares=True), cls(checkpoint, shares=False)
        try:
            found, expected = (each._of_replies(PROBE[:3], [PROBE[3:], PROBE[4:]]) for each in (able, plain))
        except (AttributeError, TypeError, ValueError, NotImplementedError):
            return plain
        same = all(torch.allclose(found[row], expected[row], rtol=1e-2, atol=1e-2) for row in expected)
        return able if same else plain

    def nats(self, pairs: Sequence[Pair], tokens: int | None = None) -> list[float | None]:
        """The mean negative log-probability of each reply's tokens, infinite for a reply without any.

        None where the conversation leaves no room. `tokens` sets how many of the replies share a pass.
        """
        rows = [self._row(pair) for pair in pairs]
        by_conversation: dict[Row, list[Row]] = {}
        for before, said in rows:
            by_conversation.setdefault(before, []).append(said)
        found = {
            before: self._of_replies(before, [said for said in replies if said], tokens)
            for before, replies in by_conversation.items()
            if self._leaves_room(before)
        }
        return [
            None if before not in found else float(found[before][said].double().mean()) if said else math.inf
            for before, said in rows
        ]

    def _row(self, pair: Pair) -> tuple[Row, Row]:
        before, said, _ = self.checkpoint.conversation(*pair)
        return tuple(before), tuple(said)

    def _leaves_room(self, before: Row) -> bool:
        return 0 < len(before) < self.checkpoint.context

    def _of_replies(
        self, before: Row, replies: Sequence[Row], tokens: int | None = None
    ) -> Mapping[Row, Tensor]:
        """Nats of every token of each reply to one conversation."""
        if not self.shares or len(set(replies)) == 1:  # one reply alone would pay for a second pass
            whole = self.checkpoint.run([before + said for said in replies], self._whole, tokens)
            return {row[len(before) :]: nats[len(before) - 1 : len(row) - 1] for row, nats in whole.items()}
        with torch.inference_mode():
            conversation = self._remembered(before)
        longest = max(map(len, replies), default=0)
        rows = max(1, REMEMBERED // (len(before) + longest))
        found = self.checkpoint.run(replies, partial(self._going_on, conversation), tokens, rows)
        return {row: nats[: len(row)] for row, nats in found.items()}

    def _remembered(self, before: Row) -> Conversation:
        model = self.checkpoint.model
        ids = torch.tensor([before], device=model.device)
        made = model.base_model(ids, use_cache=True)
        return Conversation(made.past_key_values, len(before), made.last_hidden_state[:, -1])

    def _going_on(self, conversation: Conversation, ids: Tensor, mask: Tensor) -> Tensor:
        """Nats of every token of replies given the conversation and those before it, (rows, width)."""
        model, rows = self.checkpoint.model, len(ids)
        memory = copy.deepcopy(conversation.memory)  # a pass writes its own keys and values into it
        memory.batch_repeat_interleave(rows)
        seen = torch.cat([mask.new_ones(rows, conversation.length), mask], dim=1)
        states = model.base_model(ids, attention_mask=seen, past_key_values=memory).last_hidden_state
        before = torch.cat([conversation.state.expand(rows, -1)[:, None], states[:, :-1]], dim=1)
        vocabulary: int = model.config.get_text_config().vocab_size
        at_once = max(1, (GPU_LOGITS if ids.is_cuda else CPU_LOGITS) // vocabulary)
        pieces = zip(
            torch.split(before.flatten(0, 1), at_once), torch.split(ids.flatten(), at_once), strict=True
        )
        nats = [_nats(model.get_output_embeddings()(states), following) for states, following in pieces]
        return torch.cat(nats).view_as(ids)

    def _whole(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Nats of every token given those before it, (rows, width); the last column says nothing."""
        logits = self.checkpoint.model(ids, attention_mask=mask).logits.flatten(0, 1)
        # The last position stands against any token: leaving it out would copy all others.
        return _nats(logits, torch.nn.functional.pad(ids[:, 1:], (0, 1)).flatten()).view_as(ids)


def _nats(logits: Tensor, following: Tensor) -> Tensor:
    return torch.nn.functional.cross_entropy(logits.float(), following, reduction="none")
