"""With a real model: it recognises in one pass what it generated step by step, and not what others generated."""

from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from subnet.inference.fingerprint import (
    LARGEST,
    directions,
    distances,
    farthest,
    fingerprint,
    packed,
    unpacked,
)
from subnet.inference.provers import KEEPING, Repairing, Way, quantised, switching, write
from subnet.inference.reading import joined
from subnet.inference.reference import Claim, Reference
from subnet.inference.sampler import Sampler
from subnet.inference.trials import (
    Plan,
    border_of,
    candidate_readings,
    claims_of,
    library_prompts,
    redrawn_readings,
)

CHAR = Path(__file__).resolve().parents[2] / "models" / "char"
LENGTH = 60


@pytest.fixture(scope="module")
def reference():
    torch.set_num_threads(1)
    return Reference.load(CHAR)


@pytest.fixture(scope="module")
def narrow(reference):
    return deepcopy(reference.model).to(torch.bfloat16)


@pytest.fixture(scope="module")
def four(reference):
    return quantised(reference.model, 4, 64)


@pytest.fixture(scope="module")
def plan(reference):
    return Plan(library_prompts(reference.tokenizer, 8, 1), LENGTH, Sampler(seed=100, temperature=1.0))


def wrong(readings):
    """The share of tokens that the reference would not have chosen, and the mean margin cut at half a logit."""
    margins = joined(readings).margins
    return float((margins > 0).mean()), float(np.minimum(margins, 0.5).mean())


@pytest.mark.parametrize("how", [(8, True), (1, True), (8, False)])
def test_the_models_own_replies_match_however_they_were_generated(reference, plan, how):
    few = replace(plan, length=20, batch=how[0])
    assert wrong(candidate_readings(reference, [reference.model], few, 0.0, Way(cached=how[1]))) == (0.0, 0.0)


def test_another_number_format_differs_little_and_other_weights_much(reference, plan, narrow, four):
    honest = wrong(candidate_readings(reference, [narrow], plan, 0.0))
    cheating = wrong(candidate_readings(reference, [four], plan, 0.0))
    assert honest[0] < 0.02 and honest[1] < 0.0005
    assert cheating[1] > 0.001 and cheating[1] > 10 * honest[1]


def test_a_reply_sampled_by_another_seed_or_temperature_is_far_away(reference, plan):
    for used in (replace(plan.sampler, seed=5), replace(plan.sampler, temperature=0.6)):
        assert wrong(candidate_readings(reference, [reference.model], plan, 0.0, Way(used=used)))[1] > 0.03


def test_a_switch_in_the_middle_leaves_the_first_half_clean(reference, plan, four):
    readings = candidate_readings(reference, [reference.model, four], plan, 0.0, Way(switching(LENGTH // 2)))
    first, second = ([r.part(at, at + LENGTH // 2) for r in readings] for at in (0, LENGTH // 2))
    assert wrong(first) == (0.0, 0.0)
    assert wrong(second)[0] > 0.0


def test_repair_where_it_is_doubtful_hides_a_cheap_model_for_its_share_of_real_steps(reference, plan, four):
    repairing = Repairing(1.0)
    readings = candidate_readings(reference, [four, reference.model], plan, 0.0, Way(repairing))
    assert wrong(readings)[0] < 0.005
    assert repairing.steps == 8 * LENGTH and 0.2 < repairing.repaired / repairing.steps < 0.8


def test_fresh_noise_on_an_honest_text_is_as_honest(reference, plan):
    few = replace(plan, length=20)
    readings = redrawn_readings(reference, reference.model, few, 0.0, 3)
    assert len(readings) == 24 and wrong(readings) == (0.0, 0.0)
    assert len({reading.leads.tobytes() for reading in readings}) == 24


def test_a_soft_border_lets_honest_rounding_cross_it(reference, narrow):
    sampler = Sampler(seed=7, temperature=1.0, top_k=10)
    plan = Plan(library_prompts(reference.tokenizer, 8, 2), LENGTH, sampler)
    border = border_of(reference, narrow, plan)
    assert 0.0 < border < 0.5
    hard, soft = (redrawn_readings(reference, narrow, plan, width, 6) for width in (0.0, border))
    assert joined(soft).allowed.mean() >= joined(hard).allowed.mean()
    assert joined(soft).allowed.mean() > 0.9995
    assert border_of(reference, narrow, replace(plan, sampler=replace(sampler, top_k=None))) == 0.0


def test_replies_of_any_lengths_are_read_as_they_would_be_alone(reference, plan):
    tokens = write([reference.model], plan.prompts, plan.samplers(0, 8), 30).tokens
    whole = claims_of(plan, tokens)
    ragged = [
        Claim(claim.prompt[at:], claim.reply[: 30 - 3 * at], claim.sampler) for at, claim in enumerate(whole)
    ]
    together = reference.read(ragged)
    alone = [reference.read([claim])[0] for claim in ragged]
    for one, other in zip(together, alone, strict=True):
        assert len(one) == len(other)
        assert np.allclose(one.margins, other.margins, atol=1e-4)


@pytest.mark.parametrize("reply", [(), (96,), (1,) * 500])
def test_a_reply_that_the_model_cannot_read_is_refused(reference, reply):
    with pytest.raises(ValueError, match="cannot read"):
        reference.read([Claim((1,) * 48, reply, Sampler(1, 1.0))])


def test_a_model_that_is_none_is_one_clear_line(tmp_path):
    with pytest.raises(ValueError, match="cannot load model"):
        Reference.load(tmp_path)


def states_of(model, plan):
    written = write([model], plan.prompts, plan.samplers(0, 8), plan.length, KEEPING)
    assert written.states is not None
    return written.tokens, written.states.numpy()


def test_fingerprints_tell_damaged_weights_within_ten_tokens(reference, plan, narrow, four):
    few = replace(plan, length=20)
    found = {}
    for name, model in (("honest", narrow), ("four", four)):
        tokens, states = states_of(model, few)
        passes = list(reference.passes(claims_of(few, tokens)))
        found[name] = [
            farthest(distances(fingerprint(own, 11), passed.states.numpy(), 11))
            for own, passed in zip(states, passes, strict=True)
        ]
    assert max(found["honest"]) * 3 < min(found["four"])


def test_directions_are_orthonormal_and_belong_to_their_seed():
    columns = directions(2**63 - 1, 128, 8)
    assert np.allclose(columns.T @ columns, np.eye(8), atol=1e-5)
    assert np.array_equal(columns, directions(2**63 - 1, 128, 8))
    assert abs(float((columns * directions(1, 128, 8)).sum())) < 2.0
    with pytest.raises(ValueError, match="dimensions"):
        directions(1, 4, 5)


def test_what_is_no_fingerprint_is_as_far_away_as_can_be():
    states = np.random.default_rng(1).normal(size=(20, 32)).astype(np.float32)
    sent = fingerprint(states, 3)
    assert farthest(distances(sent, states, 3)) < 0.001
    assert farthest(distances(sent, states, 4)) > 0.5
    assert farthest(distances(sent[:19], states, 3)) == LARGEST
    assert farthest(distances(np.full_like(sent, np.nan), states, 3)) == LARGEST


def test_a_fingerprint_travels_as_text_and_a_strangers_text_is_checked():
    sent = fingerprint(np.ones((5, 32), dtype=np.float32), 3)
    assert np.array_equal(unpacked(packed(sent), 5), sent)
    assert unpacked(packed(sent), 6) is None
    assert unpacked("no base64!", 5) is None
