"""The journal: effective comes after reading back, and after nothing else."""

import itertools

import pytest

from subnet.errors import ConditionError
from subnet.validator.journal import Journal

RECORD = {"path": "plain", "block": 7, "weights": {"a": 65535}}


@pytest.fixture
def told():
    return []


@pytest.fixture
def journal(store, told):
    return Journal(store, told.append)


def apply(journal, plan, status):
    acts = {
        "sent": lambda: journal.sent(plan, 6, {"path": "plain"}),
        "included": lambda: journal.included(plan, 7, RECORD),
        "effective": lambda: journal.confirm(plan, 8, True),
        "failed": lambda: journal.failed(plan, 8, "no"),
    }
    acts[status]()


def test_weights_pass_through_every_state_in_order(journal, told):
    plan = journal.plan(1, 5, {"a": 1.0})
    for status in ("sent", "included", "effective"):
        apply(journal, plan, status)
    assert [entry.status for entry in told] == ["planned", "sent", "included", "effective"]
    assert [entry.epoch for entry in told] == [1, 1, 1, 1]
    assert told[-1].detail["path"] == "plain"
    assert journal.last_effective() == 8
    assert journal.open_plans() == []


@pytest.mark.parametrize(
    "order",
    [
        order
        for order in itertools.permutations(("sent", "included", "effective"))
        if order != ("sent", "included", "effective")
    ],
)
def test_no_state_is_skipped(journal, told, order):
    plan = journal.plan(1, 5, {"a": 1.0})
    with pytest.raises(ValueError, match="cannot become"):
        for status in order:
            apply(journal, plan, status)
    assert "effective" not in [entry.status for entry in told]


def test_effective_is_not_said_while_the_chain_does_not_show_it(journal, told):
    plan = journal.plan(1, 5, {"a": 1.0})
    apply(journal, plan, "sent")
    apply(journal, plan, "included")
    assert journal.confirm(plan, 8, False) is False
    assert told[-1].status == "included"
    assert journal.last_effective() is None
    assert [entry.plan for entry in journal.open_plans()] == [plan]


def test_what_is_over_stays_over(journal):
    plan = journal.plan(1, 5, {"a": 1.0})
    apply(journal, plan, "failed")
    with pytest.raises(ValueError, match="cannot become"):
        apply(journal, plan, "sent")


def test_an_epoch_is_settled_once_its_weights_are_in_a_block(journal):
    lost, kept = journal.plan(1, 5, {"a": 1.0}), journal.plan(1, 6, {"a": 1.0})
    apply(journal, lost, "failed")
    apply(journal, kept, "sent")
    assert not journal.settled(1)
    apply(journal, kept, "included")
    assert journal.settled(1)
    assert not journal.settled(2)


def test_later_weights_overtake_earlier_ones(journal):
    early, late = journal.plan(1, 5, {"a": 1.0}), journal.plan(2, 6, {"a": 1.0})
    for status in ("sent", "included", "effective"):
        apply(journal, late, status)
    assert journal.overtaken(early)
    assert not journal.overtaken(late)


def test_entries_can_be_neither_changed_nor_removed(store, journal):
    journal.plan(1, 5, {"a": 1.0})
    for change in ("UPDATE journal SET status = 'effective'", "DELETE FROM journal"):
        with pytest.raises(ConditionError, match="append-only"), store.transaction() as connection:
            connection.execute(change)
