"""Models that a judge can ask: a transformers checkpoint in this process, or a server that speaks OpenAI's API."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Sequence
from typing import Any

import aiohttp
import torch
from transformers import AutoModelForCausalLM

from reward.batches import CPU_TOKENS, GPU_TOKENS, Row, batches
from reward.judge import Asked
from reward.models import Checkpoint
from subnet.tasks.base import Undecided

TOP = 20
"""Likeliest tokens whose log-probabilities a server is asked for: the most that servers give."""

MAX_REPLY_BYTES = 256 * 1024


class LocalJudge:
    """A causal language model in this process; `load` one from a folder or a hub id."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._letters: dict[str, list[int]] = {}

    @classmethod
    def load(cls, path: str) -> LocalJudge:
        """The checkpoint at `path`, on the GPU in bfloat16 when there is one, else in float32.

        Raises OSError or ValueError when it cannot be loaded. Code that comes with a checkpoint is never run.
        """
        loaded = Checkpoint.load(path, AutoModelForCausalLM)
        return cls(loaded.model, loaded.tokenizer)

    def read(self, asked: Sequence[Asked]) -> list[tuple[float, float]]:
        """The probabilities of the two letters as the next token of each prompt; prompts share passes by length."""
        places: dict[Row, list[int]] = {}
        for place, each in enumerate(asked):
            places.setdefault(tuple(self._ids(each)), []).append(place)
        found: dict[int, tuple[float, float]] = {}
        at_once = GPU_TOKENS if self._model.device.type == "cuda" else CPU_TOKENS
        for batch in batches(places, at_once):
            for row, chances in zip(batch, self._next(batch), strict=True):
                for place in places[row]:
                    found[place] = (
                        self._of(chances, asked[place].right),
                        self._of(chances, asked[place].wrong),
                    )
        return [found[place] for place in range(len(asked))]

    def _ids(self, asked: Asked) -> list[int]:
        if self._tokenizer.chat_template:
            turns = [{"role": "system", "content": asked.system}, {"role": "user", "content": asked.user}]
            text = self._tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
            ids = self._tokenizer.encode(text, add_special_tokens=False)
        else:
            ids = self._tokenizer.encode(f"{asked.system}\n\n{asked.user}\n\nLetter:")
        most = getattr(self._model.config.get_text_config(), "max_position_embeddings", None)
        if most is not None and len(ids) > most:
            raise Undecided(f"a judge's prompt of {len(ids)} tokens is longer than its model takes: {most}")
        return list(ids)

    def _next(self, rows: Sequence[Sequence[int]]) -> torch.Tensor:
        """Probabilities of the next token, float32 (rows, vocabulary)."""
        width, pad = max(map(len, rows)), self._tokenizer.pad_token_id or 0
        device = self._model.device
        ids = torch.tensor([[pad] * (width - len(row)) + list(row) for row in rows], device=device)
        mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows], device=device)
        positions = (mask.cumsum(1) - 1).clamp(min=0)
        with torch.inference_mode():
            logits = self._model(ids, attention_mask=mask, position_ids=positions, logits_to_keep=1).logits
        return torch.softmax(logits[:, -1].float(), dim=-1).cpu()

    def _of(self, chances: torch.Tensor, letter: str) -> float:
        """The probability of a letter, with and without a space before it."""
        if letter not in self._letters:
            spellings = (
                self._tokenizer.encode(text, add_special_tokens=False) for text in (letter, f" {letter}")
            )
            self._letters[letter] = sorted({ids[-1] for ids in spellings if ids})
        return math.fsum(float(chances[token]) for token in self._letters[letter])


class Endpoint:
    """A server that speaks OpenAI's chat completions and gives log-probabilities, such as vLLM or llama.cpp.

    `url` is the whole address of its chat completions; `seconds` bounds one batch of prompts, `at_once` how many
    are under way together. The judge runs in a thread of its own, so each batch has an event loop of its own.
    """

    def __init__(
        self, url: str, model: str, api_key: str | None = None, *, seconds: float = 30.0, at_once: int = 32
    ) -> None:
        self._url = url
        self._model = model
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._seconds = seconds
        self._at_once = at_once

    def read(self, asked: Sequence[Asked]) -> list[tuple[float, float]]:
        """The probabilities of the two letters as the first token of each reply. Raises Undecided."""
        try:
            return asyncio.run(self._read(asked))
        except (aiohttp.ClientError, OSError, TimeoutError) as failure:
            raise Undecided(f"the judge's server cannot be asked: {type(failure).__name__}") from None

    async def _read(self, asked: Sequence[Asked]) -> list[tuple[float, float]]:
        places = asyncio.Semaphore(self._at_once)
        async with asyncio.timeout(self._seconds), aiohttp.ClientSession(headers=self._headers) as session:

            async def one(each: Asked) -> tuple[float, float]:
                async with places:
                    return _chances(await self._told(session, each), each)

            return list(await asyncio.gather(*map(one, asked)))

    async def _told(self, session: aiohttp.ClientSession, asked: Asked) -> bytes:
        request = {
            "model": self._model,
            "messages": [
                {"role": "system", "content": asked.system},
                {"role": "user", "content": asked.user},
            ],
            "max_tokens": 1,
            "temperature": 0.0,
            "logprobs": True,
            "top_logprobs": TOP,
        }
        async with session.post(self._url, json=request, allow_redirects=False) as response:
            if response.status != 200:
                raise Undecided(f"the judge's server replied with HTTP {response.status}")
            raw = bytearray()
            async for chunk in response.content.iter_any():
                raw += chunk
                if len(raw) > MAX_REPLY_BYTES:
                    raise Undecided("the judge's server sent too long a reply")
        return bytes(raw)


def _chances(raw: bytes, asked: Asked) -> tuple[float, float]:
    """The letters' probabilities in a chat completion; a letter that is not among the likeliest has none."""
    try:
        likeliest = json.loads(raw)["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
        chances = [
            (str(each["token"]).strip(), math.exp(min(0.0, float(each["logprob"])))) for each in likeliest
        ]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        raise Undecided("the judge's server gives no log-probabilities") from None
    return (
        math.fsum(p for token, p in chances if token == asked.right),
        math.fsum(p for token, p in chances if token == asked.wrong),
    )
