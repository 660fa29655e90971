"""King of the hill: miners submit models, and one that is better than the champion takes its place.

1. A miner makes its content's hash (`content_of`), and publishes `digest_of(content, hotkey)` on the chain. The
   digest is bound to the hotkey, so that somebody else's cannot be repeated; the block of the commitment is the
   priority.
2. Then it uploads the files. A validator checks them against the digest, so that they cannot be changed.
3. Documents to judge by are drawn from the secret of an epoch that began after the commitment: nobody can have
   trained on them.
4. A challenger is turned down as a copy when it has the content of an earlier submission, or its behaviour: at the
   places where the earlier model hardly decides between two tokens, its log-probabilities are the same. Elsewhere
   all good models agree, and weights that were shaken a little agree everywhere.
5. It must beat the champion by a margin, beyond chance, and again on fresh documents.

Everything here is a pure decision. What runs models is handed in: `Evaluate` gives a submission's log-likelihoods.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from subnet.protocol import Hotkey
from subnet.tasks.secret import EpochSecret

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Submission:
    """A model whose hash was committed to in `block`; `content` is the hash of its files."""

    hotkey: Hotkey
    content: str
    block: int


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What a model makes of some documents, one array each, over all their positions in order.

    `loglikelihood` is that of the document's own next token in nats, `margin` the gap between the log-probabilities
    of the two likeliest tokens, `document` the number of the document to which the position belongs.
    """

    loglikelihood: Floats
    margin: Floats
    document: NDArray[np.int64]

    def losses(self) -> Floats:
        """Nats per token of each document; infinite where the model gave no finite number."""
        values = np.where(np.isfinite(self.loglikelihood), self.loglikelihood, -np.inf)
        sums = np.bincount(self.document, weights=-values)
        return np.asarray(sums / np.bincount(self.document), dtype=np.float64)


Evaluate = Callable[[Submission, Sequence[int]], Behaviour]
"""Runs a submission on the documents that belong to these seeds."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a challenger must do.

    `margin` is the share of the champion's loss by which it must be lower, `deviations` by how many standard errors
    of the paired difference it must be lower at all; `repeats` is how often that must be found again on fresh
    documents, `documents` how many a set holds. It is a copy of an earlier model when, at the `undecided` share of
    positions at which that one decides least, half of its log-likelihoods lie within `copy_nats` of that one's; the
    champion and the `compared` newest submissions are looked at.
    """

    margin: float = 0.02
    deviations: float = 3.0
    repeats: int = 2
    documents: int = 32
    undecided: float = 0.2
    copy_nats: float = 0.01
    compared: int = 8


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a challenger took the crown, and why (not)."""

    crowned: bool
    reason: str


@dataclass(frozen=True)
class Hill:
    """The champion, and every submission that was taken seriously, in the order of their commitments."""

    rules: Rules = Rules()
    champion: Submission | None = None
    known: tuple[Submission, ...] = field(default_factory=tuple)

    def challenged(
        self, challenger: Submission, secret: EpochSecret, first_block: int, evaluate: Evaluate
    ) -> tuple[Hill, Verdict]:
        """The hill after a challenge, judged by documents of an epoch that began at `first_block`.

        Submissions are to be put here in the order of `in_order`. Raises ValueError when the epoch is too old.
        """
        if challenger.block >= first_block:
            raise ValueError("a model is judged by documents of an epoch that began after its commitment")
        verdict = self._verdict(challenger, secret, evaluate)
        champion = challenger if verdict.crowned else self.champion
        return replace(self, champion=champion, known=(*self.known, challenger)), verdict

    def _verdict(self, challenger: Submission, secret: EpochSecret, evaluate: Evaluate) -> Verdict:
        earlier = [one for one in self.known if one.block <= challenger.block]
        if twin := next((one for one in earlier if one.content == challenger.content), None):
            return Verdict(False, f"the same files as the submission of block {twin.block}")
        sets = [drawn(secret, number, self.rules.documents) for number in range(1 + self.rules.repeats)]
        mine = evaluate(challenger, sets[0])
        if not np.all(np.isfinite(mine.loglikelihood)):
            return Verdict(False, "it has no finite likelihood for every token")
        for one in self._rivals(earlier):
            theirs = evaluate(one, sets[0])
            if distance(theirs, mine, self.rules.undecided) < self.rules.copy_nats:
                return Verdict(False, f"it behaves as the submission of block {one.block} does")
        if self.champion is None:
            return Verdict(True, "the first model")
        for number, seeds in enumerate(sets):
            mine = evaluate(challenger, seeds) if number else mine
            if not beats(evaluate(self.champion, seeds), mine, self.rules):
                return Verdict(
                    False, f"not better by {self.rules.margin:.0%} on set {number + 1} of {len(sets)}"
                )
        return Verdict(True, f"better by {self.rules.margin:.0%} on {len(sets)} sets of fresh documents")

    def _rivals(self, earlier: Sequence[Submission]) -> list[Submission]:
        """The earlier champion, and as many of the newest others as are compared: each costs a run of its model."""
        champion = [one for one in earlier if one == self.champion]
        others = [one for one in earlier if one != self.champion]
        return [*champion, *others[max(0, len(others) - self.rules.compared) :]]


def content_of(files: Mapping[str, bytes]) -> str:
    """The hash of a model's files, given the SHA-256 of each by its name; order does not matter."""
    lines = (f"{len(name)}:{name}:{files[name].hex()}" for name in sorted(files))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def digest_of(content: str, hotkey: Hotkey) -> str:
    """What a miner publishes on the chain before it uploads the files: 64 hexadecimal digits."""
    return hashlib.sha256(f"assay model {content} {hotkey}".encode()).hexdigest()


def in_order(submissions: Iterable[Submission]) -> list[Submission]:
    """By block of commitment; within a block by digest, which nobody chooses freely and which is no uid."""
    return sorted(submissions, key=lambda one: (one.block, digest_of(one.content, one.hotkey)))


def drawn(secret: EpochSecret, number: int, count: int) -> list[int]:
    """The seeds of one set of documents; sets with different numbers share none."""
    return [secret.seed((1 << 32) + number * count + place) for place in range(count)]


def distance(earlier: Behaviour, later: Behaviour, undecided: float) -> float:
    """The median difference of log-likelihoods in nats where the earlier model decides least."""
    if earlier.loglikelihood.shape != later.loglikelihood.shape:
        raise ValueError("both models must be judged by the same documents")
    hard = earlier.margin <= np.quantile(earlier.margin, undecided)
    return float(np.median(np.abs(earlier.loglikelihood - later.loglikelihood)[hard]))


def beats(champion: Behaviour, challenger: Behaviour, rules: Rules) -> bool:
    """Whether the challenger's loss is lower by the margin, and not by chance, document by document."""
    theirs, mine = champion.losses(), challenger.losses()
    better = theirs - mine
    if not np.all(np.isfinite(better)):
        return bool(np.all(np.isfinite(mine)))
    error = float(better.std(ddof=1)) / math.sqrt(len(better))
    return bool(better.mean() >= rules.margin * theirs.mean() and better.mean() > rules.deviations * error)
