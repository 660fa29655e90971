"""Train the three demo models of `models/` in one run, and print how much each of them solves.

    python scripts/train_demo_models.py --out models --seconds 150 --seed 7

One thread, no GPU. Needs the `torch`, `transformers` and `reasoning-gym` packages. `--seconds` buys ten
training steps a second, whatever the clock says: a busy machine takes longer and gives the same models.
Exit code 3 when the run never passed through the solved rate that one of the models must have.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast
from transformers.utils import logging as transformers_logging

from scripts.demo_models import tokenizer as wording
from scripts.demo_models.questions import CUTTING, FAMILIES, TEST_FIRST, TRAIN, Questions, Split, draw
from scripts.demo_models.skill import Skill, mean_solved, measured
from scripts.demo_models.training import BANDS, STEPS_PER_SECOND, Cut, batches, encoded, new_model, train

ROOT = Path(__file__).resolve().parents[1]
Table = dict[str, dict[str, Skill]]


def seen(training: Sequence[Questions]) -> dict[str, frozenset[str]]:
    """The questions of the training set by family."""
    return {questions.family: frozenset(questions.prompts) for questions in training}


def at_least(least: int) -> Callable[[str], int]:
    """A command line type: whole numbers from `least` up."""

    def number(text: str) -> int:
        if int(text) < least:
            raise argparse.ArgumentTypeError(f"at least {least}")
        return int(text)

    return number


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Train the demo models and measure their skill.")
    parser.add_argument("--out", type=Path, default=ROOT / "models", help="folder to write the models to")
    parser.add_argument("--seconds", type=at_least(10), default=150, help="training time on one quiet core")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--test-size", type=at_least(1), default=500, help="fresh items per family in the final test"
    )
    parser.add_argument(
        "--json", action="store_true", help="print the skill table as JSON on standard output"
    )
    return parser.parse_args()


def save(cut: Cut, folder: Path, model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast) -> None:
    """Write the checkpoint as bfloat16 safetensors with its tokenizer, loadable by `AutoModelForCausalLM`."""
    model.load_state_dict(cut.weights)
    deepcopy(model).to(torch.bfloat16).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def tested(out: Path, size: int, trained: Mapping[str, frozenset[str]]) -> Table:
    """Skill of the saved files on items that nothing has seen, by model and family."""
    tests = [draw(family, Split(TEST_FIRST, size)) for family in FAMILIES]
    table: Table = {}
    for band in BANDS:
        model = LlamaForCausalLM.from_pretrained(out / band.name, dtype=torch.float32).eval()
        tokenizer = PreTrainedTokenizerFast.from_pretrained(out / band.name)
        table[band.name] = measured(model, tokenizer, tests, trained)
    return table


def as_text(table: Table) -> str:
    """The skill table as Markdown: solved share, and in brackets that of questions unseen in training."""
    lines = ["| model | " + " | ".join(FAMILIES) + " | mean |", "|---" * (len(FAMILIES) + 2) + "|"]
    for name, skills in table.items():
        cells = [cell(skills[family]) for family in FAMILIES]
        lines.append(f"| {name} | " + " | ".join(cells) + f" | {mean_solved(skills):.2f} |")
    return "\n".join(lines)


def cell(skill: Skill) -> str:
    """One entry of the table."""
    unseen = (
        "" if skill.solved_unseen is None else f" ({skill.solved_unseen:.2f} of {skill.unseen:.0%} unseen)"
    )
    return f"{skill.solved:.2f}{unseen}"


def run(options: argparse.Namespace, training: Sequence[Questions]) -> list[str]:
    """Train and save the models; the names of those that the run never came near."""
    tokenizer = wording.build(wording.shared_wordings([questions.prompts for questions in training]))
    examples = [encoded(tokenizer, questions) for questions in training]
    source = batches(examples, tokenizer.pad_token_id, options.seed)
    model = new_model(tokenizer)
    cutting = [draw(family, CUTTING) for family in FAMILIES]
    steps, trained = options.seconds * STEPS_PER_SECOND, seen(training)
    cuts = train(model, source, steps, lambda: measured(model, tokenizer, cutting, trained))
    missing = [name for name, cut in cuts.items() if not cut.weights]
    for name, cut in cuts.items() if not missing else ():
        save(cut, options.out / name, model, tokenizer)
        print(f"{name}: step {cut.step} of {steps}", file=sys.stderr)
    return missing


def main() -> int:
    """Train, save, test, report; the exit code."""
    options = arguments()
    started = time.monotonic()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    transformers_logging.disable_progress_bar()
    training = [draw(family, TRAIN) for family in FAMILIES]
    missing = run(options, training)
    if missing:
        print(f"no checkpoint was as skilled as {', '.join(missing)}: raise --seconds", file=sys.stderr)
        return 3
    table = tested(options.out, options.test_size, seen(training))
    print(f"{time.monotonic() - started:.0f} seconds in all", file=sys.stderr)
    plain = {
        name: {family: asdict(skill) for family, skill in skills.items()} for name, skills in table.items()
    }
    print(json.dumps(plain, indent=2) if options.json else as_text(table))
    return 0


if __name__ == "__main__":
    sys.exit(main())
