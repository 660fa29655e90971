"""Checkpoints that read texts for a reward: loading them, writing strangers' texts for them, running them.

A stranger's text reaches a model as plain text only: what spells a token of the model's own, such as the end of
a turn, is spelled out, never taken for it. Code that comes with a checkpoint is never run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import AutoTokenizer
from transformers.utils import logging as transformers_logging

from reward.batches import CPU_TOKENS, GPU_TOKENS, Row, batches
from reward.text import text_of
from subnet.protocol import Reply
from subnet.tasks.base import Task

CONTEXT = 4_096
"""Tokens of one text that a model is shown, if it takes that many."""

CHARS_PER_TOKEN = 16
"""Text beyond this many characters for each token of room is cut before it is encoded."""

REPLY = "\u241e"
"""Stands where the reply goes while a conversation is written; a symbol of its own in any vocabulary."""

Read = Callable[[Tensor, Tensor], Tensor]
"""Takes token ids and mask, both (rows, width), and returns one row of values for each."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model with its tokenizer; `context` is the most tokens it is shown at once."""

    model: Any
    tokenizer: Any
    context: int

    @classmethod
    def load(cls, path: str, auto: Any, context: int = CONTEXT) -> Checkpoint:
        """The checkpoint in a folder or of a hub id, by one of transformers' Auto classes.

        On the GPU in bfloat16 when there is one, else in float32. Raises OSError or ValueError.
        """
        transformers_logging.disable_progress_bar()
        gpu = torch.cuda.is_available()
        tokenizer = AutoTokenizer.from_pretrained(path, trust_remote_code=False)
        model = auto.from_pretrained(
            path, dtype=torch.bfloat16 if gpu else torch.float32, trust_remote_code=False
        )
        model = model.to("cuda" if gpu else "cpu").eval()
        own = getattr(model.config.get_text_config(), "max_position_embeddings", None) or context
        return cls(model, tokenizer, min(own, tokenizer.model_max_length, context))

    @property
    def padding(self) -> int:
        """The token that fills up a row; masked, so any will do."""
        return self.tokenizer.pad_token_id or 0

    @property
    def tokens_at_once(self) -> int:
        """How many tokens share a pass."""
        return GPU_TOKENS if self.model.device.type == "cuda" else CPU_TOKENS

    def encoded(self, text: str, special: bool = False) -> list[int]:
        """The tokens of a stranger's text, at most `context`; `special` adds those that begin and end a text."""
        cut = text[: self.context * CHARS_PER_TOKEN]
        found = self.tokenizer(
            cut,
            add_special_tokens=special,
            split_special_tokens=True,
            truncation=True,
            max_length=self.context,
        )
        return list(found["input_ids"])

    def conversation(self, task: Task, reply: Reply) -> tuple[list[int], list[int], list[int]]:
        """The tokens before the reply, of the reply, and after it; a reply too long for the context is cut."""
        before, after = self._around(task)
        room = max(0, self.context - len(before) - len(after))
        return before, self.encoded(text_of(reply))[:room], after

    def _around(self, task: Task) -> tuple[list[int], list[int]]:
        messages = [message.model_dump() for message in task.query.messages]
        if not self.tokenizer.chat_template:
            text = "\n\n".join(message["content"] for message in messages)
            return self.encoded(text, special=False) + self.encoded("\n\n"), []
        told = [*messages, {"role": "assistant", "content": REPLY}]
        written = self.tokenizer.apply_chat_template(told, tokenize=False)
        before, _, after = written.rpartition(REPLY)
        encode = self.tokenizer.encode
        return encode(before, add_special_tokens=False), encode(after, add_special_tokens=False)

    def run(
        self, rows: Iterable[Row], read: Read, tokens: int | None = None, most: int | None = None
    ) -> Mapping[Row, Tensor]:
        """What `read` returns for each row, on the CPU; rows share passes by `reward.batches`."""
        found: dict[Row, Tensor] = {}
        with torch.inference_mode():
            for batch in batches(rows, tokens or self.tokens_at_once, most):
                values = read(*self._padded(batch)).float().cpu()
                found.update(zip(batch, values, strict=True))
        return found

    def _padded(self, batch: list[Row]) -> tuple[Tensor, Tensor]:
        width, device = len(batch[0]), self.model.device
        ids = [[*row, *[self.padding] * (width - len(row))] for row in batch]
        mask = [[1] * len(row) + [0] * (width - len(row)) for row in batch]
        return torch.tensor(ids, device=device), torch.tensor(mask, device=device)
