"""Rounds to disk and back, so that a new reward can be tried on what miners really answered.

One JSON line for each round, one file for each epoch. A task is kept as family and seed: reading makes it anew,
verifier included, so a recording stays small. It holds answers and seeds of past epochs; share it accordingly.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from subnet.protocol import Address, Answer, Peer, Reply
from subnet.tasks.base import Judge, Part, Reward, Source, Task
from subnet.tasks.sampling import Sampling
from subnet.validator.round import Judgement, Moment, Round, judged

FORMAT = 1
_PIECE = 4096


class Recorder:
    """Appends rounds under a folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder

    def write(self, played: Round) -> None:
        """Adds one round to its epoch's file; raises OSError when the disk does not take it."""
        path = self._folder / f"epoch-{played.moment.epoch:08}.jsonl"
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            append_line(handle, json.dumps(_packed(played), separators=(",", ":")).encode())
        finally:
            os.close(handle)


def append_line(handle: int, line: bytes) -> None:
    """Adds a line to a file that is open for reading and appending, all of it or nothing; raises OSError.

    Of a line that a kill cut short, the rest goes first: it would spoil the next one.
    """
    end = _whole(handle)
    os.ftruncate(handle, end)
    if os.write(handle, line + b"\n") <= len(line):
        os.ftruncate(handle, end)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _whole(handle: int) -> int:
    """The size of a file up to the end of its last whole line."""
    place = os.fstat(handle).st_size
    while place:
        start = max(0, place - _PIECE)
        found = os.pread(handle, place - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        place = start
    return 0


class OtherTasks(ValueError):
    """A round asked what the given source does not make."""


def recorded(folder: Path, source: Source) -> Iterator[Round]:
    """The rounds under a folder in the order in which they were played; `source` makes their tasks anew.

    Raises ValueError, with file and line, for a line that is not a round, OtherTasks for one of another source.
    """
    for path in sorted(folder.glob("epoch-*.jsonl")):
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                try:
                    yield _unpacked(json.loads(line), source)
                except OtherTasks as problem:
                    raise OtherTasks(f"{path}, line {number}: {problem}") from None
                except (ValueError, KeyError, TypeError) as problem:
                    raise ValueError(
                        f"{path}, line {number}: not a round ({type(problem).__name__})"
                    ) from problem


def rejudged(played: Round, judge: Judge) -> Round:
    """The same round as another judge sees it: same tasks and replies, other rewards."""
    by_task: dict[str, list[Judgement]] = {}
    for judgement in played.judgements:
        by_task.setdefault(judgement.task.id, []).append(judgement)
    return replace(played, judgements=tuple(_again(by_task.values(), judge)))


def _again(tasks: Iterable[list[Judgement]], judge: Judge) -> Iterator[Judgement]:
    for same in tasks:
        replies = {judgement.peer.hotkey: judgement.reply for judgement in same}
        yield from judged(same[0].task, [judgement.peer for judgement in same], replies, judge)


def _packed(played: Round) -> dict[str, Any]:
    tasks = {judgement.task.id: judgement.task for judgement in played.judgements}
    return {
        "format": FORMAT,
        "moment": asdict(played.moment),
        "tasks": [_packed_task(task) for task in tasks.values()],
        "judgements": [_packed_judgement(judgement) for judgement in played.judgements],
    }


def _packed_task(task: Task) -> list[Any]:
    """What makes the task again: also a reference that a model made, and the sampling that was asked for."""
    query = task.query
    reference = None if task.finish is None else task.reference
    sampling = None if query.seed is None else [query.temperature, query.top_k, query.seed]
    return [task.family, task.seed, task.id, task.budget, reference, sampling]


def _packed_judgement(judgement: Judgement) -> dict[str, Any]:
    answer = judgement.reply.answer
    return {
        "task": judgement.task.id,
        "peer": asdict(judgement.peer),
        "answer": None if answer is None else answer.model_dump(),
        "seconds": judgement.reply.seconds,
        "failure": judgement.reply.failure,
        "detail": judgement.reply.detail,
        "reward": asdict(judgement.reward),
    }


def _unpacked(line: Mapping[str, Any], source: Source) -> Round:
    if line["format"] != FORMAT:
        raise ValueError(f"format {line['format']} instead of {FORMAT}")
    tasks = {task.id: task for task in (_unpacked_task(kept, source) for kept in line["tasks"])}
    judgements = (_unpacked_judgement(kept, tasks[kept["task"]]) for kept in line["judgements"])
    return Round(Moment(**line["moment"]), tuple(judgements))


def _unpacked_task(kept: Sequence[Any], source: Source) -> Task:
    family, seed, name, seconds, *more = kept
    reference, sampling = (*more, None, None)[:2]
    if family not in source.families:
        raise OtherTasks(f"it asked {family!r:.80}")
    task = source.make(family, seed, name, seconds)
    if sampling is not None:
        temperature, top_k, drawn = sampling
        task = task.asked_as(Sampling(temperature, top_k).asked(task.query, drawn))
    return task.finish(reference) if task.finish is not None and reference is not None else task


def _unpacked_judgement(kept: Mapping[str, Any], task: Task) -> Judgement:
    member, reward, answer = dict(kept["peer"]), dict(kept["reward"]), kept["answer"]
    address = member.pop("address")
    parts = tuple(Part(**part) for part in reward.pop("parts"))
    reply = Reply(
        answer=None if answer is None else Answer.model_validate(answer),
        seconds=float(kept["seconds"]),
        failure=kept["failure"],
        detail=kept["detail"],
    )
    peer = Peer(address=None if address is None else Address(**address), **member)
    return Judgement(peer, task, reply, Reward(parts=parts, **reward))
