"""Generation by transformers' own continuous batching: what keeps a GPU busy.

The manager keeps keys and values in pages, reads prompts and continues answers in one pass, and owns a thread of
its own. It samples nothing here: our processors add the noise of each row's seed to its logits, on the device,
and the manager takes the largest. So a seed gives the same noise as it does step by step; the logits differ by
what bfloat16 and paged attention round differently.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import torch
from transformers import ContinuousBatchingConfig, GenerationConfig

from subnet.errors import BackendError
from subnet.miner.local.loading import Loaded
from subnet.miner.local.noising import processors, wish
from subnet.miner.local.rows import Row, deliver, warm_up_row

STOP_SECONDS = 5.0
WARM_UP_SECONDS = 300.0
CPU_PAGE = 32
"""Tokens of a page without a GPU (for tests), where the manager would take most of the machine's memory."""


class Paged:
    """Generates for the rows that are submitted, on the event loop of who submits the first."""

    def __init__(self, loaded: Loaded) -> None:
        """Raises what transformers raises for a model that it cannot run in this way."""
        self._loaded = loaded
        self._running: dict[Row, str] = {}
        self._number = 0
        self._manager = loaded.model.init_continuous_batching(
            generation_config=GenerationConfig(do_sample=False, eos_token_id=-1),
            continuous_batching_config=_sizes(loaded),
        )
        self._manager.logit_processor = processors()

    @property
    def alive(self) -> bool:
        """Whether the manager's thread runs."""
        return bool(self._manager.is_running())

    def warm_up(self) -> None:
        """Starts the manager and generates a few tokens. Blocks. Raises RuntimeError when it cannot."""
        self._manager.warmup()
        self._manager.start()
        row = warm_up_row(self._loaded)
        self._add(row, "warm-up")
        done = self._manager.get_result(timeout=WARM_UP_SECONDS)
        while done is not None and not done.is_finished():
            done = self._manager.get_result(timeout=WARM_UP_SECONDS)
        if done is None or done.error is not None:
            self._stop()
            raise RuntimeError(done.error if done is not None else "continuous batching gave no answer")

    def submit(self, row: Row) -> None:
        """Takes a row, which is delivered to its caller on this event loop."""
        if not self.alive:
            row.caller.settle(BackendError("generating has failed: start the miner again"))
            return
        self._number += 1
        self._running[row] = name = f"row-{self._number}"
        self._manager.register_result_handler(name, partial(self._received, row))
        self._add(row, name)

    def forget(self, row: Row) -> None:
        """Ends a row that nobody waits for, within a step, and frees its pages."""
        name = self._running.pop(row, None)
        if name is not None:
            self._manager.cancel_request(name)
            # A cancelled request has no last result, with which its handler would go.
            self._manager.output_router.result_handlers.pop(name, None)

    async def close(self) -> None:
        """Ends what runs and the manager's thread."""
        await asyncio.to_thread(self._stop)

    def _stop(self) -> None:
        self._manager.stop(block=True, timeout=STOP_SECONDS, hard_stop=True)

    def _add(self, row: Row, name: str) -> None:
        self._manager.add_request(
            row.prompt,
            request_id=name,
            max_new_tokens=row.room,
            streaming=True,
            eos_token_id=sorted(row.ends) or -1,
            **wish(row.sampler, len(row.prompt)),
        )

    def _received(self, row: Row, output: Any) -> None:
        """Takes what is new in the manager's report of a row."""
        if output.error is not None:
            self._running.pop(row, None)
            row.caller.settle(BackendError("generating failed"))
            return
        for token in output.generated_tokens[len(row.tokens) :]:
            if row.ended:
                break
            deliver([(row, row.take(token))])
        if output.is_finished():
            self._running.pop(row, None)
        elif row.ended:
            self.forget(row)


def _sizes(loaded: Loaded) -> ContinuousBatchingConfig:
    """How many rows run together; on a GPU the manager sizes its memory by what is free there."""
    sizes: dict[str, Any] = {"max_requests_per_batch": loaded.limits.batch}
    if not torch.cuda.is_available():
        pages = -(-loaded.limits.context // CPU_PAGE) * loaded.limits.batch
        sizes |= {"page_size": CPU_PAGE, "num_blocks": pages, "max_batch_tokens": 256}
    return ContinuousBatchingConfig(**sizes)
