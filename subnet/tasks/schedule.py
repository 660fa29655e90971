"""Which family is asked when: public, so that validators with different secrets measure the same thing.

The schedule follows the hash of the block at which the epoch began, which nobody knew before. Each run through
all families is a fresh permutation, so that after n draws each family was asked n / families times, give or
take one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def family_at(families: Sequence[str], block_hash: str, epoch: int, index: int) -> str:
    """The family of the task with this index in this epoch; `block_hash` is that of the epoch's first block."""
    cycle, place = divmod(index, len(families))
    return sorted(families, key=lambda family: _rank(block_hash, epoch, cycle, family))[place]


def _rank(block_hash: str, epoch: int, cycle: int, family: str) -> bytes:
    return hashlib.sha256(f"{block_hash}/{epoch}/{cycle}/{family}".encode()).digest()
