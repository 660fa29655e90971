"""Small random models of several architectures: a running batch gives what transformers' own generate gives."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from subnet.miner.local import Limits, LocalModel, steps
from subnet.protocol import Message, Query

DEMO = Path(__file__).resolve().parents[2] / "models" / "weak"
SMALL = {"vocab_size": 112, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
WIDE = {"intermediate_size": 64, "num_key_value_heads": 1, "max_position_embeddings": 256}
ARCHITECTURES: dict[str, dict[str, Any]] = {
    "llama": {**SMALL, **WIDE},
    "gpt2": {"vocab_size": 112, "n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 256},
    "mistral": {**SMALL, **WIDE, "sliding_window": 12},
    "qwen3": {**SMALL, **WIDE, "head_dim": 16},
    "gemma3_text": {**SMALL, **WIDE, "head_dim": 16, "sliding_window": 12, "sliding_window_pattern": 2},
    "opt": {**SMALL, "ffn_dim": 64, "max_position_embeddings": 256, "word_embed_proj_dim": 32},
    "bloom": {"vocab_size": 112, "hidden_size": 32, "n_layer": 2, "n_head": 2},
    "lfm2": {**SMALL, **WIDE, "layer_types": ["conv", "full_attention"]},
}


def folder_of(architecture: str, folder: Path) -> Path:
    """A model of this architecture with random weights and the demo's tokenizer, as a checkpoint folder."""
    torch.manual_seed(3)
    config = AutoConfig.for_model(
        architecture, bos_token_id=1, eos_token_id=2, pad_token_id=0, **ARCHITECTURES[architecture]
    )
    model = AutoModelForCausalLM.from_config(config)
    for parameter in model.parameters():  # far from uniform, so that rounding decides no token
        parameter.data.mul_(3.0)
    model.save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        shutil.copy(DEMO / name, folder / name)
    return folder


def asked(number: int) -> Query:
    """Prompts and replies of various lengths."""
    prompt = "a quick brown fox jumps over it"[: 1 + 4 * number]
    return Query(
        id="test-query",
        messages=(Message(role="user", content=prompt),),
        max_tokens=4 + 5 * ((number * 3) % 8),
    )


def expected(model: Any, tokenizer: Any, query: Query) -> tuple[int, ...]:
    """What transformers' generate makes of the query alone."""
    conversation = [message.model_dump() for message in query.messages]
    prompt = tokenizer.apply_chat_template(
        conversation, add_generation_prompt=True, return_dict=True, return_tensors="pt"
    )
    with torch.inference_mode():
        ids = model.generate(**prompt, max_new_tokens=query.max_tokens, do_sample=False, pad_token_id=0)
    return tuple(ids[0, prompt["input_ids"].shape[1] :].tolist())


@pytest.mark.parametrize("piece", [512, 7])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
async def test_rows_in_a_running_batch_are_what_they_are_alone(
    architecture: str, piece: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "PROMPT_TOKENS", piece)  # prompts are read at once, or a few tokens at a time
    model = LocalModel.load(str(folder_of(architecture, tmp_path)), limits=Limits(batch=4, waiting=64))
    queries = [asked(number) for number in range(8)]

    async def late(number: int) -> tuple[int, ...]:
        await asyncio.sleep(0.005 * number)
        return (await model.complete(queries[number])).token_ids

    found = await asyncio.gather(*map(late, range(8)))
    await model.close()
    assert len(set(found)) > 1
    loaded = model._loaded
    assert found == [expected(loaded.model, loaded.tokenizer, query) for query in queries]
