"""The ledger: facts that stay, whole rounds, one writer, and one line when the file fails."""

import sqlite3

import pytest

from subnet.errors import ConditionError
from subnet.protocol import Hotkey
from subnet.tasks.base import Part
from subnet.validator.ledger import Ledger
from subnet.validator.scores import Rules
from subnet.validator.store import Store

RULES = Rules(half_life=100)


def test_an_observation_comes_back_as_it_was_written(ledger, observation):
    parts = (Part("solved", 0.9, 1 / 3, "why"), Part("gate", 0.0, None, gate=True))
    seen = observation(value=0.1 + 0.2, seconds=1 / 7, failure="busy", parts=parts, reason="a line")
    ledger.append([seen])
    assert list(ledger.observations()) == [seen]
    assert list(ledger.observations(hotkey=Hotkey("b"))) == []
    assert list(ledger.observations(epoch=seen.epoch)) == [seen]


def test_a_restart_gives_the_same_scores_bit_for_bit(tmp_path, observation, peer):
    members = {Hotkey(name): peer(name) for name in "ab"}
    known = [
        observation(name, block=block, value=(block * 37 % 101) / 101)
        for block in range(700)
        for name in "ab"
    ]
    with Store.open(tmp_path / "v.db") as store:
        ledger = Ledger(store)
        for block in range(0, 1400, 2):
            ledger.append(known[block : block + 2])
        before = ledger.scores(700, members, RULES)
    with Store.open(tmp_path / "v.db") as store:
        assert Ledger(store).scores(700, members, RULES) == before


def test_half_a_round_is_never_kept(ledger, observation):
    ledger.append([observation("a")])
    with pytest.raises(ConditionError):
        ledger.append([observation("b"), observation("a")])
    assert [seen.hotkey for seen in ledger.observations()] == ["a"]
    assert ledger.observed() == {"a": 1}


def test_facts_can_be_neither_changed_nor_removed(store, ledger, observation):
    ledger.append([observation("a", value=0.2)])
    for change in ("UPDATE observations SET value = 1.0", "DELETE FROM observations"):
        with pytest.raises(ConditionError, match="facts"), store.transaction() as connection:
            connection.execute(change)
    assert next(ledger.observations()).value == 0.2


def test_task_indices_are_never_handed_out_twice_not_even_after_a_restart(tmp_path):
    drawn = []
    for _ in range(3):
        with Store.open(tmp_path / "v.db") as store:
            ledger = Ledger(store)
            drawn += [*ledger.draw(5, 3), *ledger.draw(5, 1)]
            assert ledger.draw(6, 1).start == len(drawn) // 4 - 1
    assert drawn == list(range(12))


def test_a_second_validator_is_told_that_the_ledger_is_in_use(tmp_path):
    with (
        Store.open(tmp_path / "v.db"),
        pytest.raises(ConditionError, match="another validator is using"),
        Store.open(tmp_path / "v.db"),
    ):
        pass


def test_a_full_disk_is_one_line_that_says_so(store, ledger, observation):
    pages = store.read("PRAGMA page_count")[0][0]
    store.read(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(ConditionError, match="disk is full") as failure:
        ledger.append([observation("a", block=block, reason="r" * 2000) for block in range(200)])
    assert "\n" not in str(failure.value)
    assert ledger.observed() == {}


def test_a_locked_file_is_one_line_that_says_so(tmp_path, observation, monkeypatch):
    monkeypatch.setattr("subnet.validator.store.LOCK_SECONDS", 0.05)
    with Store.open(tmp_path / "v.db") as store:
        ledger = Ledger(store)
        other = sqlite3.connect(tmp_path / "v.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ConditionError, match="locked"):
            ledger.append([observation("a")])
        other.close()


def test_a_damaged_file_is_one_line_that_says_so(tmp_path):
    (tmp_path / "v.db").write_bytes(b"this is no database, however long it may be" * 100)
    with pytest.raises(ConditionError, match="damaged"), Store.open(tmp_path / "v.db"):
        pass


def test_a_folder_that_cannot_be_made_is_one_line_that_says_so(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConditionError, match="--state"), Store.open(tmp_path / "file" / "v.db"):
        pass
