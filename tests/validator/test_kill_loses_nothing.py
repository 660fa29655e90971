"""kill -9 at a random moment: afterwards the scores are those of an undisturbed validator."""

import importlib.util
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from subnet.validator.ledger import Ledger
from subnet.validator.scores import Rules, scores
from subnet.validator.store import Store

PROGRAM = Path(__file__).with_name("appending.py")
ROOT = PROGRAM.parents[2]
RULES = Rules(half_life=60)


@pytest.fixture(scope="module")
def appending():
    spec = importlib.util.spec_from_file_location("appending", PROGRAM)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def killed_after(path: Path, seed: int, rng: random.Random) -> int:
    """Runs the program, kills it some microseconds after a random round; returns the last round it reported."""
    wanted, last = rng.randrange(1, 60), -1
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, str(PROGRAM), str(path), str(seed)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        for line in process.stdout:
            last = int(line)
            wanted -= 1
            if wanted == 0:
                break
        for _ in range(rng.randrange(20_000)):
            pass
        process.kill()
        rest = process.stdout.read().split()
        return int(rest[-1]) if rest else last


@pytest.mark.parametrize("seed", range(20))
async def test_kill_minus_nine_loses_no_round_that_was_written(tmp_path, appending, seed):
    path, rng = tmp_path / "validator.db", random.Random(seed)
    reported = killed_after(path, seed, rng)
    members = {peer.hotkey: peer for peer in appending.PEERS}
    with Store.open(path) as store:
        ledger = Ledger(store)
        kept = list(ledger.observations())
        rounds, rest = divmod(len(kept), len(members))
        assert rest == 0, "half a round was kept"
        assert rounds >= reported + 1, "a round that was reported as written is gone"
        undisturbed = [await appending.played(seed, number) for number in range(rounds)]
        facts = [fact for played in undisturbed for fact in played.observations()]
        assert kept == facts
        assert ledger.scores(rounds, members, RULES) == scores(facts, rounds, RULES)
        await go_on(ledger, appending, seed, rounds, facts)
        assert ledger.scores(rounds + 5, members, RULES) == scores(facts, rounds + 5, RULES)


async def go_on(ledger, appending, seed, rounds, facts):
    """Five more rounds after the restart, in the ledger and beside it."""
    for number in range(rounds, rounds + 5):
        played = await appending.played(seed, number)
        ledger.append(played.observations())
        facts += played.observations()
