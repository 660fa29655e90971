"""Answers without work: tasks made again from public data or remembered, and questions of the miner's own choice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from random import Random

from reward.rubric import Rubric
from subnet.attackers.regenerate import asked, choosing, keys_of, looking_up, regenerated, remembered
from subnet.protocol import Reply
from subnet.tasks import TASKS
from subnet.tasks.base import Task
from subnet.tasks.draw import drawn
from subnet.tasks.mix import mixed
from subnet.tasks.secret import EpochSecret, Secret
from tests.attacks.network import Network, attackers_share

MIX = mixed("reasoning=1,text=1", TASKS)
EPOCH, TASKS_ASKED = 41, 20
BLOCK_HASH = "0x" + "5a" * 32
POOL = [drawn(MIX, EpochSecret(1, b"p" * 32), BLOCK_HASH, index, 5.0) for index in range(200)]

VALIDATOR = Secret(b"known to nobody else" + b"." * 12)
PUBLIC = [
    bytes.fromhex(BLOCK_HASH[2:]),
    BLOCK_HASH.encode(),
    str(EPOCH).encode(),
    VALIDATOR.of_epoch(EPOCH).commitment(),
    *(VALIDATOR.of_epoch(epoch).revealed() for epoch in range(EPOCH - 8, EPOCH)),
]


def asking(secret: EpochSecret) -> Callable[[Random, int], Task]:
    """Tasks of one secret, one after the other."""
    made = [drawn(MIX, secret, BLOCK_HASH, index, 5.0) for index in range(TASKS_ASKED)]
    return lambda rng, index: made[index]


def of_fresh_secrets(rng: Random, index: int) -> Task:
    """Tasks as each validator draws them in each epoch: from a secret that did not exist before."""
    return drawn(MIX, EpochSecret(EPOCH, rng.randbytes(32)), BLOCK_HASH, index, 5.0)


def test_m7_an_attacker_regenerates_tasks_of_public_randomness_and_none_of_a_secret() -> None:
    table = regenerated(MIX, BLOCK_HASH, EPOCH, keys_of(PUBLIC, EPOCH), TASKS_ASKED)
    foreseen = EpochSecret(EPOCH, hashlib.sha256(BLOCK_HASH.encode()).digest())
    hidden = VALIDATOR.of_epoch(EPOCH)
    works = attackers_share(Network([looking_up(table)], make=asking(foreseen)))
    assert works > 0.11, "the attack works where tasks come from the block's hash: more than an honest share"
    assert attackers_share(Network([looking_up(table)], make=asking(hidden))) == 0.0


def test_m7_revealed_secrets_make_the_tasks_that_are_over_and_no_later_ones() -> None:
    over = VALIDATOR.of_epoch(EPOCH - 1)
    table = regenerated(MIX, BLOCK_HASH, EPOCH - 1, [over.revealed()], TASKS_ASKED)
    made = [drawn(MIX, over, BLOCK_HASH, index, 5.0) for index in range(TASKS_ASKED)]
    assert remembered(made) == table
    assert attackers_share(Network([looking_up(table)], make=asking(VALIDATOR.of_epoch(EPOCH)))) == 0.0


def test_m7_remembered_answers_are_worth_nothing_where_tasks_are_fresh() -> None:
    def of_a_pool(rng: Random, index: int) -> Task:
        return rng.choice(POOL)

    table = remembered(POOL)
    assert attackers_share(Network([looking_up(table)], make=of_a_pool)) > 0.11, "a pool is learnt by heart"
    assert attackers_share(Network([looking_up(table)], make=of_fresh_secrets)) <= 0.01


def test_m7_a_table_earns_what_guessing_earns() -> None:
    """Over many more tasks than a table could have met by chance: as often right as the same guess each time."""
    seen = [of_fresh_secrets(Random(seed), seed) for seed in range(400)]
    fresh = [of_fresh_secrets(Random(f"fresh {seed}"), seed) for seed in range(400)]
    table = remembered(seen)
    met = sum(asked(task.query) in table for task in fresh)
    answers = [task.reference for task in seen]
    guess = max(set(answers), key=answers.count)
    guessed = sum(task.verify(guess) >= task.solved_from for task in fresh)
    assert met == 0
    assert guessed <= 4  # one in a hundred, the most that any default family lets a constant answer have


def test_m8_a_miner_that_chooses_its_question_earns_nothing() -> None:
    known = {task.query.messages[-1].content: task.reference for task in POOL}

    def right_about_its_own_question(task: Task, reply: Reply) -> float:
        """What a validator pays that takes the question from the answer."""
        said = json.loads(reply.text or "{}")
        return float(said.get("question") in known and known[said["question"]] == said.get("answer"))

    trusting = Rubric({right_about_its_own_question: 1.0})
    favourite = min(POOL, key=lambda task: len(task.reference))
    attack = [choosing(favourite)]
    # Where the question is the miner's, all choose; where it is the validator's, only who solves it is paid.
    paid = attackers_share(
        Network(attack, rubric=trusting, honest=choosing(favourite), make=of_fresh_secrets)
    )
    assert paid > 0.09
    assert attackers_share(Network(attack, make=of_fresh_secrets)) == 0.0
