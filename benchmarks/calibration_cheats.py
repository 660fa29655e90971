"""The dishonest provers of the calibration table: what each runs, and how it chooses its tokens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from subnet.inference.provers import Picker, Repairing, Way, honest, quantised, switching
from subnet.inference.reading import Reading
from subnet.inference.reference import Reference
from subnet.inference.sampler import Sampler
from subnet.inference.trials import Plan, candidate_readings, claims_of

GROUP = 64
BATCH = 125


@dataclass(frozen=True, slots=True)
class Models:
    """The reference in both number formats, and the checkpoints that are no honest ones."""

    reference: Reference
    narrow: Reference
    less: Reference
    least: Reference
    other: Reference

    @classmethod
    def load(cls, place: Path, others: Path) -> Models:
        """Loaded from the reference's folder and the folder of the others, as the training script names them."""
        return cls(
            Reference.load(place),
            Reference.load(place, "bfloat16"),
            Reference.load(others / "full-60"),
            Reference.load(others / "full-25"),
            Reference.load(others / "other"),
        )


@dataclass(frozen=True, slots=True)
class Cheat:
    """A prover: `models` in use, the picker that `pick` makes, and the sampler it uses in place of the agreed one."""

    models: Callable[[Models], Sequence[Any]]
    pick: Callable[[Plan], Picker] = lambda plan: honest
    used: Callable[[Sampler], Sampler] | None = None


def four(models: Models) -> Any:
    """The reference with 4-bit weights, computing in float32."""
    return quantised(models.reference.model, 4, GROUP)


def half_way(plan: Plan) -> Picker:
    """A switch to the second model after half of the reply."""
    return switching(plan.length // 2)


def repairing(gap: float) -> Callable[[Plan], Picker]:
    """Repair where the two best scores are closer than `gap` logits."""
    return lambda plan: Repairing(gap)


def at(temperature: float) -> Cheat:
    """The right model at another temperature."""
    return Cheat(lambda m: [m.reference.model], used=lambda s: replace(s, temperature=temperature))


CHEATS: dict[str, Cheat] = {
    "int8 weights, float32": Cheat(lambda m: [quantised(m.reference.model, 8)]),
    "int8 weights, bfloat16": Cheat(lambda m: [quantised(m.narrow.model, 8)]),
    "4-bit weights, float32": Cheat(lambda m: [four(m)]),
    "4-bit weights, bfloat16": Cheat(lambda m: [quantised(m.narrow.model, 4, GROUP)]),
    "less trained (60 %)": Cheat(lambda m: [m.less.model]),
    "less trained (25 %)": Cheat(lambda m: [m.least.model]),
    "other seed's weights": Cheat(lambda m: [m.other.model]),
    "temperature 0.7": at(0.7),
    "temperature 0.9": at(0.9),
    "temperature 1.1": at(1.1),
    "greedy": at(0.0),
    "ignored seed": Cheat(lambda m: [m.reference.model], used=lambda s: replace(s, seed=s.seed + (1 << 50))),
    "half-way to 4 bits": Cheat(lambda m: [m.reference.model, four(m)], half_way),
    "half-way to less trained (60 %)": Cheat(lambda m: [m.reference.model, m.less.model], half_way),
    "half-way to other seed's weights": Cheat(lambda m: [m.reference.model, m.other.model], half_way),
    **{
        f"4-bit, repaired below {gap:g}": Cheat(lambda m: [four(m), m.reference.model], repairing(gap))
        for gap in (0.1, 0.3, 1.0)
    },
    **{
        f"less trained (60 %), repaired below {gap:g}": Cheat(
            lambda m: [m.less.model, m.reference.model], repairing(gap)
        )
        for gap in (0.3, 1.0, 2.0, 4.0)
    },
}


@dataclass(frozen=True, slots=True)
class Tried:
    """The readings of a cheat's replies, and the share of steps that the real model did where it repaired."""

    readings: list[Reading]
    real_steps: float


def tried(cheat: Cheat, models: Models, plan: Plan, border: float) -> Tried:
    """A cheat's replies under a plan, read by the reference."""
    pick = cheat.pick(plan)
    used = cheat.used(plan.sampler) if cheat.used else None
    together = replace(plan, batch=BATCH)
    readings = candidate_readings(models.reference, cheat.models(models), together, border, Way(pick, used))
    real = pick.repaired / pick.steps if isinstance(pick, Repairing) else 0.0
    return Tried(readings, real)


def looked_up(models: Models, plan: Plan, text: Tensor, border: float) -> list[Reading]:
    """Readings of answers from a lookup: what really follows a prompt in its file, whatever the seed says.

    `text` is the ids of a long text; prompts are cut from it.
    """
    generator = torch.Generator().manual_seed(plan.sampler.seed % (1 << 60))
    width = plan.prompts.shape[1]
    starts = torch.randint(
        len(text) - width - plan.length, (len(plan.prompts),), generator=generator
    ).tolist()
    prompts = torch.stack([text[start : start + width] for start in starts])
    replies = torch.stack([text[start + width : start + width + plan.length] for start in starts])
    return models.reference.read(claims_of(replace(plan, prompts=prompts), replies), border)
