"""What a pledge says, when one is due, and what an audit finds."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subnet.protocol import Message
from subnet.tasks import TASKS
from subnet.tasks.audit import Asked, Made, audited
from subnet.tasks.draw import Draw
from subnet.tasks.mix import mixed
from subnet.tasks.pledge import BEHIND, MOST_CHARS, Pledge, due
from subnet.tasks.secret import EpochSecret, Secret

SECRET, OTHER = Secret(b"a" * 32), Secret(b"o" * 32)
MIX = mixed("text=2,demo=1", TASKS)
EPOCH, FIRST_BLOCK, HASH = 7, 700, "0x77"
BYTES = st.binary(min_size=32, max_size=32)
NUMBERS = st.integers(0, 10**17)


@given(NUMBERS, BYTES, st.none() | NUMBERS, BYTES)
def test_what_is_published_is_what_is_read(epoch, commitment, past, secret):
    pledge = Pledge(epoch, commitment, past, b"" if past is None else secret)
    if len(pledge.text()) <= MOST_CHARS:
        assert Pledge.read(pledge.text()) == pledge
    assert len(pledge.text()) <= MOST_CHARS or epoch > 10**13


@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_any_other_text_is_no_pledge(text):
    assert Pledge.read(text) is None
    assert Pledge.read(f"assay/1 {text}") is None or text.count(" ") == 3


@pytest.mark.parametrize(
    "spoil",
    [
        lambda words: words[:-1],
        lambda words: [*words, "more"],
        lambda words: ["assay/2", *words[1:]],
        lambda words: [words[0], "-1", *words[2:]],
        lambda words: [words[0], "1" * 19, *words[2:]],
        lambda words: [words[0], "٣", *words[2:]],
        lambda words: [*words[:2], words[2][:-1], *words[3:]],
        lambda words: [*words[:2], words[2].replace("A", "!"), *words[3:]],
        lambda words: [*words[:3], "-", words[4]],
        lambda words: [*words[:4], "-"],
    ],
)
def test_a_damaged_pledge_is_none(spoil):
    words = Pledge(3, b"\x00" * 32, 1, b"\x01" * 32).text().split(" ")
    assert Pledge.read(" ".join(words)) is not None
    assert Pledge.read(" ".join(spoil(words))) is None


@given(st.integers(0, 10_000), st.booleans())
def test_after_what_is_due_was_published_nothing_is_due(epoch, held):
    retired = epoch - 2 if held else epoch - 1
    shown = due(SECRET, None, epoch, retired)
    assert shown.keeps(SECRET.of_epoch(epoch + 1))
    assert due(SECRET, shown, epoch, retired) is None
    assert due(SECRET, shown, epoch + 1, epoch).keeps(SECRET.of_epoch(epoch + 2))


@given(st.integers(1, 1000), st.integers(1, 40))
def test_after_an_absence_every_secret_is_revealed_in_turn_and_none_too_early(epoch, away):
    last, now = due(SECRET, None, epoch, epoch - 1), epoch + away
    revealed = []
    while (wanted := due(SECRET, last, now, now - 1)) is not None:
        last = wanted
        revealed.append(last.past)
    assert revealed == list(range(max(epoch, now - BEHIND), now))
    assert last.keeps(SECRET.of_epoch(now + 1))


def test_one_epoch_s_secret_tells_nothing_of_another_s():
    known = SECRET.of_epoch(3).revealed()
    assert EpochSecret(4, known).commitment() != SECRET.of_epoch(4).commitment()
    assert len({SECRET.of_epoch(epoch).revealed() for epoch in range(1000)}) == 1000
    assert known.hex() not in repr(SECRET.of_epoch(3))


def asked(secret=SECRET, indices=range(6)):
    queries = [task.query for task in Draw(MIX, secret, EPOCH, HASH).tasks(indices, 5.0)]
    return Asked(EPOCH, FIRST_BLOCK, HASH, queries)


def record(secret=SECRET, block=650):
    mine = secret.of_epoch(EPOCH)
    later = Pledge(EPOCH + 2, b"\x05" * 32, EPOCH, mine.revealed())
    return [Made(block, Pledge(EPOCH, mine.commitment())), Made(850, later)]


def problems(what, made, mix=MIX):
    return list(audited(what, made, mix).problems)


def test_an_honest_epoch_is_in_order_and_gaps_are_counted():
    found = audited(asked(indices=[0, 1, 4]), record(), mixed("demo=1,text=2", TASKS))
    assert (found.problems, found.tasks, found.left_out) == ((), 3, 2)


def test_each_way_of_cheating_is_named():
    honest = record()
    assert problems(asked(), record(block=700)) == ["no secret was pledged before it began"]
    assert problems(asked(), honest[:1]) == ["its secret was not revealed"]
    assert problems(asked(), [honest[0], record(OTHER)[1]]) == [
        "the revealed secret is not the pledged one",
        "6 of 6 tasks are not those of the revealed secret",
    ]
    assert problems(asked(OTHER), honest) == ["6 of 6 tasks are not those of the revealed secret"]
    twice = [*record(OTHER)[:1], *honest]
    assert problems(asked(), twice) == ["it was pledged to several secrets"]


def test_a_task_that_was_made_easier_or_of_another_family_is_found():
    what = asked()
    easier = what.queries[0].model_copy(update={"messages": (Message(role="user", content="1 + 1 ="),)})
    changed = dataclasses.replace(what, queries=[easier, *what.queries[1:]])
    assert problems(changed, record()) == ["1 of 6 tasks are not those of the revealed secret"]
    assert problems(what, record(), mixed("demo", TASKS)) != []
    assert problems(dataclasses.replace(what, block_hash="0x78"), record()) != []


def test_a_secret_that_need_not_be_revealed_yet_is_pending_and_no_problem():
    pledged = [Made(10, Pledge(3, SECRET.of_epoch(3).commitment()))]
    early = audited(Asked(3, 20, "0x00", (), due=False), pledged, mixed("demo", TASKS))
    late = audited(Asked(3, 20, "0x00", ()), pledged, mixed("demo", TASKS))
    assert (early.pending, early.problems) == (True, ())
    assert (late.pending, late.problems) == (False, ("its secret was not revealed",))
