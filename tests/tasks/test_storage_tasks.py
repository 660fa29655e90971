"""Storage: who holds the data passes, who holds less does not, and nobody passes with anything else."""

import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subnet.protocol import MAX_TEXT_CHARS
from subnet.tasks import TASKS
from subnet.tasks.mix import mixed
from subnet.tasks.storage import CHALLENGED, LEAF_BYTES, Storage, belongs, leaves, path_of, proof, tree

DATA = Random(1).randbytes(300 * LEAF_BYTES + 7)
ROOT = tree(DATA)[-1][0].hex()
FAMILY = f"{ROOT}:{len(leaves(DATA))}"


def challenge(seed=1):
    return Storage().make(FAMILY, seed, "storage-1", 5.0)


@given(st.integers(1, 40), st.data())
def test_a_leaf_belongs_at_its_own_place_only(count, data):
    held = [bytes([number]) * LEAF_BYTES for number in range(count)]
    rows = tree(b"".join(held))
    root = rows[-1][0]
    index = data.draw(st.integers(0, count - 1))
    other = data.draw(st.integers(-1, count))
    assert belongs(root, count, index, held[index], path_of(rows, index))
    assert not belongs(root, count, index, held[index] + b"x", path_of(rows, index))
    assert not belongs(root, count, index, held[index], [*path_of(rows, index), root])
    assert other == index or not belongs(root, count, other, held[index], path_of(rows, index))
    if count > 1:
        assert not belongs(root, count, index, held[index], path_of(rows, index)[:-1])
        assert not belongs(root, 1, 0, rows[-2][0] + rows[-2][1], [])


def test_who_holds_the_data_passes_and_the_answer_fits_the_wire():
    for seed in range(20):
        task = challenge(seed)
        answer = proof(DATA, task.query)
        assert task.verify(answer) == 1.0
        assert len(answer) < MAX_TEXT_CHARS
    assert len({challenge(seed).query.messages for seed in range(200)}) == 200


def test_who_dropped_a_quarter_of_the_data_passes_next_to_never():
    held = bytearray(DATA)
    held[: len(DATA) // 4] = bytes(len(DATA) // 4)
    tampered = [challenge(seed) for seed in range(60)]
    # The paths are the true ones: a thief that keeps all hashes and three quarters of the leaves.
    passed = sum(task.verify(mixed_proof(bytes(held), task)) for task in tampered)
    assert passed <= 3


def mixed_proof(held, task):
    rows = json.loads(proof(DATA, task.query))
    mine = json.loads(proof(held, task.query))
    return json.dumps(
        [{"leaf": one["leaf"], "path": true["path"]} for one, true in zip(mine, rows, strict=True)]
    )


def test_the_answer_to_one_challenge_does_not_answer_another():
    assert challenge(2).verify(proof(DATA, challenge(1).query)) == 0.0


@pytest.mark.parametrize(
    "spoil",
    [
        lambda rows: [],
        lambda rows: rows[:-1],
        lambda rows: rows + rows[:1],
        lambda rows: rows[::-1],
        lambda rows: [{**row, "path": []} for row in rows],
        lambda rows: [{**row, "path": row["path"] + ["00" * 32]} for row in rows],
        lambda rows: [{**row, "leaf": 1} for row in rows],
        lambda rows: [{**row, "leaf": None} for row in rows],
        lambda rows: [{**row, "path": [1, 2]} for row in rows],
        lambda rows: [{**row, "path": ["zz"]} for row in rows],
        lambda rows: {"rows": rows},
        lambda rows: [{"leaf": row["leaf"]} for row in rows],
    ],
)
def test_an_answer_of_another_shape_is_worth_nothing(spoil):
    task = challenge()
    assert task.verify(json.dumps(spoil(json.loads(proof(DATA, task.query))))) == 0.0


@pytest.mark.parametrize("text", ["", "[]", "null", "[" * 100_000, "x" * 200_000])
def test_junk_is_worth_nothing(text):
    assert challenge().verify(text) == 0.0


@pytest.mark.parametrize(
    "family", ["", "abc", f"{ROOT}:0", f"{ROOT}:-1", f"{ROOT.upper()}:5", f"{ROOT}:9" + "9" * 30]
)
def test_data_that_is_not_named_by_root_and_leaves_is_explained(family):
    with pytest.raises(ValueError, match="names no data"):
        Storage().make(family, 1, "storage-1", 5.0)


def test_a_root_is_named_among_the_tasks_that_a_validator_asks():
    mix = mixed(f"demo=3,storage/{FAMILY}=1", TASKS)
    assert len(mix.probe()) == 6
    assert sum(mix.family_at("0x1", 1, index) == FAMILY for index in range(40)) == 10
    with pytest.raises(ValueError, match="storage has no families of its own"):
        mixed("storage", TASKS)


def test_as_many_leaves_as_there_are_are_asked_of_little_data():
    small = tree(b"little")[-1][0].hex()
    task = Storage().make(f"{small}:1", 1, "storage-1", 5.0)
    assert task.verify(proof(b"little", task.query)) == 1.0
    assert CHALLENGED == 16
