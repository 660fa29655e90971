"""Tasks do not repeat within the horizon that docs/tasks.md states."""

import pytest

from subnet.tasks import TASKS
from subnet.tasks.secret import Secret

SECRET = Secret(b"horizon of the task families....")
HORIZON = 10_000
FAMILIES = [
    (kind, family) for kind in ("reasoning", "text", "chat", "forecast") for family in TASKS[kind]().families
]
LITTLE = {"basic_arithmetic": 363, "chain_sum": 200, "lcm": 144, "leg_counting": 333, "spell_backward": 7529}


def asked(source, family, count):
    """How many different questions the first draws of a secret give."""
    secret = SECRET.of_epoch(1)
    made = (source.make(family, secret.seed(index), "horizon-1", 1.0) for index in range(count))
    return len({task.query.messages for task in made})


@pytest.mark.parametrize(("kind", "family"), FAMILIES)
def test_no_question_comes_twice_within_500_draws(kind, family):
    assert asked(TASKS[kind](), family, 500) == 500


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "family"), FAMILIES)
def test_no_question_comes_twice_within_the_horizon(kind, family):
    assert asked(TASKS[kind](), family, HORIZON) == HORIZON


@pytest.mark.parametrize("family", LITTLE)
def test_the_demo_s_questions_are_few_as_the_documentation_says(family):
    drawn = asked(TASKS["demo"](), family, 2000)
    assert drawn <= LITTLE[family]


@pytest.mark.slow
@pytest.mark.parametrize("family", LITTLE)
def test_the_demo_s_questions_within_the_horizon_are_about_as_many_as_documented(family):
    assert asked(TASKS["demo"](), family, HORIZON) == pytest.approx(LITTLE[family], rel=0.02)
