"""Train the character model of `models/char`, on which the check of the claimed model is calibrated.

    python scripts/train_char_model.py --out models/char --seconds 165 --seed 7
    python scripts/train_char_model.py --out build/char/full --cut 0.25 0.6     # also the less trained ones
    python scripts/train_char_model.py --out build/char/other --seconds 60 --seed 8

It writes Python, badly: 1.08 million parameters over 96 characters, trained on the sources of the standard
library of the Python that runs this script. One thread, no GPU. `--seconds` buys training steps at a fixed rate,
whatever the clock says, so a busy machine takes longer and gives the same model. `--cut` also saves the same run
after these shares of it, beside `--out` (`full-60` after 0.6), as examples of another checkpoint.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

ROOT = Path(__file__).resolve().parents[1]
CHARACTERS = ("\n", *map(chr, range(32, 127)))
STEPS_PER_SECOND = 4
"""What one quiet core reaches with this model and batch; the price of a second of `--seconds`."""
BATCH, WINDOW = 8, 256
RATE, WARM_UP = 3e-3, 50
HELD_OUT = 20
"""One file of so many is kept out of training."""
LEFT_OUT = {"site-packages", "test", "tests", "idle_test", "__pycache__"}


def tokenizer() -> PreTrainedTokenizerFast:
    """A tokenizer of single characters; any other character reads as a question mark."""
    vocabulary = {character: index for index, character in enumerate(CHARACTERS)}
    inner = Tokenizer(models.WordLevel(vocabulary, unk_token="?"))
    inner.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    inner.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(
        tokenizer_object=inner, padding_side="left", clean_up_tokenization_spaces=False
    )


def sources() -> tuple[str, str]:
    """The text to train on and the text held out: the standard library's modules, in the order of their paths."""
    library = Path(sysconfig.get_paths()["stdlib"])
    names = sorted(
        path.relative_to(library).as_posix()
        for path in library.rglob("*.py")
        if not LEFT_OUT & set(path.relative_to(library).parts)
    )
    texts: tuple[list[str], list[str]] = ([], [])
    for name in names:
        held_out = hashlib.sha256(name.encode()).digest()[0] % HELD_OUT == 0
        text = (library / name).read_text(encoding="utf-8", errors="replace")
        texts[held_out].append("".join(character for character in text if character in CHARACTERS))
    return "\n".join(texts[0]), "\n".join(texts[1])


def encoded(text: str) -> Tensor:
    """The text's token ids, int64."""
    numbers = {character: index for index, character in enumerate(CHARACTERS)}
    return torch.tensor([numbers[character] for character in text])


def batches(ids: Tensor, seed: int) -> Iterator[Tensor]:
    """Endless windows of the text, int64 (BATCH, WINDOW)."""
    generator = torch.Generator().manual_seed(seed)
    while True:
        starts = torch.randint(len(ids) - WINDOW, (BATCH,), generator=generator).tolist()
        yield torch.stack([ids[start : start + WINDOW] for start in starts])


def untrained(seed: int) -> LlamaForCausalLM:
    """The model before its first step."""
    torch.manual_seed(seed)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(CHARACTERS),
            hidden_size=128,
            intermediate_size=384,
            num_hidden_layers=5,
            num_attention_heads=4,
            max_position_embeddings=512,
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=None,
        )
    )


def rate(step: int, steps: int) -> float:
    """The learning rate of a step: a short rise, then down to a thirtieth."""
    return RATE * min((step + 1) / WARM_UP, 1.0) * max(1.0 / 30.0, 1.0 - step / steps)


def train(ids: Tensor, steps: int, seed: int) -> Iterator[tuple[int, LlamaForCausalLM]]:
    """The model after each step, counted from 1; it is the same object every time."""
    model = untrained(seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, betas=(0.9, 0.98), weight_decay=0.01)
    windows = batches(ids, seed)
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = rate(step, steps)
        window = next(windows)
        optimizer.zero_grad()
        loss = model(input_ids=window, labels=window).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if (step + 1) % 50 == 0:
            print(f"step {step + 1} of {steps}: loss {loss.item():.3f}", file=sys.stderr, flush=True)
        yield step + 1, model


@torch.no_grad()
def held_out_loss(model: LlamaForCausalLM, ids: Tensor) -> float:
    """Nats per character on 256 windows that training did not see."""
    windows = batches(ids, seed=1)
    return sum(model(input_ids=w, labels=w).loss.item() for w in (next(windows) for _ in range(32))) / 32


def save(model: LlamaForCausalLM, folder: Path) -> str:
    """Write the checkpoint as float16 safetensors with its tokenizer; the weights' SHA-256."""
    kept = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    model.half().save_pretrained(folder)
    model.float().load_state_dict(kept)
    tokenizer().save_pretrained(folder)
    return hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()


def arguments(line: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Train the character model on Python's standard library.")
    parser.add_argument("--out", type=Path, default=ROOT / "models" / "char", help="folder to write it to")
    parser.add_argument("--seconds", type=float, default=165.0, help="training time on one quiet core")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--cut", type=float, nargs="*", default=[], help="shares of the run to save as well")
    return parser.parse_args(line)


def main() -> None:
    """Train, save, and print one JSON document: loss on text held out and the hash of each file of weights."""
    torch.set_num_threads(1)
    chosen = arguments()
    training, held_out = sources()
    steps = math.ceil(chosen.seconds * STEPS_PER_SECOND)
    cuts = {steps: chosen.out}
    cuts |= {
        round(share * steps): chosen.out.with_name(f"{chosen.out.name}-{share:.0%}"[:-1])
        for share in chosen.cut
    }
    ids, unseen = encoded(training), encoded(held_out)
    report: dict[str, object] = {
        "python": sys.version.split()[0],
        "characters": len(training),
        "text": hashlib.sha256(training.encode()).hexdigest(),
    }
    for step, model in train(ids, steps, chosen.seed):
        if step in cuts:
            report[cuts[step].name] = {
                "steps": step,
                "loss": round(held_out_loss(model, unseen), 4),
                "sha256": save(model, cuts[step]),
            }
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
