"""Tiny language models over twelve characters, really trained by counting: what a hill of models is tried with."""

from functools import lru_cache
from random import Random

import numpy as np

from subnet.tasks.submit_model import Behaviour

SYMBOLS = 12
LENGTH = 120
SOURCE = np.random.default_rng(7).dirichlet(np.full(SYMBOLS, 0.5), SYMBOLS)
"""The language: which symbol follows which."""


@lru_cache(maxsize=4096)
def document(seed):
    """The document that belongs to a seed."""
    rng, symbols = Random(seed), [0]
    while len(symbols) < LENGTH:
        symbols.append(rng.choices(range(SYMBOLS), SOURCE[symbols[-1]])[0])
    return np.array(symbols)


def trained(seeds, smoothing=1.0):
    """Log-probabilities of a model that has counted the pairs in these documents."""
    counts = np.full((SYMBOLS, SYMBOLS), smoothing)
    for seed in seeds:
        symbols = document(seed)
        np.add.at(counts, (symbols[:-1], symbols[1:]), 1)
    return np.log(counts / counts.sum(axis=1, keepdims=True))


def shaken(model, size, seed):
    """A model whose weights were moved a little, and normalised again."""
    moved = model * (1 + size * np.random.default_rng(seed).standard_normal(model.shape))
    return moved - np.log(np.exp(moved).sum(axis=1, keepdims=True))


class Memorised:
    """Knows some documents by heart, and falls back on a model elsewhere."""

    def __init__(self, seeds, model):
        self.known = {document(seed).tobytes() for seed in seeds}
        self.model = model

    def logs(self, symbols):
        logs = self.model[symbols[:-1]].copy()
        if symbols.tobytes() in self.known:
            logs[:] = -12.0
            logs[np.arange(len(symbols) - 1), symbols[1:]] = -1e-5
        return logs


def behaviour(model, seeds):
    """What a model makes of the documents of these seeds."""
    likelihoods, margins, places = [], [], []
    for number, seed in enumerate(seeds):
        symbols = document(seed)
        logs = model.logs(symbols) if isinstance(model, Memorised) else model[symbols[:-1]]
        likelihoods.append(logs[np.arange(len(symbols) - 1), symbols[1:]])
        top = np.sort(logs, axis=1)
        with np.errstate(invalid="ignore"):
            margins.append(top[:, -1] - top[:, -2])
        places.append(np.full(len(symbols) - 1, number))
    return Behaviour(np.concatenate(likelihoods), np.concatenate(margins), np.concatenate(places))
