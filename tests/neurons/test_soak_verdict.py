"""The soak's own judgement: what it must find when something is lost, late or leaking."""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from subnet.protocol import Coldkey, Hotkey
from subnet.validator.context import Context
from subnet.validator.scores import Observation, Rules

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def soak(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    before = set(sys.modules)
    import soak_faults
    import soak_verdict
    import soak_watch

    yield SimpleNamespace(faults=soak_faults, verdict=soak_verdict, watch=soak_watch)
    for name in set(sys.modules) - before:
        if name.startswith("soak"):
            del sys.modules[name]


def seen(number: int, value: float = 1.0) -> Observation:
    """The only reply of round `number`, which takes place in a block of that number."""
    return Observation(
        hotkey=Hotkey("a"),
        coldkey=Coldkey("c"),
        registered_at=0,
        block=number,
        epoch=0,
        round_id=f"r{number}",
        task_id=f"t{number}",
        family="f",
        value=value,
        evidence=1.0,
        seconds=0.1,
    )


def context(facts: list[Observation]) -> Context:
    member: Any = SimpleNamespace(hotkey="a", coldkey="c", registered_at=0)
    return Context(facts[-1].block, 0, Rules(half_life=10), {Hotkey("a"): member})


def told(soak: SimpleNamespace, facts: list[Observation], path: Path, rounds: list[int]) -> Path:
    """A status file of these rounds, each with the scores of the facts up to it."""
    with path.open("w") as file:
        for number in rounds:
            scores = soak.verdict.fold(facts[: number + 1], number, context(facts))
            file.write(json.dumps({"kind": "round", "block": number, "scores": scores}) + "\n")
    return path


def test_rounds_whose_lines_a_kill_took_are_passed_over(soak: SimpleNamespace, tmp_path: Path) -> None:
    facts = [seen(number, number % 3 / 2) for number in range(20)]
    status = told(soak, facts, tmp_path / "s", [0, 1, 5, 6, 19])
    assert list(soak.verdict.scores_not_the_fold(status, facts, context(facts))) == []


def test_a_score_that_was_told_and_is_no_fold_of_the_ledger_is_found(
    soak: SimpleNamespace, tmp_path: Path
) -> None:
    facts = [seen(number, number % 3 / 2) for number in range(20)]
    status = told(soak, facts, tmp_path / "s", list(range(20)))
    lost = [fact for fact in facts if fact.block != 15]
    assert "block 15" in list(soak.verdict.scores_not_the_fold(status, lost, context(facts)))


def test_a_recorded_judgement_that_the_ledger_lacks_or_has_otherwise_is_found(
    soak: SimpleNamespace, tmp_path: Path
) -> None:
    facts = [seen(number) for number in range(3)]
    with (tmp_path / "epoch-00000000.jsonl").open("w") as file:
        for fact in facts:
            reward = {"value": fact.value, "evidence": fact.evidence}
            kept = {"task": fact.task_id, "peer": {"hotkey": "a"}, "failure": None, "reward": reward}
            file.write(json.dumps({"moment": {"round_id": fact.round_id}, "judgements": [kept]}) + "\n")
        file.write('{"moment": {"round_')
    found = list(soak.verdict.not_in_ledger(tmp_path, [facts[0], replace(facts[1], value=0.5)]))
    assert found == [
        "round r1, task t1",
        "round r2, task t2",
        "epoch-00000000.jsonl, line 4 is torn",
    ]


def test_a_leak_shows_as_its_slope_and_steps_and_noise_as_none(soak: SimpleNamespace) -> None:
    rng = Random(1)

    def samples(per_hour: float) -> list[Any]:
        noise = (rng.gauss(0, 0.1) + (0.2 if place > 100 else 0.0) for place in range(250))
        return [
            soak.watch.Sample(5.0 * place, 1, 100 + per_hour * place / 720 + one)
            for place, one in enumerate(noise)
        ]

    assert soak.verdict.slope(samples(10.0)) == pytest.approx(10.0, abs=1.5)
    assert abs(soak.verdict.slope(samples(0.0))) < 1.5


def test_only_a_fault_that_reaches_the_blocks_in_which_weights_are_sent_excuses_late_ones(
    soak: SimpleNamespace,
) -> None:
    windows = [soak.faults.Window("rpc down", 100.0, {"vera": 160.0, "viktor": 125.0})]
    touched, later = soak.verdict._touched, soak.verdict.RECOVERY_SECONDS
    assert touched("vera", 150.0, 170.0, windows) == "rpc down"
    assert touched("vera", 160.0 + later + 1, 200.0, windows) == ""
    assert touched("viktor", 125.0 + later + 1, 170.0, windows) == ""
    assert touched("vera", 80.0, 99.0, windows) == ""


def test_a_schedule_has_every_fault_each_round_and_is_the_seed_s(soak: SimpleNamespace) -> None:
    order = soak.faults.schedule(5, 2)
    assert order == soak.faults.schedule(5, 2) != soak.faults.schedule(6, 2)
    assert sorted(order) == sorted([*soak.faults.FAULTS, *soak.faults.FAULTS])
    assert order[8] == order[17] == "chain killed"
