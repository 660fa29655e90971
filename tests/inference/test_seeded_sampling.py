"""Noise that everybody finds again, and the sampler that uses it."""

import math
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from subnet.inference.noise import LARGEST, gumbel, philox, vocabulary_noise
from subnet.inference.sampler import Sampler
from subnet.inference.sampling import chosen, noised

FULL = 0xFFFFFFFF
# The known answers that come with the authors' reference implementation (Random123, kat_vectors).
KNOWN = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((FULL,) * 4, (FULL, FULL), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


def words(numbers):
    return tuple(np.array([number], dtype=np.uint64) for number in numbers)


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN)
def test_the_generator_gives_its_authors_known_answers(counter, key, answer):
    assert tuple(int(word[0]) for word in philox(words(counter), words(key))) == answer


def test_noise_is_computed_in_double_precision_from_one_word():
    word = philox(words((4_000 // 4, 17, 0, 0)), words((5, 9)))[0]
    uniform = (int(word[0]) + 0.5) / 2**32
    assert gumbel(9 * 2**32 + 5, 17, 4_000) == np.float32(-math.log(-math.log(uniform)))


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**32 - 1), st.integers(1, 200))
@settings(max_examples=30)
def test_the_noise_of_single_tokens_is_that_of_the_whole_vocabulary(seed, position, size):
    everything = vocabulary_noise([seed], [position], size)
    assert everything.shape == (1, size)
    assert (gumbel(seed, position, np.arange(size)) == everything[0]).all()


def test_noise_is_gumbel_and_stays_in_its_bounds():
    noise = vocabulary_noise([7], [0], 200_000)[0].astype(np.float64)
    assert abs(noise.mean() - 0.5772) < 0.01
    assert abs(noise.var() - math.pi**2 / 6) < 0.02
    assert -LARGEST / 7 < noise.min() and noise.max() < LARGEST


def test_neighbouring_seeds_positions_and_tokens_share_nothing():
    seeds, positions, tokens = np.meshgrid(np.arange(8), np.arange(8), np.arange(8))
    assert len(np.unique(gumbel(seeds, positions, tokens))) == 512


def test_choosing_draws_from_the_softmax_at_the_temperature():
    logits = torch.tensor([[2.0, 1.0, 0.0, -1.0]])
    drawn = Counter(int(chosen(logits, [Sampler(seed, 0.7)], [3])) for seed in range(4000))
    for token, share in enumerate(torch.softmax(logits[0] / 0.7, 0).tolist()):
        assert abs(drawn[token] / 4000 - share) < 4 * math.sqrt(share * (1 - share) / 4000)


def test_what_is_chosen_depends_on_its_own_row_alone():
    logits = torch.randn(5, 300, generator=torch.Generator().manual_seed(1))
    samplers = [Sampler(4, 1.0), Sampler(5, 0.0), Sampler(6, 1.3, 20), Sampler(7, 1.0, 9), Sampler(8, 1.0)]
    together = chosen(logits, samplers, [0, 1, 2, 3, 4])
    alone = [int(chosen(logits[row : row + 1], [samplers[row]], [row])) for row in range(5)]
    assert together.tolist() == alone
    assert together[1] == logits[1].argmax()


def test_only_the_likeliest_are_candidates_and_they_keep_their_noise():
    logits = torch.randn(1, 1000, generator=torch.Generator().manual_seed(2))
    everything = noised(logits, [Sampler(11, 1.0)], [5])[0]
    masked = noised(logits, [Sampler(11, 1.0, top_k=40)], [5])[0]
    kept = masked.isfinite().nonzero().flatten()
    assert sorted(kept.tolist()) == sorted(logits[0].topk(40).indices.tolist())
    assert torch.equal(masked[kept], everything[kept])


def test_top_p_keeps_the_smallest_set_that_reaches_it():
    logits = torch.tensor([[0.5, 0.3, 0.15, 0.05]]).log()
    kept = noised(logits, [Sampler(1, 1.0, top_p=0.8)], [0])[0].isfinite()
    assert kept.tolist() == [True, True, False, False]


def test_top_k_beyond_the_vocabulary_keeps_all_of_it():
    assert noised(torch.zeros(1, 5), [Sampler(1, 1.0, top_k=64)], [0]).isfinite().all()


@pytest.mark.parametrize(
    "wrong",
    [
        {"temperature": -1.0},
        {"temperature": math.nan},
        {"seed": 2**64},
        {"top_k": 0},
        {"top_p": 0.0},
        {"top_p": math.nan},
    ],
)
def test_a_sampler_that_means_nothing_is_refused(wrong):
    with pytest.raises(ValueError, match=r"\w"):
        Sampler(**({"seed": 1, "temperature": 1.0} | wrong))
