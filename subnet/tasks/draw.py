"""The tasks of a round: families by the public schedule, instances by the validator's secret."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from subnet.tasks.base import Source, Task
from subnet.tasks.mix import Mix
from subnet.tasks.secret import EpochSecret, Secret


@dataclass(frozen=True, slots=True)
class Draw:
    """How one epoch's tasks are made; `block_hash` is that of the epoch's first block."""

    source: Source
    secret: Secret
    epoch: int
    block_hash: str

    def tasks(self, indices: Iterable[int], seconds: float) -> list[Task]:
        """The tasks with these indices in the epoch; `seconds` is the deadline of each."""
        mix, secret = Mix.of(self.source), self.secret.of_epoch(self.epoch)
        return [drawn(mix, secret, self.block_hash, index, seconds) for index in indices]


def drawn(mix: Mix, secret: EpochSecret, block_hash: str, index: int, seconds: float) -> Task:
    """One task of the epoch whose secret this is; also how somebody else makes it again once that is revealed."""
    family = mix.family_at(block_hash, secret.epoch, index)
    task = mix.make(family, secret.seed(index), secret.query_id(index), seconds)
    if mix.sampling is None:
        return task
    return task.asked_as(mix.sampling.asked(task.query, secret.sampling_seed(index)))
