"""The tasks of a round: families by the public schedule, instances by the validator's secret."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from subnet.tasks.base import Source, Task
from subnet.tasks.schedule import family_at
from subnet.tasks.secret import Secret


@dataclass(frozen=True, slots=True)
class Draw:
    """How one epoch's tasks are made; `block_hash` is that of the epoch's first block."""

    source: Source
    secret: Secret
    epoch: int
    block_hash: str

    def tasks(self, indices: Iterable[int], seconds: float) -> list[Task]:
        """The tasks with these indices in the epoch; `seconds` is the deadline of each."""
        return [self._task(index, seconds) for index in indices]

    def _task(self, index: int, seconds: float) -> Task:
        family = family_at(self.source.families, self.block_hash, self.epoch, index)
        seed = self.secret.seed(self.epoch, index)
        return self.source.make(family, seed, self.secret.query_id(self.epoch, index), seconds)
