"""A model and its tokenizer in memory, or one line that says why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig
from transformers.utils import logging as transformers_logging

from subnet.errors import BackendError, ModelError
from subnet.inference.texts import end_tokens, prompt_ids
from subnet.miner.checkpoints import Source
from subnet.protocol import Query


@dataclass(frozen=True, slots=True)
class Limits:
    """What a local model takes on: `batch` requests at once and `waiting` more; the next one is refused.

    `context` bounds prompt and answer of one request in tokens, below the model's own limit, and with `batch`
    the memory that hostile prompts can claim.
    """

    batch: int = 32
    waiting: int = 64
    context: int = 4096


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model ready to generate, with its tokenizer, the tokens that end a reply, and its limits."""

    model: Any
    tokenizer: Any
    ends: frozenset[int]
    limits: Limits

    def encoded(self, query: Query) -> list[int]:
        """The prompt's token ids: by the chat template, or the messages one below the other without one.

        Raises BackendError when the template refuses the conversation or the prompt is too long.
        """
        messages = [message.model_dump() for message in query.messages]
        try:
            ids = prompt_ids(self.tokenizer, messages)
        except ValueError as failure:
            # The failure's message may hold prompt text, which belongs in no log and no reply.
            raise BackendError(
                "the model's tokenizer or chat template refuses this conversation"
            ) from failure
        most = self.limits.context - 1
        if not 0 < len(ids) <= most:
            raise BackendError(f"the prompt has {len(ids)} tokens; this miner takes 1 to {most}")
        return list(ids)

    def decoded(self, tokens: Sequence[int]) -> str:
        """The text of generated tokens; spaces stay as the model wrote them."""
        text: str = self.tokenizer.decode(
            tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return text


def loaded(source: Source, limits: Limits) -> Loaded:
    """The model and tokenizer at `source`: on the GPU in bfloat16 when there is one, else in float32.

    Raises ModelError.
    """
    transformers_logging.disable_progress_bar()
    # Its reports run over many lines; what matters of them is checked below.
    transformers_logging.set_verbosity_error()
    gpu = torch.cuda.is_available()
    try:
        # Code that comes with a checkpoint is never run: it would have the miner's hotkey within reach.
        options = {"trust_remote_code": False, "local_files_only": source.local_only}
        tokenizer = AutoTokenizer.from_pretrained(source.place, **options)
        dtype = torch.bfloat16 if gpu else torch.float32
        model, read = AutoModelForCausalLM.from_pretrained(
            source.place, dtype=dtype, output_loading_info=True, **options
        )
        model = model.to("cuda" if gpu else "cpu").eval()
    except (
        OSError,
        ValueError,
        KeyError,
        ImportError,
        RuntimeError,
        MemoryError,
        SafetensorError,
    ) as failure:
        raise ModelError(f"cannot load model {source.place}: {_said(failure)}") from failure
    lacking = len(read["missing_keys"]) + len(read["mismatched_keys"])
    if lacking:
        # Transformers fills what is missing with random numbers, and the miner would talk nonsense.
        raise ModelError(
            f"cannot load model {source.place}: its files lack {lacking} of the weights that its config.json names"
        )
    ends = end_tokens(model, tokenizer)
    # A checkpoint may bring sampling settings of its own (top-k, penalties); a query says all there is to it.
    model.generation_config = GenerationConfig(eos_token_id=sorted(ends) or None)
    own = getattr(model.config.get_text_config(), "max_position_embeddings", None) or limits.context
    within = Limits(limits.batch, limits.waiting, min(own, limits.context))
    return Loaded(model, tokenizer, ends, within)


def _said(failure: BaseException) -> str:
    """What the user of a model that cannot be loaded is told: one line, with what to do where that is known."""
    text = str(failure)
    if isinstance(failure, torch.OutOfMemoryError | MemoryError) or "can't allocate memory" in text:
        return (
            "it does not fit into memory: choose a smaller model, or serve it with vLLM and --backend openai"
        )
    if "trust_remote_code" in text:
        return "it needs code of its own to run, which Assay never does: serve it with --backend openai"
    if "mismatched_sizes" in text:
        return "its weights have other shapes than its config.json says"
    if "gated repo" in text or "restricted" in text:
        return "its owner grants access on request: accept its terms on the hub, then `hf auth login`"
    return one_line(failure)


def one_line(failure: BaseException) -> str:
    """The first line of a failure's message, shortened; its class name when it has none."""
    lines = str(failure).strip().splitlines()
    return lines[0][:200] if lines else type(failure).__name__
