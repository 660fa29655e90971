"""Rows that generate together, and what the model remembers of them.

Rows stand right-aligned in one key-value cache. Newcomers' prompts are read beside it, a bounded piece at a time,
and their part of the cache is padded on the left; a row that has ended is cut out at once, so that a short reply
never waits for a long one, nor the rest pay for what has ended.

Models that remember something else than keys and values (recurrent ones) run in whole batches: prompts are read
in one piece, nobody joins, and nothing is cut out before all have ended.
"""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
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


@dataclass(slots=True, eq=False)
class Reading:
    """Prompts that are being read: token ids and places in their rows, int64 (rows, width), places of padding
    below 0; how many columns have been read, and what the model remembers of them.
    """

    rows: Sequence[Row]
    ids: Tensor
    places: Tensor
    cache: DynamicCache
    read: int = 0

    @classmethod
    def of(cls, rows: Sequence[Row], cache: DynamicCache) -> Reading:
        """The prompts of rows, padded on the left to one width."""
        width = max(len(row.prompt) for row in rows)
        ids = [[0] * (width - len(row.prompt)) + row.prompt for row in rows]
        starts = torch.tensor([[width - len(row.prompt)] for row in rows])
        return cls(rows, torch.tensor(ids), torch.arange(width) - starts, cache)


class Batch:
    """The rows that generate together. Used from one thread at a time."""

    def __init__(self, loaded: Loaded) -> None:
        self.rows: list[Row] = []
        self.readings: deque[Reading] = deque()
        self._model = loaded.model
        self._cache = DynamicCache()
        known = inspect.signature(loaded.model.forward).parameters
        self._takes_positions = "position_ids" in known
        self._last_only = {"logits_to_keep": 1} if "logits_to_keep" in known else {}
        config = loaded.model.config.get_text_config()
        self._cut = CAN_BE_CUT.issuperset(getattr(config, "layer_types", None) or ())

    @property
    def present(self) -> list[Row]:
        """The rows that generate and those whose prompts are being read."""
        return [*self.rows, *(row for reading in self.readings for row in reading.rows)]

    @property
    def open(self) -> bool:
        """Whether rows may join now."""
        return self._cut or not self.present

    def join(self, rows: Sequence[Row]) -> None:
        """Takes new rows, whose prompts `read` reads."""
        cache = DynamicCache() if self._cut else DynamicCache(config=self._model.config)
        self.readings.append(Reading.of(rows, cache))

    def read(self, tokens: int) -> Said:
        """Reads about so many tokens of prompts; after its last a row has its first token.

        Those who joined together are read together, and groups in turns, so that short prompts do not wait
        for long ones. Prompts that nobody waits for any more are left.
        """
        reading = self.readings[0]
        if all(row.caller.gone for row in reading.rows):
            self.readings.popleft()
            return []
        first, width = reading.read, reading.ids.shape[1]
        reading.read = min(width, first + max(1, tokens // len(reading.rows))) if self._cut else width
        logits = self._logits(
            reading.ids[:, first : reading.read], reading.places[:, : reading.read], reading.cache
        )
        if reading.read < width:
            self.readings.rotate(-1)
            return []
        said = _taken(reading.rows, logits)
        self._cache = _joined(self._cache, reading.cache) if self.rows else reading.cache
        # Not earlier, so that a failure finds every row among those present.
        self.rows = [*self.rows, *self.readings.popleft().rows]
        self._drop_ended()
        return said

    def step(self) -> Said:
        """One more token for every row."""
        span = self._cache.get_seq_length() + 1
        starts = torch.tensor([[span - row.length] for row in self.rows])
        newest = torch.tensor([row.tokens[-1:] for row in self.rows])
        said = _taken(self.rows, self._logits(newest, torch.arange(span) - starts, self._cache))
        self._drop_ended()
        return said

    def clear(self) -> None:
        """Forgets all rows and frees what the model remembers of them."""
        self.rows, self._cache = [], DynamicCache()
        self.readings.clear()

    @torch.inference_mode()
    def _logits(self, ids: Tensor, places: Tensor, cache: DynamicCache) -> Tensor:
        """What the model makes of the last of these tokens, (rows, vocabulary).

        `ids` follow what the cache holds; `places` are those of the cache's tokens and of these.
        """
        device = self._model.device
        inputs: dict[str, Any] = {
            "input_ids": ids.to(device),
            "attention_mask": (places >= 0).long().to(device),
            **self._last_only,
        }
        if self._takes_positions:
            inputs["position_ids"] = places[:, -ids.shape[1] :].clamp(min=0).to(device)
        logits: Tensor = self._model(**inputs, past_key_values=cache, use_cache=True).logits[:, -1]
        return logits

    def _drop_ended(self) -> None:
        kept = [index for index, row in enumerate(self.rows) if not row.ended]
        if not kept:
            self.rows, self._cache = [], DynamicCache()
        elif self._cut and len(kept) < len(self.rows):
            self.rows = [self.rows[index] for index in kept]
            # The newest token of a row is not in the cache yet: it is read with the next step.
            _cut(self._cache, torch.tensor(kept), max(row.length for row in self.rows) - 1)


def _taken(rows: Sequence[Row], logits: Tensor) -> Said:
    """Gives every row that has not ended the token that its sampler takes from its logits."""
    tokens = chosen(logits, [row.sampler for row in rows], [len(row.tokens) for row in rows]).tolist()
    taken = [(row, row.take(token)) for row, token in zip(rows, tokens, strict=True) if not row.ended]
    return [(row, piece) for row, piece in taken if piece or row.ended]


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
