"""Which texts share a pass through a model.

The rule is fixed, so that the same texts always share the same passes and a model says the same of them to the
last bit, in whatever order they arrive. Equal texts go through once. Texts of like length go together, so that
little of a pass is padding, and a pass holds so many tokens as share its weights well and stay in the caches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

Row = tuple[int, ...]
"""The token ids of one text."""

CPU_TOKENS = 512
"""Tokens of one pass on a processor, padding included; `benchmarks/rewards.py` compares it with others."""

GPU_TOKENS = 65_536
"""Tokens of one pass on a GPU, which a few texts would not fill."""


def batches(rows: Iterable[Row], tokens: int, most: int | None = None) -> Iterator[list[Row]]:
    """The different rows, longest first, in lists of at most `tokens` tokens with their padding, or of one row.

    A list has no more than `most` rows.
    """
    batch: list[Row] = []
    for row in sorted(set(rows), key=lambda row: (-len(row), row)):
        if batch and (len(batch[0]) * (len(batch) + 1) > tokens or len(batch) == most):
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch
