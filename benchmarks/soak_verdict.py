"""What the soak found when everything has ended: what was lost, late, or leaked."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from statistics import median
from typing import Any

from soak_faults import Window
from soak_members import End
from soak_watch import STEADY, Sample, Watch, digest, rows
from soak_world import TEMPO, VALIDATORS, World

from neurons.weight_duty import lead
from subnet.protocol import Hotkey
from subnet.validator.context import Context, last_context
from subnet.validator.ledger import Ledger
from subnet.validator.memory import standings
from subnet.validator.scores import Observation
from subnet.validator.store import Store

RECOVERY_SECONDS = 20.0
"""After a fault has passed: a supervisor's pause, a start, and one deadline of a chain call."""

DOCUMENTED = {0, 1, 3}
"""Exit codes by which a neuron may end itself: told to, no answer from the chain, a named condition."""

LEAST_MINUTES = 10.0
"""Of samples, below which a slope of memory says nothing."""


@dataclass
class Verdict:
    """Figures by name, and a line for each thing that was found wrong."""

    figures: dict[str, float] = field(default_factory=dict)
    found: list[str] = field(default_factory=list)

    def count(self, name: str, wrong: Sequence[str]) -> None:
        """Adds a figure that counts what is wrong, and what that is."""
        self.figures[name] = len(wrong)
        self.found += [f"{name}: {line}" for line in wrong]


def lost(verdict: Verdict, world: World, watch: Watch) -> None:
    """Adds what is gone or false: facts, rounds, scores, weights, books."""
    changed, unwritten, scored, twice = [], [], [], []
    for name in VALIDATORS:
        path = world.state(name)
        for count, known in watch.facts.get(name, []):
            if digest(path, count) != (count, known):
                changed.append(f"{name}: the first {count} observations are not what they were")
        with Store.reading(path) as store:
            facts, context = list(Ledger(store).observations()), last_context(store)
        if context is None:
            unwritten.append(f"{name}: no round at all")
            continue
        unwritten += [f"{name}: {line}" for line in not_in_ledger(world.recording(name), facts)]
        scored += [f"{name}: {line}" for line in scores_not_the_fold(world.status(name), facts, context)]
        asked = {(seen.round_id, seen.task_id) for seen in facts}
        twice += [f"{name}: a task"] * (len(asked) - len({task for _, task in asked}))
        verdict.figures[f"observations, {name}"] = len(facts)
    verdict.count("lost: facts that changed or are gone", changed)
    verdict.count("lost: replies that were told and are not in the ledger", unwritten)
    verdict.count("lost: scores that are not the fold of the ledger", scored)
    verdict.count("lost: tasks asked twice", twice)
    verdict.count(
        "lost: weights called effective that the chain did not hold", list(false_effective(world, watch))
    )
    verdict.count("lost: books of the chain that do not balance", sorted(watch.audit))


def not_in_ledger(folder: Path, facts: Sequence[Observation]) -> Iterator[str]:
    """Judgements that were recorded, after they were in the ledger, and are not there or are others."""
    known = {(seen.round_id, seen.task_id, seen.hotkey): seen for seen in facts}
    for path in sorted(folder.glob("epoch-*.jsonl")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            try:
                told = json.loads(line)
            except ValueError:
                yield f"{path.name}, line {number} is torn"
                continue
            for kept in told["judgements"]:
                seen = known.get((told["moment"]["round_id"], kept["task"], kept["peer"]["hotkey"]))
                reward = kept["reward"]
                if seen is None or (seen.value, seen.evidence, seen.failure) != (
                    reward["value"],
                    reward["evidence"],
                    kept["failure"],
                ):
                    yield f"round {told['moment']['round_id']}, task {kept['task']}"


def scores_not_the_fold(path: Path, facts: Sequence[Observation], context: Context) -> Iterator[str]:
    """Rounds that the status file told with other scores than the ledger gives up to then, difference 0."""
    ends: dict[int, list[int]] = {}
    for place, seen in enumerate(facts):
        if place + 1 == len(facts) or facts[place + 1].round_id != seen.round_id:
            ends.setdefault(seen.block, []).append(place + 1)
    for line in path.read_text().splitlines():
        try:
            told = json.loads(line)
        except ValueError:
            yield f"a torn line: {line[:60]}"
            continue
        if told["kind"] == "round":
            # A round whose line was lost to a kill is passed over; several can share a block that stood still.
            waiting, same = ends.get(told["block"], []), False
            while waiting and not same:
                same = fold(facts[: waiting.pop(0)], told["block"], context) == told["scores"]
            if not same:
                yield f"block {told['block']}"


def fold(facts: Sequence[Observation], block: int, context: Context) -> dict[Hotkey, float]:
    """The scores that these observations make."""
    found = standings(facts, context.members, block, context.rules)
    return {hotkey: score.value for hotkey, score in found.items()}


def false_effective(world: World, watch: Watch) -> Iterator[str]:
    """Plans that a journal called effective while the chain held something else."""
    for name in VALIDATORS:
        for plan, sent in effective(world, name).items():
            if (name, plan) not in watch.held:
                continue
            held = watch.held[name, plan]
            if held is None or dict(held.weights) != sent["weights"]:
                yield f"{name}: plan {plan}"


def effective(world: World, name: str) -> dict[int, dict[str, Any]]:
    """What was sent by the plans that became effective: epoch, block, weights."""
    told = rows(world.state(name), "SELECT plan, status, epoch, block, detail FROM journal ORDER BY id")
    set_ = {row["plan"] for row in told if row["status"] == "effective"}
    return {
        row["plan"]: {
            "epoch": row["epoch"],
            "block": row["block"],
            "weights": json.loads(row["detail"])["weights"],
        }
        for row in told
        if row["status"] == "included" and row["plan"] in set_
    }


def late(verdict: Verdict, world: World, watch: Watch, windows: Sequence[Window]) -> None:
    """Adds the epochs that ended without a validator's effective weights, apart those that a fault touched.

    A fault touches an epoch when it, or the recovery after it, overlaps the blocks in which weights are sent.
    """
    last, first = watch.blocks[-1][1], min(watch.ends)
    outside, inside, judged = [], [], 0
    for name in VALIDATORS:
        on_time = {sent["epoch"] for sent in effective(world, name).values() if _in_time(sent, watch)}
        for epoch, end in watch.ends.items():
            if epoch == first or end > last:  # nobody had a permit in the first one
                continue
            touched = _touched(name, _time_of(watch, end - lead(TEMPO)), _time_of(watch, end), windows)
            judged += not touched
            if epoch not in on_time:
                line = f"{name}: epoch {epoch}, which ended with block {end}"
                inside.append(f"{line} ({touched})") if touched else outside.append(line)
    verdict.figures["epochs of a validator without a fault"] = judged
    verdict.count("late weights outside fault windows", outside)
    verdict.figures["late weights in fault windows"] = len(inside)


def _in_time(sent: dict[str, Any], watch: Watch) -> bool:
    end = watch.ends.get(sent["epoch"])
    return end is None or sent["block"] < end


def _touched(name: str, began: float, ended: float, windows: Sequence[Window]) -> str:
    faults = (
        window.fault
        for window in windows
        if name in window.ended and window.began <= ended and began <= window.ended[name] + RECOVERY_SECONDS
    )
    return ", ".join(faults)


def _time_of(watch: Watch, block: int) -> float:
    place = bisect_left([number for _, number in watch.blocks], block)
    return watch.blocks[min(place, len(watch.blocks) - 1)][0]


def memory(verdict: Verdict, watch: Watch, began: float, warm_up: float) -> None:
    """Adds the slope of each kind of process, in MiB an hour, over its longest life after the warm-up."""
    for kind, name in STEADY.items():
        lives: dict[int, list[Sample]] = {}
        for sample in watch.memory.get(name, []):
            if sample.at >= began + warm_up:
                lives.setdefault(sample.pid, []).append(sample)
        longest = max(lives.values(), key=len, default=[])
        minutes = (longest[-1].at - longest[0].at) / 60 if longest else 0.0
        verdict.figures[f"memory of the {kind}, MiB"] = longest[-1].mib if longest else 0.0
        verdict.figures[f"memory of the {kind}, minutes seen"] = minutes
        if minutes >= LEAST_MINUTES:
            verdict.figures[f"memory slope of the {kind}, MiB/h"] = slope(longest)


def slope(samples: Sequence[Sample]) -> float:
    """The median of the slopes between all pairs of samples (Theil and Sen), in MiB an hour."""
    return 3600 * median((b.mib - a.mib) / (b.at - a.at) for a, b in combinations(samples, 2))


def ended(verdict: Verdict, world: World, last: dict[str, int | None]) -> None:
    """Adds by which codes processes ended themselves, and those ends that no document allows."""
    own = [end for member in world.members.values() for end in member.ends if not end.killed]
    for role in ("validator", "miner", "chain"):
        for code in sorted({end.code for end in own if _role(end) == role}):
            name = f"{role}s ended by themselves with {code}"
            verdict.figures[name] = sum(end.code == code and _role(end) == role for end in own)
    wrong = [
        f"{end.name} ended with {end.code}: {end.last_line}"
        for end in own
        if end.code not in DOCUMENTED or "unexpected" in end.last_line or _role(end) == "chain"
    ]
    wrong += [f"{name} ended with {code} when told to" for name, code in last.items() if code != 0]
    wrong += [
        f"{name} logged a traceback" for name, one in world.members.items() if "Traceback" in one.said()
    ]
    verdict.count("ends and tracebacks that no document allows", wrong)


def _role(end: End) -> str:
    return end.name if end.name == "chain" else "validator" if end.name in VALIDATORS else "miner"
