"""Programming tasks: worded and tested from the seed, judged by hidden tests whose truth stays at home."""

import json
from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward.default import DEFAULT
from subnet.attackers.code import ESCAPES, TAMPERING, Facts, hostile
from subnet.protocol import SEED_BITS, Answer, Reply
from subnet.sandbox.box import Run, Sandbox, SandboxFault
from subnet.sandbox.canary import IsolationMissing
from subnet.tasks.base import Task, Undecided
from subnet.tasks.code import Code
from subnet.tasks.code.answer import MAX_ANSWER_CHARS, MAX_SOURCE_CHARS, code_in
from subnet.tasks.code.exercise import Draw
from subnet.tasks.code.source import GENERATORS, LEVELS

UNGUARDED = Code(guard=lambda sandbox: None)
"""Makes tasks on any machine; the sandbox is needed only where answers are judged."""

HORIZON = 1_000
"""Tasks of one family that a validator may ask before a repetition is as likely as one in ten."""


@pytest.fixture(scope="module")
def code() -> Code:
    try:
        return Code()
    except IsolationMissing as missing:
        pytest.skip(str(missing))


def made(source: Code, family: str, seed: int) -> Task:
    return source.make(family, seed, "0123456789abcdef", 10.0)


def block(source: str) -> str:
    return f"Here it is:\n```python\n{source}\n```\nThat is all."


@pytest.mark.parametrize("family", UNGUARDED.families)
def test_the_reference_solution_passes_all_hidden_tests(code: Code, family: str) -> None:
    exercise, truth = code.exercise(family, 2026)
    assert made(code, family, 2026).verify(block(exercise.solution())) == 1.0
    assert len(truth) - exercise.examples >= 10


@pytest.mark.parametrize("family", UNGUARDED.families)
def test_the_same_seed_words_the_same_task_with_the_same_truth(family: str) -> None:
    task, again, other = (made(Code(guard=lambda sandbox: None), family, seed) for seed in (5, 5, 6))
    assert task.query == again.query
    assert task.reference == again.reference
    assert (task.query, task.reference) != (other.query, other.reference)


def test_there_are_twelve_generators_and_more_with_three_levels_each() -> None:
    assert len(GENERATORS) >= 12
    assert len(UNGUARDED.families) == len(GENERATORS) * len(LEVELS)
    assert all(made(UNGUARDED, family, 1).family == family for family in UNGUARDED.families)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", GENERATORS)
def test_no_exercise_comes_twice_within_the_horizon(name: str, level: int) -> None:
    """By count of the equally likely draws, and by drawing some."""
    rng = Random(level)
    exercises = [GENERATORS[name](Draw(rng), rng, level) for _ in range(60)]
    chance_of_a_pair = sum(1 / exercise.ways for exercise in exercises) / len(exercises)
    assert chance_of_a_pair * HORIZON**2 / 2 < 0.1
    assert len({exercise.text for exercise in exercises}) == len(exercises)


@given(st.lists(st.integers(1, 50), min_size=1, max_size=5))
def test_a_draw_counts_its_equally_likely_outcomes(sizes: list[int]) -> None:
    draw, product = Draw(Random(0)), 1
    for size in sizes:
        draw.number(1, size)
        draw.one(range(size))
        draw.several(range(size), size)
        product *= size * size
    assert draw.ways == product


@pytest.mark.parametrize("family", UNGUARDED.families)
def test_no_guess_passes_more_than_half_of_the_hidden_tests(family: str) -> None:
    for seed in range(3):
        truth = [json.dumps(value) for value in json.loads(made(UNGUARDED, family, seed).reference)]
        assert max(map(truth.count, truth)) <= len(truth) // 2


def test_what_is_hidden_is_neither_in_the_wording_nor_in_the_sandbox() -> None:
    class Spy(Sandbox):
        def call(
            self, source: str, function: str, inputs: Sequence[Sequence[object]], *, filtered: bool = True
        ) -> Run:
            self.given = json.dumps([source, function, inputs])
            return Run(())

    spy = Spy()
    task = made(Code(sandbox=spy, guard=lambda sandbox: None), "recurrence@3", 9)
    wording = task.query.messages[0].content
    task.verify(block("pass"))
    hidden = [value for value in json.loads(task.reference) if value > 99]
    assert hidden
    assert not [value for value in hidden if str(value) in spy.given or str(value) in wording]


def test_half_a_solution_earns_its_share_and_solves_nothing(code: Code) -> None:
    exercise, truth = code.exercise("coins@2", 4)
    task = made(code, "coins@2", 4)
    wrong = (
        exercise.solution() + "\nright = payments\ndef payments(n):\n    return right(n) if n > 90 else -1"
    )
    share = task.verify(block(wrong))
    assert 0.0 < share < task.solved_from
    assert share == sum(given[0] > 90 for given in exercise.inputs[2:]) / len(truth[2:])


def test_knowing_the_examples_is_not_enough(code: Code) -> None:
    exercise, truth = code.exercise("robot@2", 8)
    known = {given[0]: value for given, value in zip(exercise.inputs[:2], truth[:2], strict=True)}
    lookup = f"known = {known!r}\ndef walk(orders):\n    return known[orders]"
    assert made(code, "robot@2", 8).verify(block(lookup)) == 0.0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "def f(x):\n    return x",
        "```\ndef f(x):\n    return x\n```",
        "```javascript\nf\n```",
        "```python\nf",
        "```python\nf\n```\n```python\ng\n```",
        " ```python\nf\n```",
        "```python f\n```",
        "```python\nf\n```\nIt prints\n```\n4\n```",
        "```python\n" * 6_000,
        "```python\n" + "#" * MAX_SOURCE_CHARS + "\n```",
        "```python\nf\n```" + " " * MAX_ANSWER_CHARS,
        "```python\n'\ud800'\n```",
    ],
)
def test_an_answer_without_exactly_one_block_of_python_is_worth_nothing(text: str) -> None:
    class Untouched(Sandbox):
        def call(
            self, source: str, function: str, inputs: Sequence[Sequence[object]], *, filtered: bool = True
        ) -> Run:
            raise AssertionError("nothing of this may run")

    assert code_in(text) is None
    task = made(Code(sandbox=Untouched(), guard=lambda sandbox: None), "digits@1", 1)
    assert task.verify(text) == 0.0


def test_text_around_the_block_and_windows_lines_do_not_matter() -> None:
    assert code_in("Sure!\r\n```py\r\na = 1\r\n```\r\nBye") == "a = 1\n"


def test_copies_of_an_answer_cost_one_run() -> None:
    class Counting(Sandbox):
        runs = 0

        def call(
            self, source: str, function: str, inputs: Sequence[Sequence[object]], *, filtered: bool = True
        ) -> Run:
            self.runs += 1
            return Run(())

    box = Counting()
    task = made(Code(sandbox=box, guard=lambda sandbox: None), "digits@1", 1)
    for _ in range(20):
        task.verify(block("pass"))
    assert box.runs == 1


def test_a_sandbox_that_fails_is_no_evidence_against_the_miner() -> None:
    class Broken(Sandbox):
        def call(
            self, source: str, function: str, inputs: Sequence[Sequence[object]], *, filtered: bool = True
        ) -> Run:
            raise SandboxFault("no process for the sandbox")

    task = made(Code(sandbox=Broken(), guard=lambda sandbox: None), "digits@1", 1)
    with pytest.raises(Undecided, match="no process"):
        task.verify(block("pass"))


def test_a_seed_is_a_number_of_63_bits() -> None:
    with pytest.raises(ValueError, match="63 bits"):
        UNGUARDED.exercise("digits@1", 1 << SEED_BITS)


def test_a_round_with_hostile_answers_pays_the_honest_one_alone(code: Code) -> None:
    exercise, _ = code.exercise("intervals@2", 11)
    task = made(code, "intervals@2", 11)
    facts = Facts(1, "nobody", "/nowhere", 1)
    bodies = [ESCAPES["read the passwords"], TAMPERING["forge the result"], TAMPERING["not a number"]]
    texts = [block(exercise.solution()), *(block(hostile(body, facts)) for body in bodies)]
    rewards = DEFAULT(task, [reply_of(text) for text in texts])
    assert [reward.value is not None and reward.value > 0 for reward in rewards] == [
        True,
        False,
        False,
        False,
    ]
    assert all(reward.value is not None for reward in rewards)


def reply_of(text: str) -> Reply:
    return Reply(Answer(query_id="0123456789abcdef", text=text, model="m"), seconds=1.0)
