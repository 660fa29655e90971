"""The noise of a row's seed, made on the device that holds the logits, inside transformers' continuous batching.

The same numbers as `subnet.inference.noise` gives, word for word: there they are made by numpy for whoever checks;
here by torch for a batch in flight, where waiting for the processor would cost more than the model's own pass.
A batch in flight carries one 32-bit word per row and processor, and copies these words to the device by itself;
what a row needs (seed, position, temperature, top-k) therefore travels as the words of several processors, and
the last of them does the work.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import LogitsProcessorList
from transformers.generation.continuous_batching.cb_logits_processors import (
    ContinuousBatchingLogitsProcessor,
    ContinuousBatchingLogitsProcessorList,
)

from subnet.inference.noise import MULTIPLIERS, ROUNDS, WEYL
from subnet.inference.sampler import Sampler

LOW = 0xFFFFFFFF
EVERY_TOKEN = 0
"""The top-k of a row without one."""

MOST_CANDIDATES = 1024
"""The largest top-k of a query."""


def wish(sampler: Sampler, prompt: int) -> dict[str, int | float]:
    """What a request must carry to be sampled like this; `prompt` counts the prompt's tokens."""
    return {
        "seed": sampler.seed,
        "temperature": float(sampler.temperature),
        "top_k": sampler.top_k or EVERY_TOKEN,
        "prompt": prompt,
    }


class Carrier(ContinuousBatchingLogitsProcessor):  # type: ignore[misc]
    """Carries one word per row to the device."""

    ignored_kwargs = ()

    def __init__(self, **kinds: type) -> None:
        """`kinds` names what requests may say that this word is made of."""
        self.supported_kwargs = kinds
        self.words = torch.zeros(0, dtype=torch.int32)

    def fill_defaults(self, int32_tensor: Tensor) -> None:
        """Rows without a request are greedy ones."""
        int32_tensor.fill_(0)

    def prepare_tensor_args(self, requests_with_new_token: Sequence[Any]) -> Tensor:
        """The words of the rows that get a token, int32 (rows,), on the host."""
        return torch.tensor([self.word(request.state) for request in requests_with_new_token]).to(torch.int32)

    def word(self, state: Any) -> int:
        """One row's word, as a signed 32-bit number."""
        raise NotImplementedError

    def __call__(self, scores: Tensor, tensor_arg: Tensor) -> Tensor:
        """Keeps the words for the processor that needs them; the scores pass."""
        self.words = tensor_arg[: scores.shape[0]]
        return scores


class SeedHalf(Carrier):
    """One half of the rows' seeds."""

    def __init__(self, shift: int) -> None:
        super().__init__(seed=int)
        self._shift = shift

    def word(self, state: Any) -> int:
        """The half as a signed number of the same bits."""
        half = int(state.logit_processor_kwargs.get("seed", 0)) >> self._shift & LOW
        return half - (1 << 32) if half >> 31 else half


class Position(Carrier):
    """How many tokens of its reply each row has."""

    def __init__(self) -> None:
        super().__init__(prompt=int)

    def word(self, state: Any) -> int:
        """Counted from the request's place in its sequence: its list of tokens lags behind by a step."""
        return int(state.position_offset) - int(state.logit_processor_kwargs.get("prompt", 0))


class TopK(Carrier):
    """How many of the likeliest tokens each row chooses from."""

    def __init__(self) -> None:
        super().__init__(top_k=int)

    def word(self, state: Any) -> int:
        """0 for all."""
        return int(state.logit_processor_kwargs.get("top_k", EVERY_TOKEN))


class Noise(Carrier):
    """Adds each row's noise times its temperature to its scores and leaves its candidates alone."""

    def __init__(self, low: SeedHalf, high: SeedHalf, position: Position, top_k: TopK) -> None:
        super().__init__(temperature=float)
        self._low, self._high, self._position, self._top_k = low, high, position, top_k

    def word(self, state: Any) -> int:
        """The temperature's bits."""
        temperature = torch.tensor(state.logit_processor_kwargs.get("temperature", 0.0), dtype=torch.float32)
        return int(temperature.view(torch.int32))

    def __call__(self, scores: Tensor, tensor_arg: Tensor) -> Tensor:
        """The scores, float32 (rows, vocabulary), with noise; greedy rows as they are.

        Nothing here depends on a value on the device, so that the whole step can be one recorded graph.
        """
        rows, size = scores.shape
        temperature = tensor_arg[:rows].view(torch.float32).unsqueeze(1)
        noise = gumbel(self._low.words[:rows], self._high.words[:rows], self._position.words[:rows], size)
        kept = _candidates(scores, self._top_k.words[:rows]) | (temperature == 0.0)
        return (scores + temperature * noise).masked_fill(~kept, -torch.inf)


def _candidates(scores: Tensor, top_k: Tensor) -> Tensor:
    """Which tokens are among each row's likeliest, bool (rows, vocabulary); all where top-k is 0."""
    most = min(MOST_CANDIDATES, scores.shape[1])
    likeliest = torch.topk(scores, most, dim=1).values
    last = likeliest.gather(1, (top_k.long().clamp(1, most) - 1).unsqueeze(1))
    return (scores >= last) | (top_k == EVERY_TOKEN).unsqueeze(1)


def gumbel(low: Tensor, high: Tensor, position: Tensor, size: int) -> Tensor:
    """Every token's noise, float32 (rows, size), for rows with these seed halves and positions, int32 (rows,)."""
    quarters = torch.arange(-(-size // 4), device=low.device)
    quarters = quarters.expand(len(low), -1)
    positions = position.long().unsqueeze(1).expand_as(quarters)
    nothing = torch.zeros_like(quarters)
    key = low.long().unsqueeze(1) & LOW, high.long().unsqueeze(1) & LOW
    flat = torch.stack(_philox((quarters, positions, nothing, nothing), key), dim=-1).flatten(1)[:, :size]
    uniform = (flat.double() + 0.5) * 2.0**-32
    return -torch.log(-torch.log(uniform)).float()


def _philox(counter: tuple[Tensor, ...], key: tuple[Tensor, Tensor]) -> tuple[Tensor, ...]:
    """Philox4x32-10; int64 holds each word, and a product's bits are those of the unsigned one."""
    first, second, third, fourth = counter
    one, two = key
    for _ in range(ROUNDS):
        left, right = first * int(MULTIPLIERS[0]), third * int(MULTIPLIERS[1])
        first, second, third, fourth = (
            (right >> 32 & LOW) ^ second ^ one,
            right & LOW,
            (left >> 32 & LOW) ^ fourth ^ two,
            left & LOW,
        )
        one, two = one + int(WEYL[0]) & LOW, two + int(WEYL[1]) & LOW
    return first, second, third, fourth


def processors() -> ContinuousBatchingLogitsProcessorList:
    """The processors of a batch whose rows have seeds of their own."""
    low, high, position, top_k = SeedHalf(0), SeedHalf(32), Position(), TopK()
    carriers = [low, high, position, top_k, Noise(low, high, position, top_k)]
    listed = ContinuousBatchingLogitsProcessorList(LogitsProcessorList(carriers))
    listed.tensors_required = len(carriers)
    return listed
