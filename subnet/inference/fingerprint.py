"""Activation fingerprints: a few random projections of each token's last hidden state, asked for after the reply.

The miner keeps the hidden states after the final norm (width floats a token) until the validator, which has the
reply, sends a seed. Both derive the same orthonormal directions from it; the miner returns its states' projections in
float16, 2 bytes each. The validator projects the states of its own pass and compares. The directions come after the
reply, so states that agree along them cannot be made up beforehand.

It sees the forward pass within a few tokens, where tokens alone need hundreds; it does not see the sampler. The idea
is Activation-DiFR's ("DiFR: Inference Verification Despite Nondeterminism", arXiv 2511.20621).
"""

from __future__ import annotations

import base64
import binascii

import numpy as np
from numpy.typing import NDArray

from subnet.inference.noise import philox

States = NDArray[np.float32]
Fingerprint = NDArray[np.float16]

COUNT = 8
"""Directions; 16 bytes a token."""
WINDOW = 10
"""Tokens over which distances are averaged; a model switched in the middle shows in its own windows."""
LARGEST = 1e9
"""Returned for what is no fingerprint of the reply at all."""


def directions(seed: int, width: int, count: int = COUNT) -> States:
    """Orthonormal columns, float32 (width, count), that depend on the 64-bit seed alone."""
    if not 0 < count <= width:
        raise ValueError(f"{count} directions in {width} dimensions: from 1 to {width} are possible")
    places = np.arange(width * count, dtype=np.uint64)
    zero = np.zeros((), dtype=np.uint64)
    key = (zero + np.uint64(seed % 2**32), zero + np.uint64(seed >> 32))
    first, second, _, _ = philox((places, zero, zero, zero + np.uint64(1)), key)
    radius = np.sqrt(-2.0 * np.log((first.astype(np.float64) + 0.5) * 2.0**-32))
    normal = radius * np.cos(2.0 * np.pi * second.astype(np.float64) * 2.0**-32)
    columns, upper = np.linalg.qr(normal.reshape(width, count))
    # The signs of a QR decomposition are the library's choice; a positive diagonal makes it unique.
    unique: States = (columns * np.sign(np.diag(upper))).astype(np.float32)
    return unique


def fingerprint(states: States, seed: int, count: int = COUNT) -> Fingerprint:
    """The projections of states (n, width), float16 (n, count): what the miner returns."""
    projected: Fingerprint = (states.astype(np.float32) @ directions(seed, states.shape[1], count)).astype(
        np.float16
    )
    return projected


def distances(sent: Fingerprint, states: States, seed: int) -> NDArray[np.float64]:
    """How far each token's fingerprint is from that of the reference's states, (n,), relative to their mean length.

    A fingerprint of another shape or with values that are no numbers is LARGEST away everywhere.
    """
    if sent.ndim != 2 or len(sent) != len(states) or not 0 < sent.shape[1] <= states.shape[1]:
        return np.full(len(states), LARGEST)
    own = states.astype(np.float32) @ directions(seed, states.shape[1], sent.shape[1])
    if not np.isfinite(sent).all():
        return np.full(len(states), LARGEST)
    scale = np.linalg.norm(own, axis=1).mean()
    apart: NDArray[np.float64] = np.linalg.norm(sent.astype(np.float64) - own, axis=1) / max(
        float(scale), 1e-12
    )
    return apart


def farthest(apart: NDArray[np.float64]) -> float:
    """The largest mean distance over WINDOW tokens that follow each other; of all tokens where there are fewer."""
    size = min(WINDOW, len(apart))
    sums = np.concatenate([[0.0], np.cumsum(apart)])
    return float((sums[size:] - sums[:-size]).max() / size)


def packed(found: Fingerprint) -> str:
    """A fingerprint as base64 text of little-endian float16, row by row."""
    return base64.b64encode(found.astype("<f2").tobytes()).decode()


def unpacked(text: str, tokens: int, count: int = COUNT) -> Fingerprint | None:
    """The fingerprint in a text from a stranger; None when it is not one of that many tokens and directions."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(raw) != 2 * tokens * count:
        return None
    return np.frombuffer(raw, dtype="<f2").reshape(tokens, count).astype(np.float16)
