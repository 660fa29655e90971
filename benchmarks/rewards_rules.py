"""Rewards without a model: one thread, 256 replies of about 100 words unless the task asks for less."""

from __future__ import annotations

import json
import random
from statistics import median

from rewards_work import REPLIES, proses, rates, said, seconds, task_with

from reward.default import DEFAULT
from reward.kinds import Function
from reward.length import concise, enough
from reward.numeric import close, nearness
from reward.overlap import chrf, rouge_l, similarity
from reward.pace import quick
from reward.schema import conforms
from reward.text import contains, exact, solved, tidy
from reward.uniqueness import Compared, clusters
from subnet.protocol import Reply
from subnet.tasks.base import Task
from subnet.tasks.reasoning import Reasoning

ROUNDS = 7
WINDOW = 100  # tasks whose answers are compared for copies
SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z]+$"},
        "year": {"type": "integer", "minimum": 0},
        "tags": {"type": "array", "items": {"type": "string"}, "uniqueItems": True, "maxItems": 8},
    },
    "required": ["name", "year", "tags"],
    "additionalProperties": False,
}
TARGETS = {"default rubric, 256 miners, slowest family, s": {"max": 1.0}}

Work = tuple[Function, Task, list[Reply]]


def figures() -> dict[str, float]:
    """Replies per second of each, its rate against one reply a call, and a whole round by the default rubric."""
    found: dict[str, float] = {}
    for name, (function, task, replies) in work().items():
        rate, ratio = rates(function, task, replies, ROUNDS)
        found |= {f"{name}, replies/s": rate, f"{name}, times one by one": ratio}
    return found | default_rubric() | uniqueness()


def work() -> dict[str, Work]:
    """Each reward with a task and replies that suit it."""
    texts, source = proses(REPLIES), proses(1, seed=2)[0].text or ""
    reasoning = Reasoning()
    solving = reasoning.make(reasoning.families[0], 7, "benchmark", 10.0)
    numbers = [said(f"Step by step, that makes {number}.") for number in range(REPLIES)]
    objects = [said(json.dumps({"name": "ada", "year": n, "tags": ["x", f"t{n}"]})) for n in range(REPLIES)]
    prose_task, number_task = task_with(source), task_with("128")
    of_prose = (exact, contains, tidy, similarity, rouge_l, chrf, concise(), enough(20), quick)
    return {
        f"solved ({solving.family})": (solved, solving, [said(solving.reference)] * REPLIES),
        **{function.__name__: (function, prose_task, texts) for function in of_prose},
        "close": (close, number_task, numbers),
        "nearness": (nearness, number_task, numbers),
        "conforms": (conforms(SCHEMA), task_with("{}"), objects),
    }


def default_rubric() -> dict[str, float]:
    """Seconds that the default rubric takes for one task to 256 miners; half of them answer rightly."""
    reasoning, rng, times = Reasoning(), random.Random(3), {}
    for family in reasoning.families:
        task = reasoning.make(family, 11, "benchmark", 10.0)
        wrong = [said(task.reference + str(rng.randrange(100))) for _ in range(REPLIES // 2)]
        replies = [said(task.reference)] * (REPLIES // 2) + wrong
        times[family] = median(seconds(lambda: DEFAULT(task, replies)) for _ in range(5))  # noqa: B023
    return {
        "default rubric, 256 miners, slowest family, s": max(times.values()),
        "default rubric, 256 miners, median family, s": median(times.values()),
        "default rubric, families": float(len(times)),
    }


def uniqueness() -> dict[str, float]:
    """Seconds for comparing 256 answers to one task, and for the clusters of 256 respondents over 100 tasks."""
    tasks, compared = task_with("-"), []
    spent = []
    for seed in range(WINDOW):
        replies = proses(REPLIES, seed=100 + seed) if seed < 5 else None
        if replies is None:
            compared.append(compared[seed % 5])  # the same arrays cost the same time to go through
            continue
        texts = {place: reply.text or "" for place, reply in enumerate(replies)}
        spent.append(seconds(lambda: compared.append(Compared.of(tasks, texts))))  # noqa: B023
    return {
        "uniqueness, comparing 256 answers, s": median(spent),
        "uniqueness, clusters of 256 over 100 tasks, s": seconds(lambda: clusters(compared, REPLIES)),
    }
