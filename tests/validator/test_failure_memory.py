"""What is remembered of whom: failures follow the coldkey, credit does not, and long pauses end all memory."""

from random import Random

import pytest

from subnet.protocol import Hotkey
from subnet.validator.memory import FORGOTTEN, standings
from subnet.validator.scores import MOST, Rules

RULES = Rules(half_life=100, immunity=500)


def of(observation, name, blocks, value, coldkey="cold", registered_at=0):
    return [
        observation(
            name,
            block=block,
            value=value,
            coldkey=coldkey,
            registered_at=registered_at,
            round_id=f"{name}-{block}",
        )
        for block in blocks
    ]


def standing(known, members, now, rules=RULES):
    return standings(known, {member.hotkey: member for member in members}, now, rules)


def fresh(observation):
    """A new hotkey of the coldkey, registered at block 1000, perfect so far."""
    return of(observation, "new", range(1010, 1040, 3), 1.0, registered_at=1000)


def test_registering_anew_does_not_wash_off_failures(observation, peer):
    new = peer("new", registered_at=1000, coldkey="cold")
    failed = of(observation, "old", range(900, 990, 3), 0.0)
    clean = standing(fresh(observation), [new], 1040)["new"]
    marked = standing([*failed, *fresh(observation)], [new], 1040)["new"]
    assert clean.value > 0.8
    assert marked.value < 0.45 * clean.value


def test_registering_anew_buys_no_credit(observation, peer):
    """Who was good on a lost seat starts as low as any newcomer: credit follows a swap, not a coldkey."""
    new = peer("new", registered_at=1000, coldkey="cold")
    first = of(observation, "new", [1010], 1.0, registered_at=1000)
    earned = of(observation, "old", range(900, 990, 3), 1.0)
    assert standing([*earned, *first], [new], 1010) == standing(first, [new], 1010)


def test_failures_follow_for_one_immunity_period(observation, peer):
    new = peer("new", registered_at=1000, coldkey="cold")
    for blocks, follows in ((range(400, 499, 3), False), (range(500, 600, 3), True)):
        failed = of(observation, "old", blocks, 0.0)
        marked = standing([*failed, *fresh(observation)], [new], 1040, Rules(10**6, immunity=500))["new"]
        assert (marked.value < 0.5) is follows


def test_failures_of_a_hotkey_that_still_has_its_seat_are_its_own(observation, peer):
    members = [
        peer("old", registered_at=0, coldkey="cold"),
        peer("new", registered_at=1000, coldkey="cold"),
    ]
    failed = of(observation, "old", range(900, 990, 3), 0.0)
    found = standing([*failed, *fresh(observation)], members, 1040)
    assert found["new"] == standing(fresh(observation), members, 1040)["new"]
    assert found["old"].value == 0.0


def test_failures_are_not_held_against_seats_that_were_there_before(observation, peer):
    """One of a coldkey's miners dies: its others go on as they were."""
    other = peer("other", registered_at=10, coldkey="cold")
    good = of(observation, "other", range(900, 1040, 3), 1.0, registered_at=10)
    failed = of(observation, "dead", range(900, 990, 3), 0.0, registered_at=20)
    assert standing([*failed, *good], [other], 1040) == standing(good, [other], 1040)


def test_failures_of_another_coldkey_are_nobody_else_s(observation, peer):
    new = peer("new", registered_at=1000, coldkey="cold")
    failed = of(observation, "old", range(900, 990, 3), 0.0, coldkey="other")
    assert standing([*failed, *fresh(observation)], [new], 1040) == standing(fresh(observation), [new], 1040)


def test_a_hotkey_that_comes_back_finds_its_own_history(observation, peer):
    back = peer("old", registered_at=1000, coldkey="cold")
    failed = of(observation, "old", range(900, 990, 3), 0.0)
    again = of(observation, "old", range(1010, 1040, 3), 1.0, registered_at=1000)
    score = standing([*failed, *again], [back], 1040)["old"]
    assert score.count == len(failed) + len(again)
    assert score.mean < 0.6


@pytest.mark.parametrize("seed", range(20))
def test_absence_never_improves_a_score_that_failures_follow(observation, peer, seed):
    rng = Random(seed)
    new = peer("new", registered_at=1000, coldkey="cold")
    failed = of(observation, "old", range(900, 990, 9), 0.0)
    own = [
        seen
        for block in range(1000, 1000 + rng.randint(1, 12))
        for seen in of(observation, "new", [block], rng.choice([0.0, 0.3, 1.0]), registered_at=1000)
    ]
    values = [standing([*failed, *own], [new], 1020 + 40 * later)["new"].value for later in range(50)]
    assert values == sorted(values, reverse=True)


@pytest.mark.parametrize(("pause", "counts"), [(FORGOTTEN, 4), (FORGOTTEN + 1, 2)])
def test_a_pause_that_is_long_enough_ends_all_memory(observation, peer, pause, counts):
    known = of(observation, "a", [0, 1, 1 + pause, 2 + pause], 1.0)
    assert standing(known, [peer("a", coldkey="cold")], 2 + pause)["a"].count == counts


def test_who_was_not_seen_for_that_long_is_unknown(observation, peer):
    known = of(observation, "a", [0, 1], 1.0)
    member = peer("a", coldkey="cold")
    assert standing(known, [member], 1 + FORGOTTEN)["a"].count == 2
    assert standing(known, [member], 2 + FORGOTTEN) == {}


def test_a_swapped_hotkey_keeps_its_history_however_often_its_old_key_registers_anew(
    ledger, observation, peer
):
    swapped = of(observation, "old", range(MOST), 1.0)
    ledger.append(swapped)
    ledger.append(of(observation, "old", range(1000, 1000 + 2 * MOST), 0.0, registered_at=900))
    members = [peer("heir", coldkey="cold"), peer("old", registered_at=900, coldkey="cold")]
    found = ledger.scores(3000, {member.hotkey: member for member in members}, RULES)
    assert found[Hotkey("heir")].mean == 1.0
    assert found[Hotkey("old")].mean == 0.0
