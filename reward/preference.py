"""A reward model: a classifier that was trained to tell answers that people prefer from those they do not.

It has seen honest answers in training, and strangers will look for texts that it overrates: length, praise of the
question, lists, its own idioms. Gate it by length and by a check of the facts, and never let it decide alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from transformers import AutoModelForSequenceClassification

from reward.kinds import Batched, Pair
from reward.models import Checkpoint


def preferred(path: str, center: float = 0.0, scale: float = 1.0, label: int = -1) -> Batched:
    """A reward of how much the reward model at `path` (a folder or hub id) likes a reply to its conversation.

    A model of one output gives the logistic function of (output - center) / scale; a model of several gives the
    probability of `label`, the last one by default. Loads it; raises OSError or ValueError.
    """
    if not (math.isfinite(center) and math.isfinite(scale) and scale > 0):
        raise ValueError(
            "the center of a reward model's outputs is a finite number, the scale a positive one"
        )
    checkpoint = Checkpoint.load(path, AutoModelForSequenceClassification)
    labels = checkpoint.model.config.num_labels
    if not -labels <= label < labels:
        raise ValueError(f"{path} has {labels} labels, not a label {label}")
    checkpoint.model.config.get_text_config().pad_token_id = checkpoint.padding

    def read(ids: Tensor, mask: Tensor) -> Tensor:
        outputs = checkpoint.model(ids, attention_mask=mask).logits.float()
        if labels == 1:
            return torch.sigmoid((outputs[:, 0] - center) / scale)
        return torch.softmax(outputs, dim=1)[:, label]

    def preferred(pairs: Sequence[Pair]) -> list[float]:
        rows = [_row(checkpoint, pair) for pair in pairs]
        found = checkpoint.run(rows, read)
        return [float(found[row]) for row in rows]

    return Batched(preferred)


def _row(checkpoint: Checkpoint, pair: Pair) -> tuple[int, ...]:
    before, said, after = checkpoint.conversation(*pair)
    return (*before, *said, *after)
