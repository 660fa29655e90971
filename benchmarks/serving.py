"""Tokens per second of the local backend, against transformers' own `generate` answering one query at a time.

    python benchmarks/serving.py [--json] [--rounds N] [--threads N]

Two models: the demo's `strong`, and a GPT-2 of 124 million parameters with random weights. Every stream asks, hears
its answer to the end and asks again, so that rows come and go; answers are greedy and have a fixed number of
tokens, for neither model is allowed an end token. Both sides run in this process, in turns, on one thread unless
`--threads` says otherwise; the ratio is the median of the rounds' ratios. On a machine with a GPU the same
command measures the GPU, and names its figures so.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import report
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import (
    AutoModelForCausalLM,
    GenerationConfig,
    GPT2Config,
    GPT2LMHeadModel,
    PreTrainedTokenizerFast,
)

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from subnet.miner.local import Limits, LocalModel
from subnet.protocol import Message, Query

DEMO = Path(__file__).resolve().parent.parent / "models" / "strong"
STREAMS = (1, 8, 32)
AIMED_AT = (8,)
TARGETS = {f"{model}: times generate, 8 streams": {"min": 2.5} for model in ("demo", "gpt2-124m")}
ON = "cuda" if torch.cuda.is_available() else "cpu"


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked of one model: tokens of the prompt and of each answer, and answers per window."""

    name: str
    prompt: int
    tokens: int
    alone: int
    answers: dict[int, int]


LOADS = (
    Load("demo", 64, 64, alone=8, answers={1: 8, 8: 64, 32: 128}),
    Load("gpt2-124m", 64, 64, alone=1, answers={1: 1, 8: 8, 32: 32}),
)


@dataclass(frozen=True, slots=True)
class Window:
    """Tokens per second of `generate`, of the backend right after it, and its milliseconds to a first piece."""

    alone: float
    rate: float
    wait: float


def checkpoint(load: Load, folder: Path) -> Path:
    """A folder with the load's model and a tokenizer, neither of which knows an end token."""
    torch.manual_seed(0)
    if load.name == "demo":
        model = AutoModelForCausalLM.from_pretrained(DEMO, dtype=torch.float32)
    else:
        model = GPT2LMHeadModel(GPT2Config())
    model.config.eos_token_id = model.generation_config.eos_token_id = None
    model.save_pretrained(folder)
    words = {f"w{number}": number for number in range(model.config.vocab_size)}
    tokenizer = Tokenizer(WordLevel(words, unk_token="w0"))
    tokenizer.pre_tokenizer = Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer).save_pretrained(folder)
    return folder


def question(load: Load) -> Query:
    """A query whose prompt has the load's number of tokens."""
    text = " ".join(f"w{number + 5}" for number in range(load.prompt))
    return Query(
        id="benchmark", messages=(Message(role="user", content=text),), max_tokens=load.tokens, seconds=600.0
    )


def one_at_a_time(model: Any, ids: list[int], load: Load) -> float:
    """Tokens per second of `generate` with one query after the other."""
    prompt = torch.tensor([ids], device=model.device)
    began = time.perf_counter()
    with torch.inference_mode():
        for _ in range(load.alone):
            out = model.generate(
                input_ids=prompt,
                attention_mask=torch.ones_like(prompt),
                max_new_tokens=load.tokens,
                do_sample=False,
                pad_token_id=0,
            )
            assert out.shape[1] == load.prompt + load.tokens
    return load.alone * load.tokens / (time.perf_counter() - began)


async def streamed(model: LocalModel, query: Query, streams: int, answers: int) -> tuple[float, float]:
    """Tokens per second of the backend under so many streams, and median milliseconds to the first piece."""
    waits: list[float] = []
    left = answers

    async def ask() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            began, heard = time.perf_counter(), []

            def hear(_: str, began: float = began, heard: list[float] = heard) -> None:
                heard.append(time.perf_counter() - began)

            completion = await model.complete(query, hear)
            assert completion.tokens == query.max_tokens
            waits.extend(heard[:1])

    began = time.perf_counter()
    await asyncio.gather(*(ask() for _ in range(streams)))
    rate = answers * query.max_tokens / (time.perf_counter() - began)
    return rate, 1000 * median(waits)


async def measured(load: Load, threads: int, rounds: int, folder: Path) -> dict[str, float]:
    """The figures of one model."""
    path = checkpoint(load, folder / load.name)
    plain = AutoModelForCausalLM.from_pretrained(
        path, dtype=torch.bfloat16 if ON == "cuda" else torch.float32
    )
    plain = plain.to(ON).eval()
    plain.generation_config = GenerationConfig()
    backend = LocalModel.load(str(path), threads=threads, limits=Limits(batch=32, waiting=64))
    query = question(load)
    ids = list(range(5, 5 + load.prompt))
    one_at_a_time(plain, ids, load)
    windows: dict[int, list[Window]] = {streams: [] for streams in STREAMS}
    for number in range(rounds):
        # The figure that has a target is measured in every round, the others in every fourth.
        for streams in STREAMS if number % 4 == 0 else AIMED_AT:
            answers = load.answers[streams]
            alone = one_at_a_time(plain, ids, load)
            windows[streams].append(Window(alone, *await streamed(backend, query, streams, answers)))
    await backend.close()
    return figures(load.name, windows)


def figures(name: str, windows: dict[int, list[Window]]) -> dict[str, float]:
    """Rates, ratios and waits, medians over the rounds."""
    shown = {
        f"{name}: generate tokens/s": median(window.alone for each in windows.values() for window in each)
    }
    for streams, each in windows.items():
        at = f"{streams} stream{'s' if streams > 1 else ''}"
        shown[f"{name}: tokens/s, {at}"] = median(window.rate for window in each)
        shown[f"{name}: times generate, {at}"] = median(window.rate / window.alone for window in each)
        shown[f"{name}: first piece ms, {at}"] = median(window.wait for window in each)
    return shown


def document(shown: dict[str, float]) -> dict[str, Any]:
    """{benchmark, figures, targets, missed}; targets are for a CPU, and of what was measured."""
    targets = {name: limits for name, limits in TARGETS.items() if name in shown and ON == "cpu"}
    device = ON if ON == "cpu" else torch.cuda.get_device_name()
    return {**report.document("serving", shown, targets, digits=3), "device": device}


def main() -> int:
    """Prints figures; returns 3 when a target is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", choices=[load.name for load in LOADS])
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    shown: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for load in LOADS:
            if asked.only in (None, load.name):
                shown |= asyncio.run(measured(load, asked.threads, asked.rounds, Path(folder)))
    found = document(shown)
    return report.printed(found, asked.json, [f"on {found['device']}", *report.lines(found)])


if __name__ == "__main__":
    sys.exit(main())
