"""What a reference says of a reply: right tokens match, wrong ones are behind by what they are behind."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from subnet.inference.margins import read
from subnet.inference.reading import RIVALS, joined
from subnet.inference.sampler import Sampler
from subnet.inference.sampling import chosen, noised

GENERATOR = torch.Generator().manual_seed(3)
LOGITS = 3 * torch.randn(40, 120, generator=GENERATOR)
SAMPLERS = [Sampler(9, 0.0), Sampler(9, 1.0), Sampler(9, 0.7, top_k=12), Sampler(9, 1.2, top_k=30, top_p=0.9)]


def sampled(sampler, logits=LOGITS):
    return chosen(logits, [sampler] * len(logits), range(len(logits)))


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_what_the_model_itself_chose_matches_everywhere(sampler):
    reading = read(LOGITS, sampled(sampler), sampler)
    assert (reading.margins == 0.0).all() and reading.allowed.all()


@pytest.mark.parametrize("sampler", SAMPLERS[:2])
def test_a_margin_is_the_distance_to_the_best_score(sampler):
    tokens = torch.randint(120, (40,), generator=GENERATOR)
    scores = noised(LOGITS, [sampler] * 40, range(40))
    expected = scores.max(1).values - scores.gather(1, tokens[:, None])[:, 0]
    assert np.allclose(read(LOGITS, tokens, sampler).margins, expected.numpy(), atol=1e-5)


def test_a_reading_keeps_the_nearest_rivals_of_every_token():
    sampler = SAMPLERS[1]
    tokens = sampled(sampler)
    scores = noised(LOGITS, [sampler] * 40, range(40)).sort(1, descending=True).values
    leads = read(LOGITS, tokens, sampler).leads
    assert np.allclose(leads, (scores[:, 1 : RIVALS + 1] - scores[:, :1]).numpy(), atol=1e-5)


def test_a_vocabulary_smaller_than_the_rivals_is_no_problem():
    reading = read(torch.zeros(3, 2), torch.tensor([0, 1, 0]), Sampler(1, 0.0))
    assert reading.leads.shape == (3, RIVALS) and np.isneginf(reading.leads[:, 1:]).all()


def test_a_token_that_was_no_candidate_is_infinitely_wrong():
    reading = read(LOGITS, LOGITS.argmin(1), SAMPLERS[2])
    assert not reading.allowed.any() and np.isinf(reading.margins).all()


def test_the_border_of_the_candidates_is_soft_on_both_sides():
    logits = torch.tensor([[5.0, 1.00, 0.99, -3.0]])
    sampler = Sampler(1, 1e-6, top_k=2)
    outside, soft = (read(logits, torch.tensor([2]), sampler, border) for border in (0.0, 0.05))
    assert not outside.allowed[0] and soft.allowed[0]
    last = replace(sampler, top_k=3)
    rival = read(logits, torch.tensor([3]), last, 0.05).leads[0]
    assert np.isfinite(rival).sum() == 1, "a token that is a candidate by a hair is no rival"


def test_readings_can_be_cut_and_joined():
    reading = read(LOGITS, sampled(SAMPLERS[0]), SAMPLERS[1])
    again = joined([reading.part(0, 7), reading.part(7, 40)])
    assert len(again) == 40 and (again.leads == reading.leads).all()
