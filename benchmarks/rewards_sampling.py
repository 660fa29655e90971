"""What deep checks of a sample are worth: the ranking by them beside the ranking by full checks.

Two hundred and fifty-six miners answer 200 tasks. A cheap check and a deep one agree on most replies; some miners
please the cheap one only. Scores are means weighed by evidence, as the ledger has them.
"""

from __future__ import annotations

import random

import numpy as np
from numpy.typing import NDArray
from rewards_work import said, task_with

from reward.rubric import Rubric, Sampled
from subnet.protocol import Reply
from subnet.tasks.base import Task

MINERS = 256
TASKS = 200
SHARES = (0.05, 0.1, 0.25, 0.5)
TARGETS = {"rank correlation with full checks, 25 % sampled": {"min": 0.9}}

Floats = NDArray[np.float64]


def cheap(task: Task, reply: Reply) -> float:
    """The first digit of the reply."""
    return float((reply.text or "")[0])


def deep(task: Task, reply: Reply) -> float:
    """The second digit of the reply."""
    return float((reply.text or "")[1])


def figures() -> dict[str, float]:
    """Spearman's rank correlation and the mean difference of scores, by the share that is sampled."""
    rounds = list(played())
    full = scores(Rubric({cheap: 0.3, deep: 0.7}), rounds)
    only_cheap = scores(Rubric({cheap: 1.0}), rounds)
    found = {"rank correlation with full checks, cheap only": spearman(full, only_cheap)}
    for share in SHARES:
        sampled = scores(Rubric({cheap: 0.3, Sampled(deep, share): 0.7}), rounds)
        named = f"{100 * share:g} % sampled"
        found[f"rank correlation with full checks, {named}"] = spearman(full, sampled)
        found[f"mean difference from full checks, {named}"] = float(np.mean(sampled - full))
    return found


def played() -> list[tuple[Task, list[Reply]]]:
    """Tasks and replies; every third miner knows how to please the cheap check."""
    rng = random.Random(1)
    skills = [rng.uniform(0.2, 0.95) for _ in range(MINERS)]
    rounds = []
    for index in range(TASKS):
        replies = []
        for miner, skill in enumerate(skills):
            good = rng.random() < skill
            pleases = good or miner % 3 == 0 or rng.random() < 0.1
            replies.append(said(f"{int(pleases)}{int(good)} {rng.random()}"))
        task = task_with("-")
        rounds.append((Task(task.family, index, task.query, task.reference, task.verify), replies))
    return rounds


def scores(rubric: Rubric, rounds: list[tuple[Task, list[Reply]]]) -> Floats:
    """The mean of each miner's rewards, weighed by their evidence."""
    worth, weight = np.zeros(MINERS), np.zeros(MINERS)
    for rewards in rubric.judge_round(rounds):
        for miner, reward in enumerate(rewards):
            if reward.value is not None:
                worth[miner] += reward.evidence * reward.value
                weight[miner] += reward.evidence
    return worth / weight


def spearman(one: Floats, other: Floats) -> float:
    """The correlation of two rankings."""
    ranks = [values.argsort().argsort() for values in (one, other)]
    return float(np.corrcoef(*ranks)[0, 1])
