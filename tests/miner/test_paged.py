"""Transformers' continuous batching with our noise. It is made for GPUs and runs on a CPU, slowly: small models."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from subnet.errors import BackendError, ModelError
from subnet.inference.noise import vocabulary_noise
from subnet.miner.local import Limits, LocalModel
from subnet.miner.local.noising import gumbel
from subnet.protocol import Message, Query

STRONG = Path(__file__).resolve().parents[2] / "models" / "strong"
LIMITS = Limits(batch=8, waiting=64, context=256)


def query(prompt: str = "Spell this word backward (example: sun -> nus): stone", **options: Any) -> Query:
    """A query that need not hurry."""
    message = Message(role="user", content=prompt)
    return Query(id="test-query", messages=(message,), **{"max_tokens": 16, "seconds": 60.0, **options})


@pytest.fixture
async def paged() -> AsyncIterator[LocalModel]:
    """The strong demo model under continuous batching."""
    model = LocalModel.load(str(STRONG), limits=LIMITS, engine="paged")
    yield model
    await model.close()


def halves(seeds: list[int], shift: int) -> torch.Tensor:
    """One 32-bit half of each seed, as the signed number that travels."""
    words = np.array([seed >> shift & 0xFFFFFFFF for seed in seeds], dtype=np.uint32)
    return torch.from_numpy(words.view(np.int32))


def test_the_devices_noise_is_the_checkers_noise() -> None:
    seeds, positions = [0, 1, (1 << 63) - 1, 0x80000000_80000000 >> 1], [0, 7, 8191, 3]
    made = gumbel(halves(seeds, 0), halves(seeds, 32), torch.tensor(positions, dtype=torch.int32), 1001)
    expected = vocabulary_noise(seeds, positions, 1001)
    assert np.allclose(made.numpy(), expected, rtol=1e-6, atol=1e-6)


async def test_a_seed_gives_the_tokens_that_it_gives_step_by_step(paged: LocalModel) -> None:
    several = [query()] + [
        query(
            f"hello {n}", temperature=0.15 * n, seed=n * 10**17, top_k=(None, 5)[n % 2], max_tokens=4 + 3 * n
        )
        for n in range(13)
    ]
    steps = LocalModel.load(str(STRONG), limits=LIMITS, engine="steps")
    expected = await asyncio.gather(*map(steps.complete, several))
    await steps.close()
    assert await asyncio.gather(*map(paged.complete, several)) == expected


async def test_an_answer_is_heard_piece_by_piece_and_ends_at_its_stop_string(paged: LocalModel) -> None:
    pieces: list[str] = []
    assert (await paged.complete(query(), pieces.append)).text == "enots"
    assert pieces == list("enots")
    assert (await paged.complete(query(stop=("ot",)))).text == "en"


async def test_a_caller_that_leaves_frees_its_place(paged: LocalModel) -> None:
    gone = [asyncio.create_task(paged.complete(query(max_tokens=200))) for _ in range(8)]
    await asyncio.sleep(0.05)
    for task in gone:
        task.cancel()
    assert (await paged.complete(query())).text == "enots"
    assert not paged._engine._running  # type: ignore[attr-defined]


async def test_closing_ends_what_runs() -> None:
    model = LocalModel.load(str(STRONG), limits=LIMITS, engine="paged")
    assert model.ready
    running = asyncio.create_task(model.complete(query("x" * 100, temperature=2.0, seed=3, max_tokens=100)))
    await asyncio.sleep(0.02)
    await model.close()
    assert not model.ready
    outcome = (await asyncio.gather(running, return_exceptions=True))[0]
    assert isinstance(outcome, BackendError) or outcome.tokens > 0


async def test_an_engine_that_died_is_not_ready_and_is_missed(
    paged: LocalModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("out of pages")

    monkeypatch.setattr(paged._loaded.model, "forward", broken)
    with pytest.raises(BackendError, match="generating failed"):
        await paged.complete(query())
    async with asyncio.timeout(10):
        with pytest.raises(BackendError, match="start the miner again"):
            await paged.watch()
    assert not paged.ready
    with pytest.raises(BackendError, match="start the miner again"):
        await paged.complete(query())


def test_a_model_that_it_cannot_run_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transformers.generation.ContinuousMixin.init_continuous_batching", None)
    with pytest.raises(ModelError, match="cannot run model"):
        LocalModel.load(str(STRONG), limits=LIMITS, engine="paged")
