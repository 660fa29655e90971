"""Copies over many tasks share one pay; honest respondents that agree for good reasons keep theirs."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reward.fingerprint import alike, fingerprint
from reward.uniqueness import Compared, clusters, evidence, kept
from subnet.protocol import Message, Query
from subnet.tasks.base import Task

WORDS = [f"word{number}" for number in range(300)]
HONEST = 9


def task(reference, solved=None):
    query = Query(id="abcdefgh", messages=(Message(role="user", content="?"),))
    return Task("test", 1, query, reference, solved or (lambda text: float(text.strip() == reference)))


def prose(rng):
    return " ".join(rng.choices(WORDS, k=40))


def sums(rng, right, mistake, quality=0.8, common=0.3):
    """The answer of a respondent that is right in `quality` and often makes the mistake that others make."""
    if rng.random() < quality:
        return right
    return mistake if rng.random() < common else str(rng.randrange(10**6))


def open_round(rng, copies=0):
    texts = {seat: prose(rng) for seat in range(HONEST)}
    brain = prose(rng)
    return Compared.of(task("-"), {**texts, **{HONEST + seat: brain for seat in range(copies)}})


def sum_round(rng, copies=0, quality=0.8):
    right, mistake = str(rng.randrange(10**6)), str(rng.randrange(10**6))
    texts = {seat: sums(rng, right, mistake, quality) for seat in range(HONEST)}
    brain = sums(rng, right, mistake, quality)
    return Compared.of(task(right), {**texts, **{HONEST + seat: brain for seat in range(copies)}})


def pays(respondents, groups, committed=None):
    shares = kept(groups, committed or {})
    return [shares.get(seat, 1.0) for seat in range(respondents)]


@pytest.mark.parametrize(("play", "tasks"), [(open_round, 20), (sum_round, 200)])
def test_five_seats_with_one_brain_earn_as_much_as_one(play, tasks):
    rng = random.Random(1)
    groups = clusters([play(rng, copies=5) for _ in range(tasks)], HONEST + 5)
    assert groups == [list(range(HONEST, HONEST + 5))]
    pay = pays(HONEST + 5, groups)
    assert sum(pay[HONEST:]) <= 1.05 * 1.0  # one respondent with this brain would earn 1
    assert pay[:HONEST] == [1.0] * HONEST


def test_copies_in_the_majority_are_no_proof_that_their_answer_is_common():
    rng = random.Random(2)
    groups = clusters([open_round(rng, copies=40) for _ in range(30)], HONEST + 40)
    assert groups == [list(range(HONEST, HONEST + 40))]


def test_a_renamed_and_padded_copy_is_still_a_copy():
    rng = random.Random(3)
    tasks = []
    for _ in range(40):
        texts = {seat: prose(rng) for seat in range(HONEST)}
        words = [rng.choice(WORDS) if rng.random() < 0.1 else word for word in texts[0].split()]
        texts[HONEST] = " ".join(["Well,", prose(rng), *words]).upper()
        tasks.append(Compared.of(task("-"), texts))
    assert clusters(tasks, HONEST + 1) == [[0, HONEST]]


def test_the_first_to_commit_keeps_its_pay_in_full_and_its_copies_get_nothing():
    rng = random.Random(4)
    victim = 0
    tasks = []
    for _ in range(20):
        texts = {seat: prose(rng) for seat in range(HONEST)}
        tasks.append(Compared.of(task("-"), {**texts, HONEST: texts[victim], HONEST + 1: texts[victim]}))
    groups = clusters(tasks, HONEST + 2)
    assert groups == [[victim, HONEST, HONEST + 1]]
    pay = pays(HONEST + 2, groups, {victim: 100, HONEST: 101})
    assert pay == [1.0] * HONEST + [0.0, 0.0]


@pytest.mark.parametrize("quality", [0.0, 0.5, 0.8, 1.0])
def test_honest_respondents_that_are_right_or_wrong_alike_are_left_alone(quality):
    rng = random.Random(5)
    assert clusters([sum_round(rng, quality=quality) for _ in range(300)], HONEST) == []


def test_nobody_is_joined_when_all_agree_on_what_is_not_the_reference():
    """A family whose reference is written otherwise than everybody writes it."""
    tasks = [Compared.of(task("4.0"), dict.fromkeys(range(HONEST), "four")) for _ in range(300)]
    assert clusters(tasks, HONEST) == []


def test_two_that_agree_in_every_third_answer_are_kin_and_not_one_brain():
    rng = random.Random(6)
    tasks = []
    for _ in range(300):
        texts = {seat: prose(rng) for seat in range(HONEST)}
        if rng.random() < 0.33:
            texts[1] = texts[0]
        tasks.append(Compared.of(task("-"), texts))
    assert clusters(tasks, HONEST) == []


def test_being_poor_but_different_is_not_paid_more_for_the_likeness_of_the_others():
    """Nine that agree and one that does not: no share rises, whatever is joined."""
    tasks = [
        Compared.of(task("-"), {**dict.fromkeys(range(9), f"the same {index}"), 9: f"other {index}"})
        for index in range(300)
    ]
    pay = pays(10, clusters(tasks, 10))
    assert max(pay) == 1.0


@given(st.lists(st.lists(st.integers(0, 9), min_size=2, max_size=5, unique=True), max_size=3), st.data())
def test_pay_is_only_ever_split(groups, data):
    committed = data.draw(st.dictionaries(st.integers(0, 9), st.integers(0, 3)))
    for group in groups:
        shares = kept([group], committed)
        assert set(shares) == set(group)
        assert all(0.0 <= share <= 1.0 for share in shares.values())
        assert sum(shares.values()) == pytest.approx(1.0)


@given(st.integers(0, 2**32), st.integers(0, 5))
@settings(max_examples=20, deadline=None)
def test_who_is_called_which_number_changes_nothing(seed, copies):
    respondents = HONEST + copies
    order = random.Random(seed).sample(range(respondents), respondents)
    rng = random.Random(seed)
    tasks = [open_round(rng, copies) for _ in range(12)]
    renamed = [
        Compared(np.array([order[seat] for seat in each.seats], dtype=np.int64), each.agree) for each in tasks
    ]
    found, same = evidence(tasks, respondents), evidence(renamed, respondents)
    assert np.allclose(found, same[np.ix_(order, order)])


def test_evidence_needs_others_to_compare_with():
    rng = random.Random(7)
    text = prose(rng)
    assert not evidence([Compared.of(task("-"), {0: text, 1: text})] * 100, 2).any()


def test_silence_and_short_right_answers_tell_nothing():
    told = Compared.of(task("4"), {0: "4", 1: " 4 ", 2: "5", 7: "6"})
    assert told.seats.tolist() == [2, 7]


def test_long_right_answers_do_tell_something():
    everything_is_right = task("-", solved=lambda text: 1.0)
    told = Compared.of(everything_is_right, {0: " ".join(WORDS[:40]), 1: " ".join(WORDS[:40])})
    assert told.agree.all()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("The cat sat.", "the CAT   sat", True),
        ("", "", True),
        ("?!", "!?", False),
        ("42", "41", False),
        ("a b c d e f g h", "intro a b c d e f g h and much more that follows", True),
        ("a b c d e f g h", "h g f e d c b a", False),
    ],
)
def test_texts_are_alike_by_what_they_share_of_the_shorter_one(one, other, same):
    found = alike([fingerprint(one), fingerprint(other)])
    assert found.tolist() == [[True, same], [same, True]]


def test_a_crowd_of_hostile_texts_is_compared_in_bounded_time():
    rng = random.Random(8)
    hostile = [" ".join(rng.choices("abcdefgh", k=100_000)) for _ in range(64)]
    assert all(len(fingerprint(text)) <= 4096 for text in hostile)
