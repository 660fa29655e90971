"""ROUGE-L, chrF and edit similarity, by values that other implementations gave and by rules that must hold."""

from difflib import SequenceMatcher

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reward.overlap import chrf, rouge_l, similarity
from subnet.protocol import Answer, Message, Query, Reply
from subnet.tasks.base import Task, Undecided


def task_with(reference):
    query = Query(id="abcdefgh", messages=(Message(role="user", content="?"),))
    return Task("test", 1, query, reference, lambda text: 0.0)


def said(text):
    return Reply(Answer(query_id="abcdefgh", text=text, model="m"), 1.0)


def plain_lcs(one, other):
    """The longest common subsequence by the textbook's table."""
    row = [0] * (len(other) + 1)
    for left in one:
        before = 0
        for place, right in enumerate(other, 1):
            before, row[place] = row[place], before + 1 if left == right else max(row[place], row[place - 1])
    return row[-1]


@pytest.mark.parametrize(
    ("reference", "text", "worth"),
    [  # by sacreBLEU 2.6.0, nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no
        ("the cat sat on the mat", "the cat sat on a mat", 0.6597965990995549),
        ("Hello", "hallo", 0.2866666666666667),
        ("ab", "abcdefgh", 0.55),
        ("abc", "xyz", 0.0),
        ("x", "x", 1.0),
    ],
)
def test_chrf_is_what_sacrebleu_says(reference, text, worth):
    assert chrf(task_with(reference), said(text)) == pytest.approx(worth, abs=1e-12)


words = st.lists(st.sampled_from(["the", "cat", "sat", "naïve", "北京", "42"]), max_size=12)


@given(words, words)
def test_rouge_l_is_the_f1_of_the_longest_common_subsequence(reference, words):
    if reference:
        expected = 2 * plain_lcs(reference, words) / (len(reference) + len(words))
        assert rouge_l(task_with(" ".join(reference)), said(", ".join(words))) == pytest.approx(expected)


@pytest.mark.parametrize("reward", [rouge_l, chrf, similarity])
@given(reference=st.text(min_size=1, max_size=60), text=st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_overlap_lies_between_0_and_1_and_the_reference_itself_is_worth_1(reward, reference, text):
    try:
        assert 0.0 <= reward(task_with(reference), said(text)) <= 1.0
        assert reward(task_with(reference), said(reference)) == pytest.approx(1.0)
    except Undecided:
        assert reward is not similarity


@pytest.mark.parametrize("reward", [rouge_l, chrf])
def test_a_task_without_a_reference_is_undecided(reward):
    with pytest.raises(Undecided):
        reward(task_with(" "), said("anything"))


@pytest.mark.parametrize("reward", [rouge_l, chrf, similarity])
def test_padding_lowers_the_overlap(reward):
    source = "the quick brown fox jumps over the lazy dog"
    padded = source + " and furthermore I would like to add that" * 3
    assert reward(task_with(source), said(padded)) < reward(task_with(source), said(source))


@pytest.mark.parametrize("reward", [rouge_l, chrf, similarity])
@pytest.mark.parametrize("hostile", ["a" * 262_144, "the " * 65_536, "\ufdfa" * 16_384])
def test_the_longest_text_that_the_wire_lets_through_is_worth_next_to_nothing(reward, hostile):
    assert reward(task_with("the quick brown fox " * 50), said(hostile)) < 0.02


def test_similarity_of_equal_texts_is_one_and_order_matters():
    assert similarity(task_with("abc"), said("ABC ")) == 1.0
    assert similarity(task_with("abcd"), said("dcba")) < SequenceMatcher(None, "abcd", "abdc").ratio()
