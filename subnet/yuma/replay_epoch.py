"""The `epoch_vectors` of a vector file: a small subnet's state, changed and put through epoch after epoch."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from subnet.rules.schedule import mechanism_split
from subnet.rules.vectors import CannotRun, Vector, difference
from subnet.rules.weights import max_upscaled_u16, without_target
from subnet.yuma.bonds import LiquidAlpha
from subnet.yuma.compact import expectations, per_uid, weight_rows
from subnet.yuma.epoch import epoch
from subnet.yuma.matrix import Matrix
from subnet.yuma.state import Moment, Neurons, Outcome, Rules, in_rao

Step = dict[str, Any]
U16_MAX = 65535
CHANGES = {
    "set_stakes",
    "set_weights",
    "set_weights_at",
    "mechanism_weights",
    "replace",
    "reset_bonds_for_uid",
}
EXPECTED = {
    "expect",
    "comment_values",
    "expect_bonds",
    "expect_dividends_proportion",
    "expect_bonds_proportion",
}
ASIDE = {"note", "also_true_not_asserted", "tolerance", "tolerance_proportion"}
STEP_NAMES = CHANGES | EXPECTED | ASIDE | {"block", "emission", "mechanism_split", "expect_mechanism"}


@dataclass
class Mechanism:
    """Stored weights (by uid) and bonds of one mechanism."""

    bonds: Matrix
    weights: dict[int, list[tuple[int, int]]] = field(default_factory=dict)


class Subnet:
    """The stored state of one subnet between epochs."""

    def __init__(self, setup: Step, generator: Step):
        count = setup["n"]
        self.count = count
        self.rules = rules_of(setup)
        self.owner = setup["owner_uid"]
        self.last_step = setup["last_mechanism_step_block"]
        self.commit_block = setup.get("commit_block")
        self.stakes = per_uid(generator.get("stakes", setup["stakes"]), count)
        self.last_update = list(per_uid(setup["last_update"], count))
        self.registered = list(per_uid(setup["block_at_registration"], count))
        self.permit = list(per_uid(setup["validator_permit"], count))
        self.mechanisms = [Mechanism(Matrix.empty(count))]

    def prepare(self, step: Step, generator: Step) -> None:
        """Apply what happens before the step's epoch, in the order: stakes, weights, replacements, bond resets."""
        self.stakes = list(step.get("set_stakes", self.stakes))
        rows = {int(uid): row for uid, row in step.get("set_weights", {}).items()}
        if "generator.weights" in step.get("note", ""):
            rows = weight_rows(generator["weights"])
        for uid, row in rows.items():
            self.mechanisms[0].weights[uid] = upscaled(row)
            self.last_update[uid] = step.get("set_weights_at", step["block"])
        for position, given in enumerate(step.get("mechanism_weights", [])):
            if position == len(self.mechanisms):
                self.mechanisms.append(Mechanism(Matrix.empty(self.count)))
            self.mechanisms[position].weights = {int(uid): upscaled(row) for uid, row in given.items()}
        for replaced in step.get("replace", []):
            self.replace(replaced["uid"], replaced["block"], replaced["stake"])
        if "reset_bonds_for_uid" in step:
            for mechanism in self.mechanisms:
                mechanism.bonds = mechanism.bonds.without_column(step["reset_bonds_for_uid"])

    def replace(self, uid: int, block: int, stake: int) -> None:
        """Give the seat to a newcomer: nothing of the old neuron's own is left, weights towards it become 0."""
        self.stakes[uid], self.permit[uid] = stake, False
        self.registered[uid] = self.last_update[uid] = block
        for mechanism in self.mechanisms:
            mechanism.weights.pop(uid, None)
            mechanism.weights = {who: without_target(row, uid) for who, row in mechanism.weights.items()}
            kept = mechanism.bonds.uids != uid
            mechanism.bonds = Matrix(mechanism.bonds.uids[kept], mechanism.bonds.cells[kept])

    def run(self, step: Step) -> list[Outcome]:
        """The epoch of every mechanism, all on the same permits; their bonds and permits are stored."""
        parts = mechanism_split(step["emission"], len(self.mechanisms), step.get("mechanism_split"))
        neurons = Neurons(
            in_rao(self.stakes), self.last_update, self.registered, self.permit, self.owner, self.commit_block
        )
        outcomes = []
        for mechanism, part in zip(self.mechanisms, parts, strict=True):
            moment = Moment(step["block"], part, self.last_step)
            weights = Matrix.of(mechanism.weights, self.count)
            outcomes.append(epoch(weights, mechanism.bonds, neurons, self.rules, moment))
            mechanism.bonds = outcomes[-1].bonds
        self.permit = np.any([outcome.validator_permit for outcome in outcomes], axis=0).tolist()
        return outcomes


def rules_of(setup: Step) -> Rules:
    """Hyperparameters of a vector's setup."""
    return Rules(
        kappa=setup["kappa"],
        tempo=setup["tempo"],
        activity_cutoff_factor_milli=setup["activity_cutoff_factor_milli"],
        max_allowed_validators=setup["max_allowed_validators"],
        stake_threshold=setup["stake_threshold"],
        bonds_moving_average=setup["bonds_moving_average"],
        bonds_penalty=setup["bonds_penalty"],
        yuma3=setup["yuma3"],
        liquid_alpha=setup["liquid_alpha"],
        liquid=LiquidAlpha(setup["alpha_low"], setup["alpha_high"], setup["alpha_sigmoid_steepness"]),
        commit_reveal=setup["commit_reveal_enabled"],
    )


def upscaled(row: list[list[int]] | list[tuple[int, int]]) -> list[tuple[int, int]]:
    """A weight row as the chain stores it after set_weights."""
    return list(zip((uid for uid, _ in row), max_upscaled_u16([value for _, value in row]), strict=True))


def run(vector: Vector) -> str | None:
    """How the first differing step differs, None when every step comes out as expected."""
    generator = vector.get("generator", {})
    subnet = Subnet(vector["setup"], generator)
    outcomes: list[Outcome] = []
    for number, step in enumerate(vector["steps"]):
        if unknown := step.keys() - STEP_NAMES:
            raise CannotRun(f"step {number} has {sorted(unknown)}")
        subnet.prepare(step, generator)
        outcomes = subnet.run(step)
        for found in differences(step, outcomes):
            return f"step {number}: {found}"
    return next(compact_differences(generator.get("expect_last_step", ""), outcomes[0]), None)


def differences(step: Step, outcomes: list[Outcome]) -> Iterator[str]:
    """Every way in which the outcomes are not what the step expects."""
    first, tolerance = outcomes[0], step.get("tolerance", 0)
    near = step.get("tolerance_proportion", 0)
    # figures from comments of the source are held to the last rao as well
    for name, values in [*step.get("expect", {}).items(), *step.get("comment_values", {}).items()]:
        yield from _named(name, difference(getattr(first, name).tolist(), values, tolerance))
    for uid, target, value in step.get("expect_bonds", []):
        yield from _named(f"bond {uid}->{target}", difference(bond(first, uid, target), value, tolerance))
    dividends = (first.dividends / U16_MAX).tolist()
    yield from _named(
        "dividends", difference(dividends, step.get("expect_dividends_proportion", dividends), near)
    )
    for uid, row in step.get("expect_bonds_proportion", {}).items():
        for target, value in row:
            share = bond(first, int(uid), target) / U16_MAX
            yield from _named(f"bond {uid}->{target}", difference(share, value, near))
    for number, expected in enumerate(step.get("expect_mechanism", [])):
        yield from mechanism_differences(number, expected, outcomes[number], tolerance)


def mechanism_differences(number: int, expected: Step, outcome: Outcome, tolerance: float) -> Iterator[str]:
    """As `differences`, for one mechanism; bonds are compared as whole stored rows."""
    rows = outcome.bonds.rows()
    for name, values in expected.items():
        if name != "bonds":
            found = difference(getattr(outcome, name).tolist(), values, tolerance)
            yield from _named(f"mechanism {number} {name}", found)
            continue
        for uid, row in values.items():
            got = [list(entry) for entry in rows.get(int(uid), [])]
            yield from _named(f"mechanism {number} bonds of {uid}", difference(got, row, tolerance))


def compact_differences(text: str, outcome: Outcome) -> Iterator[str]:
    """As `differences`, for expectations in the short notation."""
    for wanted in expectations(text):
        if wanted.field != "bond":
            got = [int(getattr(outcome, wanted.field)[wanted.uid])]
        elif wanted.target is None:
            got = [value for _, value in outcome.bonds.rows().get(wanted.uid, [])]
        else:
            got = [bond(outcome, wanted.uid, wanted.target)]
        for value in got:
            yield from _named(f"{wanted.field} of {wanted.uid}", difference(value, wanted.value, 0))


def bond(outcome: Outcome, uid: int, target: int) -> int:
    """Stored bond of a validator in a miner, 0 where there is none."""
    position = np.flatnonzero(outcome.bonds.uids == uid)
    return max(int(outcome.bonds.cells[position[0], target]), 0) if len(position) else 0


def _named(name: str, found: str | None) -> Iterator[str]:
    if found:
        yield f"{name} {found}"
