"""kill -9 at a random instruction: afterwards the scores are those of an undisturbed validator.

Twelve kills here; `ASSAY_KILLS=50 python -m pytest tests/validator/test_kill_loses_nothing.py` makes fifty, of one
ledger after the other in the kinds below, and half a minute of it.
"""

import importlib.util
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from subnet.validator.ledger import Ledger
from subnet.validator.memory import standings
from subnet.validator.scores import Rules
from subnet.validator.store import Store

PROGRAM = Path(__file__).with_name("appending.py")
ROOT = PROGRAM.parents[2]
RULES = Rules(half_life=60)
KILLS = int(os.environ.get("ASSAY_KILLS", "12"))
BUDGET = 300_000
"""Bytes that are reached after some ten rounds, so that half of the kills meet a ledger under compaction."""


@pytest.fixture(scope="module")
def appending():
    spec = importlib.util.spec_from_file_location("appending", PROGRAM)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def killed(path: Path, seed: int, rng: random.Random) -> int:
    """Runs the program and kills it from outside or from within; returns the last round it reported."""
    words = [str(path), str(seed), str(BUDGET if seed % 2 else 1 << 40)]
    from_within = seed % 4 >= 2
    if from_within:
        words.append(str(int(10 ** rng.uniform(2.0, 5.5))))
    last, wanted = -1, rng.randrange(1, 80)
    with subprocess.Popen(
        [sys.executable, str(PROGRAM), *words],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        for line in process.stdout:
            last, wanted = int(line), wanted - 1
            if wanted == 0 and not from_within:
                break
        for _ in range(rng.randrange(200_000)):
            pass
        process.kill()
        rest = process.stdout.read().split()
    return int(rest[-1]) if rest else last


@pytest.mark.parametrize("seed", range(KILLS))
async def test_kill_minus_nine_loses_no_round_that_was_written(tmp_path, appending, seed):
    path, rng = tmp_path / "validator.db", random.Random(seed)
    reported = killed(path, seed, rng)
    members = {peer.hotkey: peer for peer in appending.PEERS}
    with Store.open(path) as store:
        ledger = Ledger(store)
        kept, rounds = list(ledger.observations()), appending.written(ledger)
        assert rounds >= reported + 1, "a round that was reported as written is gone"
        undisturbed = [await appending.played(seed, number) for number in range(rounds + 5)]
        facts = [fact for played in undisturbed[:rounds] for fact in played.observations()]
        if seed % 2 == 0:
            assert kept == facts, "half a round was kept, or one was lost"
        assert ledger.scores(rounds, members, RULES) == standings(facts, members, rounds, RULES)
        for played in undisturbed[rounds:]:
            ledger.append(played.observations())
            facts += played.observations()
        after = ledger.scores(rounds + 5, members, RULES)
        assert after == standings(facts, members, rounds + 5, RULES)
        assert Ledger(store).scores(rounds + 5, members, RULES) == after
