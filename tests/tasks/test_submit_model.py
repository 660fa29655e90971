"""A hill of models: better ones take it; copies, shaken copies and memorised documents do not."""

import numpy as np
import pytest

from subnet.protocol import Hotkey
from subnet.tasks.secret import Secret
from subnet.tasks.submit_model import (
    Hill,
    Rules,
    Submission,
    content_of,
    digest_of,
    distance,
    drawn,
    in_order,
)
from tests.tasks.bigrams import Memorised, behaviour, shaken, trained

SECRET = Secret(b"h" * 32)
PUBLIC = range(1000, 1004)
SMALL, LARGE = trained(PUBLIC), trained(range(2000, 2400))


def submitted(name, block=10):
    return Submission(Hotkey(name), content_of({"model": name.encode()}), block)


class Arena:
    """A hill whose submissions are real models; each challenge is judged in an epoch of its own."""

    def __init__(self, **models):
        self.models, self.hill, self.epoch = dict(models), Hill(), 0

    def challenge(self, name, model, block=None):
        self.models[name] = model
        self.epoch += 1
        block = 100 * self.epoch if block is None else block
        secret = SECRET.of_epoch(self.epoch)
        self.hill, verdict = self.hill.challenged(
            submitted(name, block),
            secret,
            100 * self.epoch + 50,
            lambda one, seeds: behaviour(self.models[one.hotkey], seeds),
        )
        return verdict


def test_the_first_model_is_champion_and_a_better_one_takes_its_place():
    arena = Arena()
    assert arena.challenge("able", SMALL).crowned
    assert arena.challenge("baker", LARGE).crowned
    assert arena.hill.champion.hotkey == "baker"


def test_a_worse_model_or_one_as_good_does_not():
    arena = Arena()
    arena.challenge("able", LARGE)
    assert "not better by 2%" in arena.challenge("baker", SMALL).reason
    assert not arena.challenge("carol", trained(range(5000, 5400))).crowned
    assert arena.hill.champion.hotkey == "able"


def test_the_same_files_belong_to_whoever_committed_first():
    arena = Arena()
    arena.challenge("able", SMALL)
    copy = Submission(Hotkey("thief"), submitted("able").content, 150)
    arena.models["thief"] = SMALL
    _, verdict = arena.hill.challenged(
        copy, SECRET.of_epoch(9), 200, lambda one, seeds: behaviour(SMALL, seeds)
    )
    assert verdict.reason == "the same files as the submission of block 100"


@pytest.mark.parametrize("size", [0.0, 1e-6, 1e-4, 1e-3])
def test_a_shaken_copy_is_known_by_its_behaviour(size):
    arena = Arena()
    arena.challenge("able", SMALL)
    for attempt in range(20):
        verdict = arena.challenge(f"thief{attempt}", shaken(SMALL, size, attempt))
        assert verdict.reason == "it behaves as the submission of block 100 does"


def test_a_copy_shaken_so_hard_that_it_looks_new_is_not_better():
    arena = Arena()
    arena.challenge("able", LARGE)
    assert not any(arena.challenge(f"thief{k}", shaken(LARGE, 0.1, k)).crowned for k in range(20))


def test_a_copy_of_a_loser_is_a_copy_too():
    arena = Arena()
    arena.challenge("able", LARGE)
    arena.challenge("baker", SMALL)
    assert "behaves as" in arena.challenge("thief", shaken(SMALL, 1e-4, 1)).reason


def test_who_committed_first_is_no_copy_of_a_champion_that_committed_later():
    arena = Arena()
    arena.challenge("thief", shaken(SMALL, 1e-4, 1))
    assert arena.challenge("able", SMALL, block=5).reason.startswith("not better")
    assert arena.challenge("baker", LARGE, block=6).crowned


def test_independent_models_of_the_same_quality_are_far_from_copies():
    seeds = drawn(SECRET.of_epoch(1), 0, 32)
    one, other = (behaviour(trained(range(first, first + 12)), seeds) for first in (3000, 4000))
    copy = behaviour(shaken(trained(range(3000, 3012)), 1e-4, 1), seeds)
    assert distance(one, copy, 0.2) < 0.001 < 10 * Rules().copy_nats < distance(one, other, 0.2)


def test_documents_known_by_heart_do_not_help_because_others_are_drawn():
    arena = Arena()
    arena.challenge("able", trained(range(6000, 6030)))
    cheat = Memorised(PUBLIC, SMALL)
    assert behaviour(cheat, PUBLIC).losses().mean() < 0.001
    assert not arena.challenge("thief", cheat).crowned


def test_documents_of_an_epoch_that_had_begun_are_refused():
    with pytest.raises(ValueError, match="began after its commitment"):
        Hill().challenged(
            submitted("able", 50), SECRET.of_epoch(1), 50, lambda one, seeds: behaviour(SMALL, seeds)
        )


def test_every_set_is_fresh():
    sets = [set(drawn(SECRET.of_epoch(epoch), number, 32)) for epoch in range(5) for number in range(3)]
    assert len(set().union(*sets)) == 15 * 32


def test_a_model_without_finite_likelihoods_loses():
    arena = Arena()
    arena.challenge("able", SMALL)
    for value in (np.nan, np.inf, -np.inf):
        broken = LARGE.copy()
        broken[0, :] = value
        assert arena.challenge(f"b{value}", broken).reason == "it has no finite likelihood for every token"


def test_a_digest_is_bound_to_its_hotkey_and_its_files():
    files = {"model.bin": b"\x01" * 32, "config.json": b"\x02" * 32}
    content = content_of(files)
    assert content == content_of(dict(reversed(files.items())))
    assert content != content_of({**files, "model.bin": b"\x03" * 32})
    assert len({digest_of(content, Hotkey("able")), digest_of(content, Hotkey("thief"))}) == 2


def test_submissions_come_in_the_order_of_their_commitments():
    late, early, beside = submitted("a", 9), submitted("b", 3), submitted("c", 9)
    assert in_order([late, early, beside])[0] == early
    assert in_order([late, early, beside]) == in_order([beside, late, early])
