"""The local backend with the shipped demo models: real weights, real generation, no network."""

from __future__ import annotations

import asyncio
import inspect
import itertools
import json
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import reasoning_gym
import torch
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file
from transformers import AutoTokenizer

from subnet.errors import BackendBusy, BackendError, ModelError
from subnet.miner.local import Limits, LocalModel, steps
from subnet.protocol import Completion, Message, Query
from subnet.tasks.reasoning_families import DEMO_FAMILIES, MAX_NEW_TOKENS, SOLVED

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "models"
TEST_SEED = 90_000_000
"""Far from the training items; item i of a dataset depends on seed + i alone."""

ADDITION = "State the final answer to the following arithmetic problem: 4 + 3 ="


def query(prompt: str = ADDITION, **options: Any) -> Query:
    return Query(
        id="test-query",
        messages=(Message(role="user", content=prompt),),
        **{"max_tokens": MAX_NEW_TOKENS, "seconds": 30.0, **options},
    )


def held_out(per_family: int) -> list[tuple[Any, dict[str, Any]]]:
    """Pairs of dataset and item, of all demo families."""
    pairs = []
    for family, options in DEMO_FAMILIES.items():
        dataset = reasoning_gym.create_dataset(family, seed=TEST_SEED, size=per_family, **options)
        pairs += [(dataset, dataset[index]) for index in range(per_family)]
    return pairs


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    """A model that knows no end token and goes on until its room is used up."""
    folder = tmp_path / "endless"
    shutil.copytree(MODELS / "weak", folder)
    (folder / "generation_config.json").unlink()
    for name, end in (("config.json", "eos_token_id"), ("tokenizer_config.json", "eos_token")):
        known = json.loads((folder / name).read_text())
        (folder / name).write_text(json.dumps({**known, end: None}))
    return folder


@pytest.fixture
def strong_sync() -> Iterator[Any]:
    """Runs coroutines over one strong model on one loop, for tests that hypothesis drives."""
    model = LocalModel.load(str(MODELS / "strong"))
    with asyncio.Runner() as runner:
        yield lambda work: runner.run(work(model))
        runner.run(model.close())


@pytest.fixture
async def strong() -> AsyncIterator[LocalModel]:
    model = LocalModel.load(str(MODELS / "strong"), limits=Limits(batch=16, waiting=256))
    yield model
    await model.close()


async def solved_rate(name: str) -> float:
    model = LocalModel.load(str(MODELS / name), limits=Limits(batch=50, waiting=256))
    items = held_out(20)
    completions = await asyncio.gather(*(model.complete(query(item["question"])) for _, item in items))
    await model.close()
    pairs = zip(completions, items, strict=True)
    right = [
        dataset.score_answer(completion.text.strip(), item) >= SOLVED for completion, (dataset, item) in pairs
    ]
    return sum(right) / len(right)


async def test_the_demo_models_differ_in_skill_by_what_their_names_say():
    weak, medium, strong = [await solved_rate(name) for name in ("weak", "medium", "strong")]
    assert 0.05 <= weak <= 0.3
    assert weak + 0.15 <= medium <= 0.75
    assert strong >= 0.9


async def test_a_greedy_answer_is_the_same_alone_and_in_a_batch(strong: LocalModel):
    queries = [query(item["question"]) for _, item in held_out(4)]
    alone = [await strong.complete(one) for one in queries]
    together = await asyncio.gather(*(strong.complete(one) for one in queries))
    assert together == alone


async def test_a_sampled_answer_depends_on_its_seed_and_not_on_its_neighbours(strong: LocalModel):
    hot = [query("Describe this.", temperature=1.5, seed=seed) for seed in range(8)]
    alone = [await strong.complete(one) for one in hot]
    together = await asyncio.gather(*(strong.complete(one) for one in hot))
    assert together == alone
    assert len({completion.text for completion in alone}) > 1


async def test_the_answer_and_its_model_are_what_the_checkpoint_says(strong: LocalModel):
    completion = await strong.complete(query())
    assert strong.model == "strong"
    assert completion.text == "7"


async def test_a_completion_names_its_tokens_the_one_that_ended_it_included(strong: LocalModel):
    completion = await strong.complete(query())
    tokenizer = AutoTokenizer.from_pretrained(MODELS / "strong")
    assert completion.token_ids == (
        *tokenizer("7", add_special_tokens=False)["input_ids"],
        tokenizer.eos_token_id,
    )
    assert completion.tokens == len(completion.token_ids)


async def test_a_row_ends_at_its_own_token_limit_and_stop_string(strong: LocalModel):
    prompt = "Spell this word backward (example: sun -> nus): stone"
    whole, short, cut = await asyncio.gather(
        strong.complete(query(prompt)),
        strong.complete(query(prompt, max_tokens=2)),
        strong.complete(query(prompt, stop=("ot",))),
    )
    assert whole.text == "enots"
    assert (short.text, short.tokens) == ("en", 2)
    assert cut.text == "en"


async def test_a_prompt_beyond_the_context_is_refused_and_its_neighbours_are_answered(strong: LocalModel):
    outcomes = await asyncio.gather(
        strong.complete(query("x" * 2000)), strong.complete(query()), return_exceptions=True
    )
    assert isinstance(outcomes[0], BackendError)
    assert "tokens" in str(outcomes[0])
    assert outcomes[1].text == "7"


async def test_a_full_queue_is_busy():
    model = LocalModel.load(str(MODELS / "weak"), limits=Limits(batch=1, waiting=2))
    present = [asyncio.create_task(model.complete(query())) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(BackendBusy, match="ask again later"):
        await model.complete(query())
    assert len(await asyncio.gather(*present)) == 3
    await model.close()


async def test_a_cancelled_caller_does_not_stall_the_others(endless: Path):
    model = LocalModel.load(str(endless), limits=Limits(batch=2, waiting=8, context=512))
    running = [asyncio.create_task(model.complete(query(max_tokens=8192))) for _ in range(2)]
    await asyncio.sleep(0.05)
    queued = asyncio.create_task(model.complete(query(max_tokens=8192)))
    behind = asyncio.create_task(model.complete(query(max_tokens=2)))
    await asyncio.sleep(0)
    for gone in (*running, queued):
        gone.cancel()
    assert (await asyncio.wait_for(behind, 30.0)).tokens == 2
    await model.close()


async def test_a_short_prompt_does_not_wait_for_a_long_one(endless: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(steps, "PROMPT_TOKENS", 4)
    model = LocalModel.load(str(endless), limits=Limits(batch=8, waiting=8))
    long = asyncio.create_task(model.complete(query("x" * 400, max_tokens=1)))
    await asyncio.sleep(0)
    short = await model.complete(query(max_tokens=30))
    assert short.tokens == 30
    assert not long.done()
    assert (await long).tokens == 1
    await model.close()


@pytest.mark.parametrize("at", [1, 3])
async def test_a_failure_is_told_to_all_that_are_present_and_the_next_are_answered(
    strong: LocalModel, monkeypatch: pytest.MonkeyPatch, at: int
):
    calls, forward = itertools.count(1), strong._loaded.model.forward

    def fails_once(*args: Any, **options: Any) -> Any:
        if next(calls) == at:
            raise RuntimeError("out of memory")
        return forward(*args, **options)

    fails_once.__signature__ = inspect.signature(forward)  # type: ignore[attr-defined]
    monkeypatch.setattr(strong._loaded.model, "forward", fails_once)
    outcomes = await asyncio.gather(*(strong.complete(query()) for _ in range(6)), return_exceptions=True)
    failed = [outcome for outcome in outcomes if isinstance(outcome, BackendError)]
    assert failed
    assert all(outcome.text == "7" for outcome in outcomes if outcome not in failed)
    assert (await strong.complete(query())).text == "7"


async def heard_and_said(model: LocalModel, one: Query) -> tuple[list[str], Completion]:
    """The pieces a listener was told, and the completion."""
    pieces: list[str] = []
    completion = await model.complete(one, pieces.append)
    return pieces, completion


@given(stop=st.lists(st.text("enots7", min_size=1, max_size=3), max_size=3), seed=st.integers(0, 1 << 40))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_pieces_that_are_heard_are_the_text(strong_sync: Any, stop: list[str], seed: int):
    one = query("Spell stone.", temperature=1.0, seed=seed, stop=tuple(stop), max_tokens=24)
    pieces, completion = strong_sync(lambda model: heard_and_said(model, one))
    unheard = strong_sync(lambda model: model.complete(one))
    assert "".join(pieces) == completion.text
    assert completion == unheard
    assert all(pieces)
    assert not any(word in completion.text for word in stop)


async def test_a_text_is_heard_while_it_is_made(endless: Path):
    model = LocalModel.load(str(endless))
    heard = asyncio.get_running_loop().create_future()
    asking = asyncio.create_task(
        model.complete(query(max_tokens=480), lambda _: heard.done() or heard.set_result(None))
    )
    await heard
    assert not asking.done()
    assert (await asking).tokens == 480
    await model.close()


async def test_a_short_reply_does_not_wait_for_a_long_one(endless: Path):
    model = LocalModel.load(str(endless), limits=Limits(batch=8, waiting=8))
    long = asyncio.create_task(model.complete(query(max_tokens=480)))
    await asyncio.sleep(0)
    assert (await model.complete(query(max_tokens=1))).tokens == 1
    assert not long.done()
    assert (await long).tokens == 480
    await model.close()


async def test_rows_that_come_and_go_leave_the_others_as_they_would_be_alone(strong: LocalModel):
    prompts = [
        ADDITION,
        "x",
        "Spell this word backward (example: sun -> nus): stone",
        "Say it. " * 20,
        "y" * 70,
    ]
    several = [
        query(prompt, temperature=heat, seed=seed, top_k=k, max_tokens=5 + 9 * seed)
        for seed, (prompt, heat, k) in enumerate(itertools.product(prompts, (0.0, 1.0, 2.0), (None, 5)))
    ]
    alone = [await strong.complete(one) for one in several]

    async def late(number: int, one: Query) -> Completion:
        await asyncio.sleep(number * 0.004)
        return await strong.complete(one)

    assert await asyncio.gather(*(late(number, one) for number, one in enumerate(several))) == alone


async def test_top_k_leaves_the_likeliest_tokens_only(strong: LocalModel):
    greedy = await strong.complete(query())
    hot = [query(temperature=2.0, top_k=1, seed=seed) for seed in range(4)]
    assert [await strong.complete(one) for one in hot] == [greedy] * 4


async def test_closing_ends_what_runs_and_refuses_what_follows(endless: Path):
    model = LocalModel.load(str(endless))
    running = asyncio.create_task(model.complete(query(max_tokens=480)))
    await asyncio.sleep(0.02)
    await model.close()
    with pytest.raises(BackendError, match="closed before"):
        await running
    with pytest.raises(BackendError, match="shutting down"):
        await model.complete(query())


@pytest.mark.parametrize("path", ["./no-such-folder", "/no/such/folder", "a/b/c"])
def test_a_missing_folder_is_one_clear_line(path: str):
    with pytest.raises(ModelError) as caught:
        LocalModel.load(path)
    assert "no model folder" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"config.json": "{}"},
        {"config.json": "not json"},
        {"config.json": '{"model_type": "no-such-architecture"}'},
        {"model.safetensors": "x", "pytorch_model.bin": "x"},
    ],
)
def test_a_folder_without_a_model_is_one_clear_line(tmp_path: Path, files: dict[str, str]):
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    with pytest.raises(ModelError) as caught:
        LocalModel.load(str(tmp_path))
    assert str(caught.value).startswith("cannot load model")
    assert "\n" not in str(caught.value)


def test_damaged_weights_are_one_clear_line(tmp_path: Path):
    for file in (MODELS / "weak").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "model.safetensors").write_bytes(b"\xff" * 64)
    with pytest.raises(ModelError, match="cannot load model"):
        LocalModel.load(str(tmp_path))


def changed(folder: Path, **values: Any) -> Path:
    """The weak model with other words in its config.json."""
    shutil.copytree(MODELS / "weak", folder, dirs_exist_ok=True)
    known = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**known, **values}))
    return folder


def test_a_model_that_needs_its_own_code_is_refused_with_a_way_out(tmp_path: Path):
    own = {"AutoConfig": "configuration_own.OwnConfig", "AutoModelForCausalLM": "modeling_own.Own"}
    folder = changed(tmp_path, model_type="own", auto_map=own)
    for name in ("configuration_own.py", "modeling_own.py"):
        (folder / name).write_text("raise SystemExit('code of a checkpoint was run')")
    with pytest.raises(ModelError, match=r"needs code of its own.*--backend openai"):
        LocalModel.load(str(folder))


def test_a_model_that_does_not_fit_into_memory_is_one_clear_line(tmp_path: Path):
    folder = changed(tmp_path, vocab_size=1 << 40)
    save_file({"some.weight": torch.zeros(1)}, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match="does not fit into memory") as caught:
        LocalModel.load(str(folder))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("values", "word"),
    [({"num_hidden_layers": 4}, "lack 9 of the weights"), ({"hidden_size": 256}, "shapes")],
)
def test_weights_that_are_missing_or_of_another_shape_are_not_made_up(
    tmp_path: Path, values: dict[str, int], word: str
):
    with pytest.raises(ModelError, match=word) as caught:
        LocalModel.load(str(changed(tmp_path, **values)))
    assert "\n" not in str(caught.value)


FORK = """
import os, sys, threading
import subnet.miner.local as local
assert threading.active_count() == 1
child = os.fork()
if child == 0:
    local.LocalModel.load(sys.argv[1])
    os._exit(0)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_importing_starts_no_thread_so_that_a_fork_can_load_a_model():
    done = subprocess.run(
        [sys.executable, "-c", FORK, str(MODELS / "weak")],
        cwd=ROOT,
        timeout=60,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()


HUB = """
import sys
from subnet.errors import ModelError
from subnet.miner.local import LocalModel
for name in sys.argv[1:]:
    try:
        LocalModel.load(name)
    except ModelError as failure:
        print(failure)
"""


async def a_hub(request: web.Request) -> web.Response:
    """A hub that knows one model, whose files it gives to nobody."""
    if request.path == "/api/models/owner/gated":
        return web.json_response({"id": "owner/gated", "sha": "0" * 40, "gated": "manual", "siblings": []})
    if "/gated/" in request.path:
        refusal = {
            "X-Error-Code": "GatedRepo",
            "X-Error-Message": "Access to model owner/gated is restricted",
        }
        return web.Response(status=403, headers=refusal)
    return web.Response(status=404, headers={"X-Error-Code": "RepoNotFound"})


async def said_of(names: list[str], endpoint: str, home: Path) -> list[str]:
    """What loading models from a hub says, line by line; in a process, for the hub's address is read at import."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", HUB, *names),
        cwd=ROOT,
        env={"HF_ENDPOINT": endpoint, "HF_HOME": str(home), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    said, errors = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, errors.decode()
    return said.decode().splitlines()


async def test_a_hub_out_of_reach_is_one_clear_line(tmp_path: Path, unused_tcp_port: int):
    said = await said_of(["nobody/no-such-model"], f"http://127.0.0.1:{unused_tcp_port}", tmp_path)
    assert len(said) == 1
    assert said[0].startswith("cannot load model nobody/no-such-model: the hub is out of reach")


async def test_what_a_hub_does_not_give_is_one_clear_line_each(tmp_path: Path):
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", a_hub)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hub = f"http://127.0.0.1:{runner.addresses[0][1]}"
    gated, missing = await said_of(["owner/gated", "nobody/no-such-model"], hub, tmp_path)
    await runner.cleanup()
    assert "its owner grants access on request" in gated
    assert "no hub model nobody/no-such-model" in missing
