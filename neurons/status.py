"""What a validator tells the outside of its rounds and weights: every sink hears the same two events.

A sink is told after the fact has been written to the ledger or the journal. It must neither wait nor fail: what
it cannot take it drops.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from subnet.errors import ConditionError
from subnet.protocol import Hotkey
from subnet.recording import Recorder, append_line
from subnet.validator.journal import Entry
from subnet.validator.round import Round
from subnet.validator.scores import Score

log = logging.getLogger(__name__)

MOST_BYTES = 64 << 20
"""A large subnet's status file grows by some 200 MB a day."""


class Sink(Protocol):
    """A reader of a validator's events."""

    def round(self, played: Round, scores: Mapping[Hotkey, Score]) -> None:
        """A round is in the ledger; these are the scores with it."""
        ...

    def weights(self, entry: Entry) -> None:
        """The journal of weights has a new entry."""
        ...


class StatusFile:
    """Appends each event to a file as one JSON line; a reader never sees part of a line.

    A file that has grown to `most_bytes` becomes FILE.1, in place of the one before it.
    """

    def __init__(self, path: Path, most_bytes: int = MOST_BYTES) -> None:
        self._path = path
        self._most_bytes = most_bytes
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._handle = self._open()
        except OSError as problem:
            raise ConditionError(f"cannot write the status file {path}: {problem.strerror}") from problem

    def round(self, played: Round, scores: Mapping[Hotkey, Score]) -> None:
        """{"kind": "round", "epoch", "block", "scores": {hotkey: value}, "evidence": {hotkey: amount}}"""
        self._append(
            {
                "kind": "round",
                "epoch": played.moment.epoch,
                "block": played.moment.block,
                "scores": {hotkey: score.value for hotkey, score in scores.items()},
                "evidence": {hotkey: score.evidence for hotkey, score in scores.items()},
            }
        )

    def weights(self, entry: Entry) -> None:
        """{"kind": "weights", "epoch", "block", "status", "path"}; `path` is null until it is known."""
        self._append(
            {
                "kind": "weights",
                "epoch": entry.epoch,
                "block": entry.block,
                "status": entry.status,
                "path": entry.detail.get("path"),
            }
        )

    def _open(self) -> int:
        return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)

    def _append(self, event: Mapping[str, Any]) -> None:
        try:
            if os.fstat(self._handle).st_size >= self._most_bytes:
                self._path.replace(self._path.with_name(self._path.name + ".1"))
                os.close(self._handle)
                self._handle = self._open()
            append_line(self._handle, json.dumps(event).encode())
        except OSError as problem:
            log.warning("the status file %s took no line: %s", self._path, problem.strerror)


class Recording:
    """Keeps every round, answers included, so that another reward can be tried on it."""

    def __init__(self, folder: Path) -> None:
        try:
            self._recorder = Recorder(folder)
        except OSError as problem:
            raise ConditionError(f"cannot record into {folder}: {problem.strerror}") from problem

    def round(self, played: Round, scores: Mapping[Hotkey, Score]) -> None:
        """Adds the round to the recording."""
        try:
            self._recorder.write(played)
        except OSError as problem:
            log.warning("a round was not recorded: %s", problem.strerror)

    def weights(self, entry: Entry) -> None:
        """Nothing: weights are no part of a recording."""
