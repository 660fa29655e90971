"""`assay why`: the score taken apart, with the numbers that made it."""

import json
from dataclasses import replace
from math import fsum

import pytest

from neurons.cli import main
from subnet.advice.why import account, lines
from subnet.protocol import Hotkey
from subnet.tasks.base import Part
from subnet.validator.context import Context, Contexts, last_context
from subnet.validator.ledger import Ledger, related
from subnet.validator.memory import standings
from subnet.validator.scores import Rules
from subnet.validator.store import Store

RULES = Rules(half_life=40, immunity=100)


def history(observation, name="a", blocks=range(60), **more):
    return [
        replace(
            observation(
                name,
                block=block,
                epoch=block // 20,
                value=0.0 if block % 7 == 0 else 0.8,
                failure="timeout" if block % 7 == 0 else None,
                round_id=f"{name}-{block}",
                **more,
            ),
            parts=() if block % 7 == 0 else (Part("solved", 0.9, 1.0), Part("quick", 0.1, 0.5)),
        )
        for block in blocks
    ]


def told(observations, members, hotkey="a", block=60):
    context = Context(block, block // 20, RULES, {member.hotkey: member for member in members})
    return account(Hotkey(hotkey), observations, context)


def test_what_it_says_adds_up_to_the_score(observation, peer):
    known, member = history(observation), peer("a")
    found = told(known, [member])
    assert found.score == standings(known, {member.hotkey: member}, 60, RULES)["a"]
    weight = fsum(row.weight for row in found.epochs)
    assert found.score.evidence == pytest.approx(weight * 0.5 ** (1 / 40))
    assert found.epochs[-1].kept == pytest.approx(0.95, abs=0.05)
    mean = fsum(row.weight * row.kept * row.worth for row in found.epochs) / weight
    assert found.score.mean == pytest.approx(mean, abs=0.02)
    assert [(row.epoch, row.observations, row.silent) for row in found.epochs] == [
        (0, 20, 3),
        (1, 20, 3),
        (2, 20, 3),
    ]
    assert found.epochs[0].parts == {"solved": 1.0, "quick": 0.5}
    assert found.epochs[0].worth == pytest.approx(17 * 0.8 / 20)


def test_what_came_with_the_seat_and_what_follows_the_coldkey_is_named(observation, peer):
    heir = peer("heir", registered_at=5, coldkey="cold")
    swapped = history(observation, "before", coldkey="cold", registered_at=5)
    assert told(swapped, [heir], "heir").inherited_from == ["before"]
    new = peer("new", registered_at=50, coldkey="cold")
    failed = [
        replace(seen, value=0.0) for seen in history(observation, "lost", range(10, 40), coldkey="cold")
    ]
    fresh = history(observation, "new", range(51, 60), coldkey="cold", registered_at=50)
    found = told([*failed, *fresh], [new], "new")
    assert found.lost_hotkeys == ["lost"]
    assert sum(row.held_against for row in found.epochs) == len(failed)
    assert found.score == standings([*failed, *fresh], {new.hotkey: new}, 60, RULES)["new"]
    assert "failures of its coldkey that follow it: lost" in "\n".join(lines(found))


def test_credit_of_a_lost_seat_is_not_mentioned(observation, peer):
    new = peer("new", registered_at=50, coldkey="cold")
    earned = [
        replace(seen, value=1.0, failure=None)
        for seen in history(observation, "lost", range(10, 40), coldkey="cold")
    ]
    fresh = history(observation, "new", [51], coldkey="cold", registered_at=50)
    assert told([*earned, *fresh], [new], "new").lost_hotkeys == []


def test_of_whom_nothing_is_known_it_says_that(observation, peer):
    found = told(history(observation), [peer("a")], "stranger")
    assert (found.score, found.epochs) == (None, [])
    assert "nothing is known of it" in lines(found)[0]


@pytest.fixture
def folder(tmp_path, observation, peer):
    """A validator's folder, its validator still running."""
    with Store.open(tmp_path / "validator.db") as store:
        Ledger(store).append(history(observation))
        Contexts(store).note(Context(50, 2, RULES, {Hotkey("a"): peer("a")}))
        yield tmp_path


def test_the_command_reads_beside_a_running_validator(folder, capsys):
    assert main(["why", "--hotkey", "a", "--state", str(folder)]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("a scores 0.")
    assert "solved 1.00 quick 0.50" in shown


def test_the_command_s_json_is_the_account(folder, capsys, observation, peer):
    assert main(["why", "--hotkey", "a", "--state", str(folder), "--block", "60", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    expected = standings(history(observation), {Hotkey("a"): peer("a")}, 60, RULES)["a"]
    assert found["score"]["value"] == expected.value
    assert [row["epoch"] for row in found["epochs"]] == [0, 1, 2]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--hotkey", "a"], 2, "--state"),
        (["--hotkey", "a", "--state", "/nowhere/at/all"], 3, "no ledger"),
        (["--ask", "example.com:80", "--validator", "v"], 2, "an IP address and a port"),
    ],
)
def test_what_is_missing_is_one_line(words, code, says, capsys):
    assert main(["why", *words]) == code
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1


def test_a_hotkey_of_which_nothing_is_known_is_exit_code_three(folder, capsys):
    assert main(["why", "--hotkey", "stranger", "--state", str(folder)]) == 3
    assert "nothing is known of it" in capsys.readouterr().out


def test_a_validator_that_scored_nothing_yet_is_one_line(tmp_path, capsys):
    with Store.open(tmp_path / "validator.db"):
        assert main(["why", "--hotkey", "a", "--state", str(tmp_path)]) == 3
    assert "holds no round yet" in capsys.readouterr().err


def test_a_context_moves_on_with_the_observations_and_is_written_when_it_changes(store, observation, peer):
    contexts, members = Contexts(store), {Hotkey("a"): peer("a", registered_at=3)}
    assert last_context(store) is None
    contexts.note(Context(10, 0, RULES, members))
    Ledger(store).append([observation("a", block=30, epoch=1)])
    found = last_context(store)
    assert (found.block, found.epoch, found.rules) == (30, 1, RULES)
    assert {hotkey: member.registered_at for hotkey, member in found.members.items()} == {"a": 3}
    before = store.read("PRAGMA data_version"), store.read("SELECT * FROM context")[0]["block"]
    contexts.note(Context(31, 0, RULES, members))
    assert store.read("SELECT * FROM context")[0]["block"] == before[1]
    contexts.note(Context(32, 1, RULES, members))
    assert store.read("SELECT * FROM context")[0]["block"] == 32


def test_all_that_can_count_for_a_hotkey_is_found(store, observation, peer):
    Ledger(store).append(
        [
            observation("a", coldkey="c1", round_id="1"),
            observation("a", coldkey="c2", round_id="2"),
            observation("b", coldkey="c2", round_id="3"),
            observation("d", coldkey="c3", round_id="4"),
            observation("e", coldkey="c4", round_id="5"),
        ]
    )
    found = related(store, Hotkey("a"), peer("a", coldkey="c3"))
    assert [seen.round_id for seen in found] == ["1", "2", "3", "4"]
