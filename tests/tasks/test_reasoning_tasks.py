"""Reasoning tasks: what a secret makes of them, and what their verifiers accept."""

import inspect
import re

import pytest
import reasoning_gym
from reasoning_gym.factory import DATASETS

from subnet.tasks import TASKS
from subnet.tasks.reasoning import MAX_ANSWER_CHARS, Demo, Reasoning, final_answer
from subnet.tasks.reasoning_families import DEFAULT_FAMILIES, DEMO_FAMILIES, REFUSED
from subnet.tasks.secret import Secret

SECRET = Secret(bytes(range(32)))
LARGEST = (1 << 63) - 1
HOSTILE = ["", "\x00", "9" * 5000, "9**9**9", "1/0", "nan", "inf", "x" * 200_000, "[" * 1500, "\ud800"]


@pytest.fixture(scope="module")
def source():
    return Demo()


def some_tasks(source, family, count=25):
    seeds = [SECRET.seed(1, index) for index in range(count)]
    return [source.make(family, seed, SECRET.query_id(1, i), 5.0) for i, seed in enumerate(seeds)]


@pytest.mark.parametrize("family", DEMO_FAMILIES)
def test_the_verifier_accepts_the_reference_with_white_space_around_it(source, family):
    for task in some_tasks(source, family):
        assert task.verify(task.reference) >= task.solved_from
        assert task.verify(f"\n {task.reference} \n") >= task.solved_from


@pytest.mark.parametrize("family", DEMO_FAMILIES)
def test_another_task_s_reference_is_not_accepted(source, family):
    first, *others = some_tasks(source, family)
    wrong = next(task.reference for task in others if task.reference != first.reference)
    assert first.verify(wrong) < first.solved_from


@pytest.mark.parametrize("family", DEMO_FAMILIES)
def test_no_text_breaks_a_verifier_or_is_accepted_unread(source, family):
    task = source.make(family, LARGEST, "hostile-0", 5.0)
    assert all(task.verify(text) < task.solved_from for text in HOSTILE)
    assert task.verify(task.reference + "x" * MAX_ANSWER_CHARS) == 0.0


@pytest.mark.parametrize("family", DEMO_FAMILIES)
@pytest.mark.parametrize("seed", [0, 1, 1 << 62, LARGEST])
def test_an_instance_is_that_of_a_dataset_of_its_own_with_the_same_seed(source, family, seed):
    alone = reasoning_gym.create_dataset(family, seed=seed, size=1, **DEMO_FAMILIES[family])[0]
    task = source.make(family, seed, "instance-0", 5.0)
    assert (task.query.messages[0].content, task.reference) == (alone["question"], alone["answer"])


def test_a_query_holds_nothing_of_the_reference_or_the_seed(source):
    task = source.make("spell_backward", 12345, "abcdefgh", 5.0)
    told = task.query.model_dump_json()
    assert task.reference not in told
    assert "12345" not in told
    assert task.query.seed is None


def test_a_seed_beyond_63_bits_is_refused(source):
    with pytest.raises(ValueError, match="63 bits"):
        source.make("lcm", 1 << 63, "abcdefgh", 5.0)


@pytest.mark.parametrize(
    "kind", sorted(set(TASKS) - {"code"})
)  # which needs a sandbox, and has tests of its own
def test_every_kind_of_task_makes_a_task_of_every_family(kind):
    source = TASKS[kind]()
    assert source.families == tuple(sorted(source.families))
    for family in source.families:
        assert source.make(family, 7, "abcdefgh", 3.0).budget == 3.0


@pytest.mark.parametrize("family", DEFAULT_FAMILIES)
def test_a_family_at_a_level_takes_its_own_answers_and_no_others(family):
    made = some_tasks(Reasoning(), family)
    for task, other in zip(made, made[1:] + made[:1], strict=True):
        assert task.verify(task.reference) >= task.solved_from
        assert (
            task.verify(f"It must be so: <answer>0</answer> or <answer> {task.reference} </answer>.") >= 1.0
        )
        assert task.reference == other.reference or task.verify(other.reference) < task.solved_from
        assert all(task.verify(text) < task.solved_from for text in HOSTILE if text != task.reference)


def test_the_last_answer_between_tags_counts_and_an_open_tag_is_none():
    assert final_answer("<answer>1</answer> no: <answer>2</answer>") == "2"
    assert final_answer("so 3") == "so 3"
    assert final_answer("</answer>4<answer>") == "</answer>4<answer>"


def test_a_level_is_that_of_the_generator_s_own_curriculum():
    easy, hard = (Reasoning().make(f"word_sorting@{level}", 9, "abcdefgh", 5.0) for level in (0, 3))
    assert len(easy.reference) < len(hard.reference)


def test_no_generator_whose_verifier_runs_the_answer_as_code_is_asked():
    # Of these two the expression is the task's own, or the parser is a small one of theirs.
    harmless = {"number_sorting", "propositional_logic"}
    runs = re.compile(r"\b(eval|exec|parse_expr|sympify)\(")
    found = {
        name for name, (kind, _) in DATASETS.items() if runs.search(inspect.getsource(kind.score_answer))
    }
    assert found - harmless <= set(REFUSED)
    for name in REFUSED:
        with pytest.raises(ValueError, match="is not asked"):
            Reasoning().make(name, 1, "abcdefgh", 5.0)


@pytest.mark.parametrize(
    "family", ["complex_arithmetic", "game_of_life_halting", "pool_matrix", "caesar_cipher@3"]
)
def test_a_generator_that_takes_junk_or_cannot_be_made_is_refused_in_one_line(family):
    with pytest.raises(ValueError, match=r"takes junk|cannot make") as caught:
        Reasoning().make(family, 1, "abcdefgh", 5.0)
    assert "\n" not in str(caught.value)
