"""Gumbel noise that is a function of seed, position and token: whoever knows the seed can ask for any of it.

The generator is Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011). Its
counter form gives random access, so that a sampler with top-k needs noise for its candidates only, and it is
made of 32-bit multiplications, so that every machine and library finds the same words. Token `v` at position
`t` of the reply (0 for its first token) has the word `v mod 4` of

    counter (v div 4, t, 0, 0), key (seed mod 2^32, seed div 2^32)

A word r becomes u = (r + 1/2) / 2^32 and the noise -ln(-ln u), both in float64, rounded to float32 once: it lies
between -3.2 and 22.9. Numbers drawn by a library's own `uniform` or `gumbel` would change with its version.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Words = NDArray[np.uint64]
Noise = NDArray[np.float32]
Block = tuple[Words, Words, Words, Words]

ROUNDS = 10
MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
WEYL = (np.uint64(0x9E3779B9), np.uint64(0xBB67AE85))
LOW = np.uint64(0xFFFFFFFF)
HALF = np.uint64(32)

LARGEST = 23.0
"""No noise exceeds this, and none is below minus a seventh of it."""


def philox(counter: Block, key: tuple[Words, Words]) -> Block:
    """The four 32-bit words of Philox4x32-10, each in a uint64 array; arguments broadcast."""
    first, second, third, fourth = counter
    one, two = key
    for _ in range(ROUNDS):
        left, right = MULTIPLIERS[0] * first, MULTIPLIERS[1] * third
        first, second, third, fourth = (
            (right >> HALF) ^ second ^ one,
            right & LOW,
            (left >> HALF) ^ fourth ^ two,
            left & LOW,
        )
        one, two = (one + WEYL[0]) & LOW, (two + WEYL[1]) & LOW
    return first, second, third, fourth


def gumbel(seeds: ArrayLike, positions: ArrayLike, tokens: ArrayLike) -> Noise:
    """The noise of tokens at positions of replies with these seeds, float32, in the arguments' common shape."""
    token = np.asarray(tokens, dtype=np.uint64)
    blocks = _blocks(_words(seeds), _words(positions), token >> np.uint64(2))
    return _gumbel(np.choose((token & np.uint64(3)).astype(np.intp), blocks))


def vocabulary_noise(seeds: ArrayLike, positions: ArrayLike, size: int) -> Noise:
    """The noise of every token of a vocabulary, float32 (rows, size), for each row's seed and position.

    A quarter of the work of asking `gumbel` for all tokens.
    """
    quarters = np.arange(-(-size // 4), dtype=np.uint64)
    blocks = _blocks(_words(seeds)[..., None], _words(positions)[..., None], quarters)
    words = np.stack(blocks, axis=-1)
    return _gumbel(words.reshape(*words.shape[:-2], -1)[..., :size])


def _words(numbers: ArrayLike) -> Words:
    return np.asarray(numbers, dtype=np.uint64)


def _blocks(seed: Words, position: Words, quarter: Words) -> Block:
    nothing = np.zeros((), dtype=np.uint64)
    return philox((quarter, position, nothing, nothing), (seed & LOW, seed >> HALF))


def _gumbel(words: Words) -> Noise:
    uniform = (words.astype(np.float64) + 0.5) * 2.0**-32
    noise: Noise = (-np.log(-np.log(uniform))).astype(np.float32)
    return noise
