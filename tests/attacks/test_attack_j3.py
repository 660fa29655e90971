"""A solver hidden in a chat template: the submitted model only repeats what its own template has worked out."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any

import pytest

from subnet.attackers.strategies import Situation, Strategy, answered
from subnet.inference.texts import prompt_ids
from subnet.protocol import Message, Query
from subnet.tasks.base import Task
from tests.attacks.network import Network, attackers_share

SOLVER = """{% for message in messages %}{% set said = message.content.split(' ') %}{{ message.content }}
{{ (said[0] | int) * (said[2] | int) }}{% endfor %}"""
"""A template that works out the product before the model sees the question."""

VALIDATORS_OWN = "{% for message in messages %}{{ message.content }}\n{% endfor %}"


def product(rng: Random, index: int) -> Task:
    """A product of two numbers of four digits."""
    one, other = rng.randint(1000, 9999), rng.randint(1000, 9999)
    query = Query(
        id=f"product-{rng.getrandbits(40):010x}", messages=(Message(role="user", content=f"{one} * {other}"),)
    )
    return Task(
        "product", 0, query, str(one * other), verify=lambda text: float(text.strip() == str(one * other))
    )


def repeating(tokenizer: Any) -> Strategy:
    """A submission whose model repeats the last line of its prompt, run by whoever brings this tokenizer."""

    def repeating(met: Situation) -> Any:
        messages = [message.model_dump() for message in met.task.query.messages]
        prompt = tokenizer.decode(prompt_ids(tokenizer, messages), skip_special_tokens=True)
        return answered(met.task, prompt.strip().splitlines()[-1])

    return repeating


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    """The tokenizer of a demo model, with a chat template."""
    from transformers import AutoTokenizer

    loaded = AutoTokenizer.from_pretrained(Path(__file__).parents[2] / "models" / "weak")
    loaded.chat_template = VALIDATORS_OWN
    return loaded


def test_j3_a_template_that_solves_the_task_earns_nothing_where_the_validator_brings_its_own(
    tokenizer: Any,
) -> None:
    submitted = deepcopy(tokenizer)
    submitted.chat_template = SOLVER
    network = Network([repeating(submitted)], make=product, tasks=10)
    assert attackers_share(network, 1) > 0.12, "the attack works where the miner's template is used"
    assert attackers_share(Network([repeating(tokenizer)], make=product, tasks=10), 1) == 0.0
