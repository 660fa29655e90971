"""Rounds and weights to Weights & Biases, for those who watch many validators in one place.

Scoring never waits for it: events go into a bounded queue, and what does not fit is dropped and counted. Its
library blocks on network and disk, so a daemon thread of its own speaks to it; without an account
WANDB_MODE=offline keeps everything in files.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Mapping
from typing import Any

from subnet.errors import SettingsError
from subnet.protocol import Hotkey
from subnet.validator.journal import Entry
from subnet.validator.round import Round
from subnet.validator.scores import Score

log = logging.getLogger(__name__)

WAITING = 1000
CLOSE_SECONDS = 1.0
"""How long the end of the process waits for what is still queued; a signal leaves two seconds in all."""


class WandbSink:
    """A running upload; `close` flushes what it can in a second."""

    def __init__(self, project: str, name: str, about: Mapping[str, Any]) -> None:
        try:
            # Here, because it is an extra, and takes a second to import.
            import wandb
        except ImportError as missing:
            raise SettingsError("--wandb needs the package: pip install '.[wandb]'") from missing
        self._wandb = wandb
        self._project, self._name, self._about = project, name, dict(about)
        self._events: queue.Queue[Mapping[str, Any] | None] = queue.Queue(WAITING)
        self._dropped = 0
        # A daemon, so that an upload that hangs cannot keep the process from ending.
        self._thread = threading.Thread(target=self._upload, name="wandb", daemon=True)
        self._thread.start()

    def round(self, played: Round, scores: Mapping[Hotkey, Score]) -> None:
        """Queues the round's figures: replies, failures, and the score of every hotkey."""
        judged = played.judgements
        failed = sum(judgement.reply.failure is not None for judgement in judged)
        figures = {"epoch": played.moment.epoch, "block": played.moment.block}
        figures |= {"round/asked": len(judged), "round/silent": failed}
        self._queue({**figures, **{f"score/{hotkey}": score.value for hotkey, score in scores.items()}})

    def weights(self, entry: Entry) -> None:
        """Queues what became of an epoch's weights."""
        self._queue({"epoch": entry.epoch, "block": entry.block, f"weights/{entry.status}": entry.block})

    def close(self) -> None:
        """Ends the upload; what is not through after CLOSE_SECONDS is lost."""
        try:
            self._events.put_nowait(None)
        except queue.Full:
            return
        self._thread.join(CLOSE_SECONDS)

    def _queue(self, event: Mapping[str, Any]) -> None:
        try:
            self._events.put_nowait(event)
        except queue.Full:
            self._dropped += 1
            if self._dropped % WAITING == 1:
                log.warning("Weights & Biases is behind: %d events dropped so far", self._dropped)

    def _upload(self) -> None:
        try:
            with self._wandb.init(project=self._project, name=self._name, config=self._about) as run:
                while (event := self._events.get()) is not None:
                    run.log(dict(event))
        except Exception as problem:  # noqa: BLE001 - a foreign service's failures must not reach the scoring path
            log.warning(
                "Weights & Biases gave up: %s (`wandb login` or WANDB_API_KEY gives it a key)",
                type(problem).__name__,
            )
