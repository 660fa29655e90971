"""The reference network of the attack tests: nine honest miners of equal quality, one attacker, three validators.

Every validator asks every miner the same number of tasks per epoch, judges by a real rubric, keeps a real ledger's
observations, and sets real weights; the chain's own consensus pays. A miner's fair share is a tenth.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from math import fsum
from random import Random

from reward.rubric import Rubric
from reward.text import solved
from reward.uniqueness import Compared, clusters, kept
from subnet.attackers.strategies import Situation, Strategy, able
from subnet.protocol import Coldkey, Hotkey, Message, Query, Reply
from subnet.tasks.base import Reward, Task
from subnet.validator.scores import Observation, Rules, Score, scores
from subnet.validator.weights import U16_MAX, Payment, from_scores, linear
from subnet.yuma import Matrix, Moment, Neurons, epoch
from subnet.yuma import Rules as Consensus

BLOCKS = 360
TASKS_PER_ROUND = 4
HONEST = 9
QUALITY = 0.8
VALIDATORS = 3
ATTACKER = Hotkey("attacker-0")
PLAIN = Rubric({solved: 1.0})
SCORING = Rules(half_life=2 * BLOCKS)

Fold = Callable[[Sequence[Observation], int], Mapping[Hotkey, float]]


def ledger(observations: Sequence[Observation], now: int) -> Mapping[Hotkey, float]:
    """The scores that Assay makes of observations."""
    return {hotkey: score.value for hotkey, score in scores(observations, now, SCORING).items()}


@dataclass(frozen=True)
class Network:
    """Who mines, what they are asked and how they are judged; `fold` makes scores of observations, and with `split`
    those that answer with one brain share one pay.
    """

    attackers: Sequence[Strategy]
    rubric: Callable[[Task, Sequence[Reply]], Sequence[Reward]] = PLAIN
    fold: Fold = ledger
    honest: Strategy = field(default_factory=lambda: able(QUALITY))
    split: bool = False
    tasks: int = 20
    make: Callable[[Random, int], Task] = field(default_factory=lambda: puzzle)

    def shares(self, epochs: int = 3, seed: int = 1) -> dict[Hotkey, float]:
        """Each miner's share of the miners' emission in the last epoch."""
        return self.history(epochs, [epochs], seed)[0]

    def history(self, epochs: int, paid: Collection[int], seed: int = 1) -> list[dict[Hotkey, float]]:
        """Each miner's share of the miners' emission at the end of those epochs, counted from 1, that are `paid`."""
        miners = self._miners()
        seats = list(miners)
        seen: list[list[Observation]] = [[] for _ in range(VALIDATORS)]
        heard: list[list[Compared]] = [[] for _ in range(VALIDATORS)]
        shares = []
        for number in range(epochs):
            for validator, known in enumerate(seen):
                rng = Random(f"{seed}/{validator}/{number}")
                for index in range(self.tasks):
                    task = self.make(rng, index)
                    replies = self._replies(miners, task, number, index, rng)
                    known += self._observed(task, (number, index), replies)
                    texts = {
                        seats.index(hotkey): reply.text for hotkey, reply in replies.items() if reply.text
                    }
                    heard[validator].append(Compared.of(task, texts))
            if number + 1 in paid:
                views = [self._worth(*both, seats, number) for both in zip(seen, heard, strict=True)]
                shares.append(self._paid(views, seats))
        return shares

    def _worth(
        self, known: Sequence[Observation], heard: Sequence[Compared], seats: Sequence[Hotkey], number: int
    ) -> Mapping[Hotkey, float]:
        """What one validator holds of the miners at the end of an epoch."""
        values = self.fold(known, (number + 1) * BLOCKS)
        shares = kept(clusters(heard, len(seats)), {}) if self.split else {}
        return {hotkey: value * shares.get(seats.index(hotkey), 1.0) for hotkey, value in values.items()}

    def _miners(self) -> dict[Hotkey, Strategy]:
        honest = {Hotkey(f"honest-{place}"): self.honest for place in range(HONEST)}
        return honest | {Hotkey(f"attacker-{place}"): each for place, each in enumerate(self.attackers)}

    def _observed(
        self, task: Task, when: tuple[int, int], replies: Mapping[Hotkey, Reply]
    ) -> list[Observation]:
        rewards = self.rubric(task, list(replies.values()))
        return [
            observed(hotkey, task, when, reward, reply)
            for (hotkey, reply), reward in zip(replies.items(), rewards, strict=True)
        ]

    def _replies(
        self, miners: Mapping[Hotkey, Strategy], task: Task, number: int, index: int, rng: Random
    ) -> dict[Hotkey, Reply]:
        replies: dict[Hotkey, Reply] = {}
        for hotkey, strategy in miners.items():
            others = [replies[other] for other in replies if other.startswith("honest")]
            replies[hotkey] = strategy(Situation(task, number, index, others, Random(rng.random())))
        return replies

    def _paid(self, views: Sequence[Mapping[Hotkey, float]], miners: Sequence[Hotkey]) -> dict[Hotkey, float]:
        """What the chain's consensus of three equal validators pays for what each of them holds of the miners."""
        owner = Hotkey("owner")
        rows = {}
        for validator, view in enumerate(views):
            known = {hotkey: Score(value, value, 1.0, 0, 1) for hotkey, value in view.items()}
            weights = from_scores(known, miners, Payment(owner, 0.0, linear))
            most = max(weights.values(), default=1.0)
            rows[validator] = [
                (VALIDATORS + miners.index(hotkey), round(weight / most * U16_MAX))
                for hotkey, weight in weights.items()
            ]
        count = VALIDATORS + len(miners)
        stake = [10**12] * VALIDATORS + [0] * len(miners)
        outcome = epoch(
            Matrix.of(rows, count),
            Matrix.empty(count),
            Neurons.settled(stake, now=BLOCKS),
            Consensus(),
            Moment(now=BLOCKS, emission=10**9),
        )
        total = int(sum(outcome.incentive))
        return {hotkey: int(outcome.incentive[VALIDATORS + at]) / total for at, hotkey in enumerate(miners)}


def observed(hotkey: Hotkey, task: Task, when: tuple[int, int], reward: Reward, reply: Reply) -> Observation:
    """What a ledger keeps of one reply; `when` is the epoch and the task's index in it."""
    number, turn = when[0], when[1] // TASKS_PER_ROUND
    return Observation(
        hotkey=hotkey,
        coldkey=Coldkey(f"cold-{hotkey}"),
        registered_at=0,
        block=number * BLOCKS + turn,
        epoch=number,
        round_id=f"{turn:04d}",
        task_id=task.id,
        family=task.family,
        value=reward.value,
        evidence=reward.evidence,
        seconds=reply.seconds,
        failure=reply.failure,
        parts=reward.parts,
        reason=reward.reason,
    )


def puzzle(rng: Random, index: int) -> Task:
    """A task with one right answer that nobody can foresee."""
    number = rng.getrandbits(40)
    query = Query(id=f"task-{number:010x}-{index}", messages=(Message(role="user", content=f"{number}?"),))
    answer = str(number * 7)
    return Task("puzzle", number, query, answer, verify=lambda text: float(text.strip() == answer))


def open_question(rng: Random, index: int) -> Task:
    """A question whose reference has a dozen words that nobody can guess."""
    words = [f"{rng.getrandbits(32):08x}" for _ in range(12)]
    query = Query(
        id=f"open-{words[0]}-{index}", messages=(Message(role="user", content=f"about {words[0]}"),)
    )
    return Task("chat", 0, query, " ".join(words), verify=lambda text: 0.0)


def attackers_share(network: Network, epochs: int = 3) -> float:
    """What the attackers earn together in the last epoch, the mean of five runs."""
    return fsum(_of_attackers(network.shares(epochs, seed)) for seed in range(5)) / 5


def attackers_mean(network: Network, paid: Collection[int]) -> float:
    """What the attackers earn together on average over some epochs of two runs."""
    runs = [shares for seed in range(2) for shares in network.history(max(paid), paid, seed)]
    return fsum(map(_of_attackers, runs)) / len(runs)


def _of_attackers(shares: Mapping[Hotkey, float]) -> float:
    return fsum(share for hotkey, share in shares.items() if hotkey.startswith("attacker"))
