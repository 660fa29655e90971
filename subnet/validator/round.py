"""One round: tasks are asked, replies judged, and what happened is frozen.

The round is the only event of a validator: ledger, status file, recording and metrics read it, and nothing else
reaches them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from subnet.errors import ConditionError
from subnet.protocol import Hotkey, Peer, Query, Reply
from subnet.tasks.base import Judge, Reward, RoundJudge, Task
from subnet.validator.scores import Observation


class Asker(Protocol):
    """Whoever carries queries to peers; a peer's failure comes back as its reply."""

    async def ask_all(self, peers: Iterable[Peer], query: Query, seconds: float) -> dict[Hotkey, Reply]:
        """Every peer's reply to one query after at most `seconds`."""
        ...


@dataclass(frozen=True, slots=True)
class Moment:
    """When a round takes place: its id, the epoch's index and the block."""

    round_id: str
    epoch: int
    block: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one peer replied to one task, and what that was worth."""

    peer: Peer
    task: Task
    reply: Reply
    reward: Reward

    def observation(self, moment: Moment) -> Observation:
        """The fact that the ledger keeps: by hotkey, without the seat, without any text."""
        return Observation(
            hotkey=self.peer.hotkey,
            coldkey=self.peer.coldkey,
            registered_at=self.peer.registered_at,
            block=moment.block,
            epoch=moment.epoch,
            round_id=moment.round_id,
            task_id=self.task.id,
            family=self.task.family,
            value=self.reward.value,
            evidence=self.reward.evidence,
            seconds=self.reply.seconds,
            failure=self.reply.failure,
            parts=self.reward.parts,
            reason=self.reward.reason,
        )


@dataclass(frozen=True, slots=True)
class Round:
    """A round that is over."""

    moment: Moment
    judgements: tuple[Judgement, ...]

    def observations(self) -> tuple[Observation, ...]:
        """One observation for every reply, silence included."""
        return tuple(judgement.observation(self.moment) for judgement in self.judgements)


@dataclass(frozen=True, slots=True)
class Bench:
    """Who asks and who judges, and the seconds that judging one round may take.

    A judge that needs longer cannot keep up with any epoch, or hangs.
    """

    asker: Asker
    judge: Judge
    judge_seconds: float = 45.0


async def play(moment: Moment, tasks: Sequence[Task], peers: Sequence[Peer], bench: Bench) -> Round:
    """Asks every peer every task at once, each task under its own deadline, and judges what came back.

    Raises ConditionError when the judge does not come to an end within its seconds.
    """
    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(bench.asker.ask_all(peers, task.query, task.budget)) for task in tasks]
    replies = [task.result() for task in asked]

    def judge_all() -> tuple[Judgement, ...]:
        return tuple(all_judged(tasks, peers, replies, bench.judge))

    try:
        async with asyncio.timeout(bench.judge_seconds):
            # A thread, because a judge may run a model for seconds, and blocks arrive meanwhile.
            return Round(moment, await asyncio.to_thread(judge_all))
    except TimeoutError:
        raise ConditionError(
            f"the rubric did not judge a round within {bench.judge_seconds:g} s; give it --judge-seconds"
        ) from None


def all_judged(
    tasks: Sequence[Task], peers: Sequence[Peer], replies: Sequence[Mapping[Hotkey, Reply]], judge: Judge
) -> Iterator[Judgement]:
    """What each peer's reply to each task was worth; a judge of whole rounds is shown them together."""
    asked = [
        (task, [heard[peer.hotkey] for peer in peers]) for task, heard in zip(tasks, replies, strict=True)
    ]
    rewards = judge.judge_round(asked) if isinstance(judge, RoundJudge) else [judge(*each) for each in asked]
    for (task, heard), worth in zip(asked, rewards, strict=True):
        for peer, reply, reward in zip(peers, heard, worth, strict=True):
            yield Judgement(peer, task, reply, reward)


def judged(
    task: Task, peers: Sequence[Peer], replies: Mapping[Hotkey, Reply], judge: Judge
) -> list[Judgement]:
    """The judge's rewards put beside the peers that earned them; the judge itself sees replies only."""
    return list(all_judged([task], peers, [replies], judge))
