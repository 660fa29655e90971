"""What is asked how often follows from public things alone, and a wrong description of it is one line."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subnet.tasks import TASKS
from subnet.tasks.draw import Draw
from subnet.tasks.mix import Entry, Mix, mixed
from subnet.tasks.schedule import family_at, split_level, turn
from subnet.tasks.secret import Secret
from subnet.tasks.text import Text

HASH = "0x5a"


def asked(mix, count, block_hash=HASH, epoch=3):
    return [mix.family_at(block_hash, epoch, index) for index in range(count)]


def test_kinds_are_asked_as_their_weights_say():
    mix = mixed("demo=3,text=1", TASKS)
    kinds = Counter("text" if "@" in family else "demo" for family in asked(mix, 400))
    assert kinds == {"demo": 300, "text": 100}


def test_levels_take_turns_within_their_family():
    mix = mixed("text", TASKS)
    assert Counter(asked(mix, 90)) == dict.fromkeys(Text.families, 10)
    names = Counter(split_level(family)[0] for family in asked(mix, 9))
    assert names == {"extract": 3, "rewrite": 3, "summarise": 3}


def test_one_level_or_one_family_can_be_named():
    assert mixed("text/extract@2", TASKS).families == ("extract@2",)
    assert mixed("text/extract", TASKS).families == ("extract@1", "extract@2", "extract@3")
    assert mixed("reasoning/sudoku@1=2, text/rewrite@1", TASKS).families == ("rewrite@1", "sudoku@1")


def test_the_order_in_which_a_mix_is_written_does_not_matter():
    one, other = mixed("demo=2,text=1", TASKS), mixed("text,demo=2", TASKS)
    assert asked(one, 200) == asked(other, 200) != asked(one, 200, "0x5b") != asked(one, 200, epoch=4)


def test_validators_with_different_secrets_ask_the_same_families_at_the_same_levels():
    mix = mixed("demo,text", TASKS)
    mine, yours = (Draw(mix, Secret(bytes([one]) * 32), 9, HASH).tasks(range(12), 5.0) for one in (1, 2))
    assert [task.family for task in mine] == [task.family for task in yours]
    assert not {task.seed for task in mine} & {task.seed for task in yours}
    assert not {task.query.messages for task in mine} & {task.query.messages for task in yours}


@given(
    st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.integers(1, 9), min_size=1, max_size=6),
    st.integers(0, 500),
)
def test_turns_are_counted_without_a_gap_and_as_often_as_weights_say(weights, start):
    total = sum(weights.values())
    turns = [turn(weights, "key", index) for index in range(start * total, start * total + 2 * total)]
    assert Counter(name for name, _ in turns) == {name: 2 * weight for name, weight in weights.items()}
    for name, weight in weights.items():
        before = [count for other, count in turns if other == name]
        assert before[0] == start * weight
        assert all(later == earlier + 1 for earlier, later in pairwise(before))


def test_a_family_alone_is_always_asked():
    assert {family_at(("only@3",), HASH, 1, index) for index in range(20)} == {"only@3"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("chess", "no kind of tasks called 'chess'; known: .*demo, reasoning, text"),
        ("demo=0", "a weight is a whole number"),
        ("demo=x", "a weight is a whole number"),
        ("demo=-1", "a weight is a whole number"),
        ("demo=99999999999", "a weight is a whole number"),
        ("demo,demo", "named twice"),
        ("", "add up to 1 at least"),
        ("demo=4000,text=4000", "4096 at most"),
        ("text,text/extract@1,demo,demo", "named twice"),
        ("demo/lcm,reasoning/lcm", "two kinds have a family called 'lcm'"),
    ],
)
def test_a_wrong_mix_is_explained_in_one_line(text, says):
    with pytest.raises(ValueError, match=says) as caught:
        mixed(text, TASKS)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("reasoning/cuntdown", "no generator 'cuntdown'; did you mean countdown"),
        ("reasoning/chain_sum@99", "cannot make chain_sum@99: it has the levels 0 to"),
        ("reasoning/gsm_symbolic@1", "cannot make gsm_symbolic@1: it has no levels"),
        ("text/extract@7", "no text family 'extract@7'"),
        ("demo/sudoku", "no demo family 'sudoku'"),
    ],
)
def test_a_family_that_cannot_be_made_is_found_before_it_is_asked(text, says):
    with pytest.raises(ValueError, match=says):
        mixed(text, TASKS).probe()


def test_a_source_that_does_not_know_a_family_needs_no_words_for_it():
    class Plain(Text):
        def make(self, family, seed, query_id, seconds):
            return {}[family]

    with pytest.raises(ValueError, match="there is no family 'a'"):
        Mix((Entry("plain", Plain(), ("a",)),)).probe()


def test_a_source_without_families_of_its_own_must_be_told_which():
    with pytest.raises(ValueError, match="name one"):
        Mix((Entry("bare", Text(), ()),))
