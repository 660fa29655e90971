"""Answers from a model in this process: any transformers checkpoint, from a folder or from the hub.

Requests that wait together are generated together: while one batch runs, the next one gathers, so a lone
request pays no waiting time and a crowd shares each pass through the weights. For a large model under heavy
traffic an OpenAI-compatible engine is the right backend; this one needs nothing but the model.

Sampling adds Gumbel noise, drawn from the query's own seed, to the logits and takes the largest: so a reply
depends on its own query alone, and not on which others shared the batch.

Importing this module runs no tensor operation and starts no thread, so a process may import it once and fork.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import torch
from jinja2.exceptions import TemplateError
from safetensors import SafetensorError
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig
from transformers.utils import logging as transformers_logging

from subnet.errors import BackendBusy, BackendError, ModelError
from subnet.inference.sampler import Sampler
from subnet.inference.sampling import noised
from subnet.miner.backends import before_stop
from subnet.miner.checkpoints import Source, located
from subnet.protocol import SEED_BITS, Completion, Query

log = logging.getLogger(__name__)

STOP_TAIL_SPARE = 8
"""Tokens looked at beyond a stop string's own, for tokens that decode to no character."""

TOKENS_PER_CHARACTER = 4
"""The most tokens one character takes: a byte-level vocabulary spells it in UTF-8 bytes."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a local model takes on: `batch` requests at once and `waiting` more; the next one is refused.

    `context` bounds prompt and answer of one request in tokens, below the model's own limit, and with `batch`
    the memory that hostile prompts can claim.
    """

    batch: int = 16
    waiting: int = 64
    context: int = 4096


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model ready to generate, with its tokenizer and the facts that generation needs."""

    model: Any
    tokenizer: Any
    ends: frozenset[int]
    context: int

    def encoded(self, query: Query) -> list[int]:
        """The prompt's token ids: by the chat template, or the messages one below the other without one.

        Raises BackendError when the template refuses the conversation or the prompt is too long.
        """
        messages = [message.model_dump() for message in query.messages]
        try:
            if self.tokenizer.chat_template:
                encoded = self.tokenizer.apply_chat_template(
                    messages, add_generation_prompt=True, return_dict=True
                )
            else:
                encoded = self.tokenizer("\n\n".join(message["content"] for message in messages))
        except (TemplateError, TypeError, ValueError) as failure:
            # The failure's message may hold prompt text, which belongs in no log and no reply.
            raise BackendError(
                "the model's tokenizer or chat template refuses this conversation"
            ) from failure
        ids = encoded["input_ids"]
        if not 0 < len(ids) < self.context:
            raise BackendError(f"the prompt has {len(ids)} tokens; this miner takes 1 to {self.context - 1}")
        return list(ids)


@dataclass(slots=True, eq=False)
class Request:
    """One caller's query and the future it waits on."""

    query: Query
    future: asyncio.Future[Completion]

    def settle(self, outcome: Completion | BackendError) -> None:
        """Give the caller its outcome; a caller that has left or has one already keeps what it has."""
        if self.future.done():
            return
        if isinstance(outcome, BackendError):
            self.future.set_exception(outcome)
        else:
            self.future.set_result(outcome)


Settle = Callable[[Request, Completion | BackendError], None]


@dataclass(slots=True, eq=False)
class Row:
    """One request's place in a running batch; `tokens` are those generated so far, without the end token."""

    request: Request
    prompt: list[int]
    room: int
    sampler: Sampler
    tokens: list[int] = field(default_factory=list)
    ended: bool = False

    @classmethod
    def of(cls, request: Request, loaded: Loaded) -> Row:
        """The row of a request that has been encoded; raises BackendError as `Loaded.encoded` does."""
        query, prompt = request.query, loaded.encoded(request.query)
        room = min(query.max_tokens, loaded.context - len(prompt))
        seed = query.seed if query.seed is not None else secrets.randbits(SEED_BITS)
        return cls(request, prompt, room, Sampler(seed, query.temperature, query.top_k))

    def take(self, token: int, loaded: Loaded) -> bool:
        """Append a generated token; whether the row ends with it.

        It does at an end token, a stop string, the last of its room, or when the caller is gone.
        """
        if token in loaded.ends or self.request.future.done():
            self.ended = True
        else:
            self.tokens.append(token)
            self.ended = len(self.tokens) >= self.room or self._stopped(loaded)
        return self.ended

    def _stopped(self, loaded: Loaded) -> bool:
        stops = self.request.query.stop
        if not stops:
            return False
        reach = TOKENS_PER_CHARACTER * max(map(len, stops)) + STOP_TAIL_SPARE
        tail = loaded.tokenizer.decode(self.tokens[-reach:], skip_special_tokens=True)
        return any(stop in tail for stop in stops)

    def completion(self, loaded: Loaded) -> Completion:
        """The text up to the first stop string, and how many tokens were generated."""
        text = loaded.tokenizer.decode(self.tokens, skip_special_tokens=True)
        return Completion(before_stop(text, self.request.query.stop), len(self.tokens))


@dataclass(slots=True, eq=False)
class Batch:
    """Rows that generate together; each is handed out by `done` as soon as it ends, before the others do."""

    rows: Sequence[Row]
    loaded: Loaded
    done: Callable[[Row], None]

    def run(self) -> None:
        """Generate until every row has ended. Blocks."""
        width = max(len(row.prompt) for row in self.rows)
        pad = min(self.loaded.ends, default=0)
        ids = [[pad] * (width - len(row.prompt)) + row.prompt for row in self.rows]
        mask = [[0] * (width - len(row.prompt)) + [1] * len(row.prompt) for row in self.rows]
        device = self.loaded.model.device
        with torch.inference_mode():
            self.loaded.model.generate(
                input_ids=torch.tensor(ids, device=device),
                attention_mask=torch.tensor(mask, device=device),
                max_new_tokens=max(row.room for row in self.rows),
                pad_token_id=pad,
                logits_processor=[self._noised],
                stopping_criteria=[self._ended],
            )

    def _noised(self, ids: Tensor, logits: Tensor) -> Tensor:
        """Logits plus each row's noise times its temperature, (rows, vocabulary); greedy rows as they are."""
        return noised(logits, [row.sampler for row in self.rows], [len(row.tokens) for row in self.rows])

    def _ended(self, ids: Tensor, _scores: object, **_options: object) -> Tensor:
        """Which rows are complete, bool (rows,), after handing their newest token to each of them."""
        newest = ids[:, -1].tolist()
        for row, token in zip(self.rows, newest, strict=True):
            if not row.ended and row.take(token, self.loaded):
                self.done(row)
        return torch.tensor([row.ended for row in self.rows], device=ids.device)


class LocalModel:
    """A backend that runs a transformers model; build it with `LocalModel.load`.

    It belongs to the event loop that first calls `complete`.
    """

    def __init__(self, model: str, loaded: Loaded, threads: int, limits: Limits) -> None:
        self.model = model
        self._loaded = loaded
        self._limits = limits
        self._waiting: deque[Request] = deque()
        self._running: list[Request] = []
        self._worker: asyncio.Task[None] | None = None
        self._closed = False
        # A thread, because generate blocks for the whole batch; one, because batches share the weights and
        # the cores. It starts with the first batch.
        self._executor = ThreadPoolExecutor(1, "generate", torch.set_num_threads, (threads,))

    @classmethod
    def load(
        cls, path: str, *, name: str | None = None, threads: int = 1, limits: Limits = DEFAULT_LIMITS
    ) -> LocalModel:
        """A model from a folder or a hub id, on the GPU in bfloat16 when there is one, else in float32.

        `name` is reported in answers; without it, the hub id or the folder's last name. `threads` are the
        CPU threads of tensor operations in the whole process. Blocks for seconds, or as long as a download
        takes. Raises ModelError.
        """
        torch.set_num_threads(threads)
        source = located(path)
        return cls(name or source.name, _loaded(source, limits.context), threads, limits)

    async def complete(self, query: Query) -> Completion:
        """The model's answer to a query.

        Raises BackendBusy when too many requests wait already, BackendError when the model cannot take the
        prompt or generating failed. A cancelled caller's row ends at its next token.
        """
        if self._closed:
            raise BackendError("the model is closed: this miner is shutting down")
        if len(self._waiting) >= self._limits.waiting:
            raise BackendBusy(f"{len(self._waiting)} requests are waiting for the model: ask again later")
        request = Request(query, asyncio.get_running_loop().create_future())
        self._waiting.append(request)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        try:
            return await request.future
        finally:
            with suppress(ValueError):
                self._waiting.remove(request)

    async def close(self) -> None:
        """Refuse what waits, end the running batch at its next token and release the thread."""
        self._closed = True
        for request in (*self._waiting, *self._running):
            request.settle(BackendError("the model was closed before it answered"))
        self._waiting.clear()
        if self._worker is not None:
            await self._worker
        self._executor.shutdown()

    async def _work(self) -> None:
        """Generate batch after batch until nothing waits."""
        loop = asyncio.get_running_loop()
        while self._waiting:
            size = min(len(self._waiting), self._limits.batch)
            self._running = [self._waiting.popleft() for _ in range(size)]

            def settle(request: Request, outcome: Completion | BackendError) -> None:
                loop.call_soon_threadsafe(request.settle, outcome)

            try:
                await loop.run_in_executor(self._executor, self._generate, self._running, settle)
            except Exception as failure:
                # The boundary between the worker and its callers: they wait on futures, so each must learn of it.
                log.exception("generating failed")
                for request in self._running:
                    request.settle(BackendError(f"generating failed: {type(failure).__name__}"))
            self._running = []

    def _generate(self, batch: Sequence[Request], settle: Settle) -> None:
        """Answer a batch of requests; runs in the executor's thread."""
        rows = []
        for request in batch:
            try:
                rows.append(Row.of(request, self._loaded))
            except BackendError as failure:
                settle(request, failure)
        if rows:
            Batch(rows, self._loaded, lambda row: settle(row.request, row.completion(self._loaded))).run()


def _loaded(source: Source, context: int) -> Loaded:
    """The model and tokenizer at `source`; raises ModelError."""
    transformers_logging.disable_progress_bar()
    gpu = torch.cuda.is_available()
    try:
        # Code that comes with a checkpoint is never run: it would have the miner's hotkey within reach.
        options = {"trust_remote_code": False, "local_files_only": source.local_only}
        tokenizer = AutoTokenizer.from_pretrained(source.place, **options)
        dtype = torch.bfloat16 if gpu else torch.float32
        model = AutoModelForCausalLM.from_pretrained(source.place, dtype=dtype, **options)
    except (OSError, ValueError, KeyError, ImportError, RuntimeError, SafetensorError) as failure:
        raise ModelError(f"cannot load model {source.place}: {one_line(failure)}") from failure
    model = model.to("cuda" if gpu else "cpu").eval()
    ends = _ends(model, tokenizer)
    # A checkpoint may bring sampling settings of its own (top-k, penalties); a query says all there is to it.
    model.generation_config = GenerationConfig(eos_token_id=sorted(ends) or None)
    own = getattr(model.config.get_text_config(), "max_position_embeddings", None) or context
    return Loaded(model, tokenizer, ends, min(own, context))


def _ends(model: Any, tokenizer: Any) -> frozenset[int]:
    """The token ids that end a reply, from the generation settings and the tokenizer."""
    configured = model.generation_config.eos_token_id
    several = configured if isinstance(configured, list) else [configured]
    return frozenset(token for token in (*several, tokenizer.eos_token_id) if token is not None)


def one_line(failure: BaseException) -> str:
    """The first line of a failure's message, shortened; its class name when it has none."""
    lines = str(failure).strip().splitlines()
    return lines[0][:200] if lines else type(failure).__name__
