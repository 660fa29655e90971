"""The ledger's byte budget: whatever is cleared away, scores stay what they were, to the last bit."""

import asyncio
import random
from dataclasses import replace

import pytest

from subnet.errors import ConditionError
from subnet.protocol import Hotkey
from subnet.tasks.base import Part
from subnet.validator.compaction import KEEP_PLANS, SLICE, SPARE_BLOCKS, Budget, compact
from subnet.validator.journal import Journal
from subnet.validator.ledger import Ledger
from subnet.validator.memory import FORGOTTEN, standings
from subnet.validator.scores import MOST, Rules
from subnet.validator.store import Store

RULES = Rules(half_life=300, immunity=900)
TEMPO = 50
PARTS = (Part("solved", 0.9, 1.0, "a reason of some length"), Part("tidy", 0.1, 0.5))


def played(observation, rng, block, number):
    """A round of four of ten hotkeys, three of which share a coldkey; some move to new seats as blocks pass."""
    return [
        replace(
            observation(
                f"h{name}",
                block=block,
                value=rng.choice([None, 0.0, rng.random(), 1.0]),
                coldkey=f"c{min(name, 7)}",
                registered_at=(block // 2000) * 2000 if name % 3 else 0,
                round_id=f"round-{number:06}",
                epoch=block // TEMPO,
                failure=rng.choice([None, None, "timeout"]),
            ),
            parts=PARTS,
            reason="a line for the miner",
        )
        for name in rng.sample(range(10), 4)
    ]


def members_at(peer, rng, block):
    seats = {Hotkey(f"h{name}"): name for name in rng.sample(range(10), 7)}
    return {
        hotkey: peer(
            hotkey, coldkey=f"c{min(name, 7)}", registered_at=(block // 2000) * 2000 if name % 3 else 0
        )
        for hotkey, name in seats.items()
    }


@pytest.mark.parametrize("seed", range(3))
async def test_scores_are_those_of_all_observations_however_often_the_ledger_was_compacted(
    tmp_path, observation, peer, seed
):
    rng, facts, block = random.Random(seed), [], 0
    for number in range(12):
        with Store.open(tmp_path / "v.db") as store:
            ledger = Ledger(store)
            for count in range(rng.randrange(80)):
                block += rng.choice([0, 1, 5, 20, 20, 20, FORGOTTEN + 1 if rng.random() < 0.01 else 1])
                fresh = played(observation, rng, block, number * 1000 + count)
                ledger.append(fresh)
                facts += fresh
            if rng.random() < 0.7:
                await compact(store, block, block // TEMPO - rng.choice([0, 3, 50]))
            members = members_at(peer, rng, block)
            for now in (block, block + 777, block + FORGOTTEN - 5):
                expected = standings(facts, members, now, RULES)
                assert ledger.scores(now, members, RULES) == expected
                assert Ledger(store).scores(now, members, RULES) == expected
    assert len(facts) > 500


async def test_only_what_a_score_can_need_is_kept(store, ledger, observation):
    ledger.append(observation("a", block=n, epoch=n // 10, round_id=f"r{n:04}") for n in range(MOST + 300))
    ledger.append([observation("b", block=5, epoch=0, value=None)])
    await compact(store, 2000, untouched=10**6)
    kept = list(ledger.observations())
    assert [seen.block for seen in kept] == list(range(300, MOST + 300))
    assert ledger.observed() == {"a": MOST}


async def test_the_newest_epochs_stay_whole(store, ledger, observation):
    seen = [
        replace(observation("a", block=n, epoch=n, value=n % 2 or None), parts=PARTS, reason="why")
        for n in range(10)
    ]
    ledger.append(seen)
    await compact(store, 10, untouched=6)
    kept = list(ledger.observations())
    assert kept[-4:] == seen[-4:]
    assert [(old.block, old.parts, old.reason) for old in kept[:-4]] == [(n, (), "") for n in (1, 3, 5)]


async def test_what_is_kept_is_still_append_only(store, ledger, observation):
    ledger.append([observation("a")])
    await compact(store, 10, untouched=100)
    for change in ("UPDATE observations SET value = 1.0", "DELETE FROM observations", "DELETE FROM journal"):
        table = change.split()[-1] if "DELETE" in change else "observations"
        if table == "journal":
            Journal(store, lambda entry: None).plan(1, 1, {"a": 1.0})
        with pytest.raises(ConditionError, match=r"facts|append-only"), store.transaction() as connection:
            connection.execute(change)
    ledger.append([observation("a", block=1)])
    assert len(list(ledger.observations())) == 2


async def test_no_task_index_is_handed_out_again(store, ledger):
    assert ledger.draw(7, 5) == range(5)
    await compact(store, 10, untouched=7)
    assert ledger.draw(7, 5) == range(5, 10)


async def test_the_journal_keeps_what_is_open_and_what_was_effective_last(store):
    journal = Journal(store, lambda entry: None)
    waiting = journal.plan(1, 1, {"a": 1.0})
    effective = journal.plan(2, 2, {"a": 1.0})
    journal.sent(effective, 2, {})
    journal.included(effective, 3, {"path": "plain"})
    journal.confirm(effective, 4, True)
    for n in range(KEEP_PLANS + 50):
        journal.failed(journal.plan(n, n, {"a": 1.0}), n, "no")
    newest = journal.plan(999, 999, {"a": 1.0})
    await compact(store, 10, untouched=0)
    assert journal.last_effective() == 4
    assert [entry.plan for entry in journal.open_plans()] == [waiting, newest]
    assert store.read("SELECT count(DISTINCT plan) FROM journal")[0][0] == KEEP_PLANS + 2
    assert journal.plan(1000, 1000, {}) == newest + 1


async def test_a_budget_bounds_the_file_while_a_validator_goes_on(tmp_path, observation, caplog):
    most, sizes = 400_000, []
    with Store.open(tmp_path / "v.db") as store:
        ledger, budget = Ledger(store), Budget(store, most)
        for number in range(700):
            ledger.append(
                replace(
                    observation(f"h{name}", block=number, epoch=number // 5, round_id=f"r{number:05}"),
                    parts=PARTS,
                    reason="r" * 200,
                )
                for name in range(3)
            )
            await budget.keep(number, number // 5)
            sizes.append(store.size())
        assert max(sizes) < 1.1 * most
        assert sizes != sorted(sizes), "it was never compacted"
        assert (tmp_path / "v.db").stat().st_size < 2.5 * most
    assert "scores are unchanged" not in caplog.text or "more than its budget" not in caplog.text


async def test_a_budget_that_is_too_small_for_the_scores_says_so_and_does_not_try_in_vain(
    store, ledger, observation, caplog
):
    ledger.append(
        observation(f"h{name}", block=n, epoch=n, round_id=f"r{n}") for name in range(8) for n in range(100)
    )
    budget = Budget(store, 20_000)
    await budget.keep(100, 100)
    assert "more than its budget" in caplog.text
    caplog.clear()
    await budget.keep(101, 101)
    assert caplog.text == ""
    assert len(list(ledger.observations())) == 800


async def test_a_forgotten_hotkey_is_cleared_only_when_nothing_can_bring_it_back(store, ledger, observation):
    ledger.append([observation("a", block=0)])
    await compact(store, FORGOTTEN + SPARE_BLOCKS, untouched=10**6)
    assert len(list(ledger.observations())) == 1
    await compact(store, FORGOTTEN + SPARE_BLOCKS + 1, untouched=10**6)
    assert list(ledger.observations()) == []


async def test_others_run_while_a_ledger_is_compacted(store, ledger, observation):
    ledger.append(
        replace(observation("a", block=n, epoch=n // 10, round_id=f"r{n:05}"), reason="why")
        for n in range(5000)
    )
    turns = 0

    async def others():
        nonlocal turns
        while True:
            turns += 1
            ledger.draw(turns, 1)  # writes, too
            await asyncio.sleep(0)

    beside = asyncio.create_task(others())
    await compact(store, 5000, 10**6)
    beside.cancel()
    assert turns > 5000 // SLICE
    assert len(list(ledger.observations())) == MOST


async def test_a_file_of_the_format_before_is_taken_over(tmp_path, observation):
    import sqlite3

    from subnet.validator.store import STEPS

    old = sqlite3.connect(tmp_path / "v.db")
    old.executescript(STEPS[0] + "PRAGMA user_version = 1;")
    old.close()
    with Store.open(tmp_path / "v.db") as store:
        Ledger(store).append([observation("a")])
        await compact(store, 10, 0)
        assert store.read("SELECT count(*) FROM context")[0][0] == 0
