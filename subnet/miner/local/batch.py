"""Rows that generate together, and what the model remembers of them.

Rows stand right-aligned in one key-value cache. A newcomer's prompt is read on its own and its part of the cache
padded on the left; a row that has ended is cut out at once, so that a short reply never waits for a long one,
nor the rest pay for what has ended.

Models that remember something else than keys and values (recurrent ones) run in whole batches: nobody joins, and
nothing is cut out before all have ended.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad
from transformers import DynamicCache

from subnet.inference.sampling import chosen
from subnet.miner.local.loading import Loaded
from subnet.miner.local.rows import Row, Said

CAN_BE_CUT = frozenset({"full_attention", "sliding_attention"})
"""Kinds of layers whose keys and values can all be kept, padded on the left, and cut."""


class Batch:
    """The rows that generate together. Used from one thread at a time."""

    def __init__(self, loaded: Loaded) -> None:
        self.rows: list[Row] = []
        self._model = loaded.model
        self._cache = DynamicCache()
        known = inspect.signature(loaded.model.forward).parameters
        self._takes_positions = "position_ids" in known
        self._last_only = {"logits_to_keep": 1} if "logits_to_keep" in known else {}
        config = loaded.model.config.get_text_config()
        self._cut = CAN_BE_CUT.issuperset(getattr(config, "layer_types", None) or ())

    @property
    def open(self) -> bool:
        """Whether rows may join."""
        return self._cut or not self.rows

    def join(self, rows: Sequence[Row]) -> Said:
        """Reads the prompts of new rows; each has its first token afterwards."""
        cache = DynamicCache() if self._cut else DynamicCache(config=self._model.config)
        said = self._advance(rows, cache, max(len(row.prompt) for row in rows))
        self._cache = _joined(self._cache, cache) if self.rows else cache
        self.rows = [*self.rows, *rows]
        self._drop_ended()
        return said

    def step(self) -> Said:
        """One more token for every row."""
        said = self._advance(self.rows, self._cache, 1)
        self._drop_ended()
        return said

    def clear(self) -> None:
        """Forgets all rows and frees what the model remembers of them."""
        self.rows, self._cache = [], DynamicCache()

    def _advance(self, rows: Sequence[Row], cache: DynamicCache, width: int) -> Said:
        """Every row's next token, from its last `width` tokens and what the cache holds of those before."""
        tokens = self._next(rows, cache, width).tolist()
        taken = [(row, row.take(token)) for row, token in zip(rows, tokens, strict=True) if not row.ended]
        return [(row, piece) for row, piece in taken if piece or row.ended]

    @torch.inference_mode()
    def _next(self, rows: Sequence[Row], cache: DynamicCache, width: int) -> Tensor:
        """The token that follows in each row, int64 (rows,)."""
        device, span = self._model.device, cache.get_seq_length() + width
        lengths = torch.tensor([row.length for row in rows]).unsqueeze(1)
        places = torch.arange(span) - (span - lengths)
        inputs: dict[str, Any] = {
            "input_ids": torch.tensor([_last(row, width) for row in rows], device=device),
            "attention_mask": (places >= 0).long().to(device),
            **self._last_only,
        }
        if self._takes_positions:
            inputs["position_ids"] = places[:, -width:].clamp(min=0).to(device)
        logits = self._model(**inputs, past_key_values=cache, use_cache=True).logits[:, -1]
        return chosen(logits, [row.sampler for row in rows], [len(row.tokens) for row in rows])

    def _drop_ended(self) -> None:
        kept = [index for index, row in enumerate(self.rows) if not row.ended]
        if not kept:
            self.clear()
        elif self._cut and len(kept) < len(self.rows):
            self.rows = [self.rows[index] for index in kept]
            # The newest token of a row is not in the cache yet: it is read with the next step.
            _cut(self._cache, torch.tensor(kept), max(row.length for row in self.rows) - 1)


def _last(row: Row, width: int) -> list[int]:
    """The last `width` tokens of a row, padded on the left."""
    tokens = row.tokens[-width:]
    if len(tokens) < width:
        tokens = row.prompt[len(tokens) - width :] + tokens
    return [0] * (width - len(tokens)) + tokens


def _joined(one: DynamicCache, other: DynamicCache) -> DynamicCache:
    """One cache for the rows of both, the shorter one padded on the left; `one` is changed."""
    width = max(one.get_seq_length(), other.get_seq_length())
    for ours, theirs in zip(one.layers, other.layers, strict=True):
        ours.keys = torch.cat([_widened(ours.keys, width), _widened(theirs.keys, width)])
        ours.values = torch.cat([_widened(ours.values, width), _widened(theirs.values, width)])
    return one


def _widened(states: Tensor, width: int) -> Tensor:
    """Keys or values (rows, heads, tokens, channels) padded on the left to `width` tokens."""
    return pad(states, (0, 0, width - states.shape[-2], 0))


def _cut(cache: DynamicCache, rows: Tensor, width: int) -> None:
    """Keeps these rows of a cache and the last `width` of its tokens."""
    for layer in cache.layers:
        kept = rows.to(layer.keys.device)
        layer.keys = layer.keys[:, :, -width:].index_select(0, kept)
        layer.values = layer.values[:, :, -width:].index_select(0, kept)
