"""Was the claimed model run? A reward function that reads a reply's tokens with the model that they claim to be from.

    claimed = ClaimedModel.load("models/char", Path("models/char/calibration.json"), dtype="bfloat16")
    MINE = Rubric({solved: 1.0}, proofs={Batched(claimed): 20})

The validator sends a seed, an honest miner samples with its noise, and one pass of the reference over prompt and
reply says for each token whether the model would have taken it. docs/claimed-model.md says what that proves, what
gets through, and how to calibrate; no threshold is written here.

A rubric sees no hotkeys, so it decides reply by reply. `judged` also returns the evidence, from which the caller who
knows the hotkeys keeps a memory of each (`subnet.inference.decision`), which finds what single replies hide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from subnet.inference.calibration import Calibration, Calibrations, weights_digest
from subnet.inference.decision import rejection
from subnet.inference.evidence import Evidence, weigh
from subnet.inference.reference import Claim, Reference
from subnet.inference.sampler import Sampler
from subnet.inference.texts import Ending, end_tokens, inconsistency, prompt_ids
from subnet.protocol import Answer, Reply
from subnet.tasks.base import Task

CONTEXT = 4096
"""Tokens of prompt and reply that every miner must take on: its own default limit."""

Pair = tuple[Task, Reply]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the check says of one reply: 1 passed, 0 failed, None no evidence; and what its tokens showed."""

    value: float | None
    reason: str
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """A reply whose tokens are worth reading, at its place in the batch."""

    place: int
    claim: Claim
    calibration: Calibration


class ClaimedModel:
    """Judges pairs of task and reply; wrap it in `Batched`, and in `Sampled` where it is too dear for every reply.

    `name` is what an answer must name as its model. Undecided where the query has no seed or no calibration fits its
    temperature and candidates. With `required` an answer without token ids or from another model fails; without it
    such an answer is undecided, which lets every miner choose not to be checked.
    """

    __name__ = "claimed_model"

    def __init__(
        self,
        reference: Reference,
        calibrations: Calibrations,
        name: str,
        dtype: str = "bfloat16",
        required: bool = True,
    ) -> None:
        self.name = name
        self.dtype = dtype
        self._reference = reference
        self._calibrations = calibrations
        self._ends = end_tokens(reference.model, reference.tokenizer)
        self._otherwise = 0.0 if required else None

    @classmethod
    def load(
        cls, place: str, calibrations: Path, dtype: str = "bfloat16", *, name: str | None = None
    ) -> ClaimedModel:
        """From a checkpoint's folder or hub id and a calibration file.

        Raises ValueError when either cannot be read, when the file has nothing for this model and dtype class, or
        when it was made for other weights.
        """
        named = name or Path(place).name
        kept = Calibrations.load(calibrations)
        fitting = [c for c in kept.calibrations if (c.model, c.dtype) == (named, dtype)]
        if not fitting:
            raise ValueError(
                f"{calibrations} has no calibration of {named} in {dtype}: run python -m subnet.inference.calibrate"
            )
        if Path(place).is_dir():
            digest = weights_digest(Path(place))
            if any(each.weights != digest for each in fitting):
                raise ValueError(f"{calibrations} was made for other weights than those in {place}")
        return cls(Reference.load(place), kept, named, dtype)

    def __call__(self, pairs: Sequence[Pair]) -> list[float | None]:
        """1 for a reply that the claimed model may have written, 0 for one that it has not, None without evidence."""
        return [judgement.value for judgement in self.judged(pairs)]

    def judged(self, pairs: Sequence[Pair]) -> list[Judgement]:
        """The judgement of each pair, in order."""
        found = [self._look(place, *pair) for place, pair in enumerate(pairs)]
        due = [each for each in found if isinstance(each, Due)]
        decided = {each.place: judgement for each, judgement in zip(due, self._read(due), strict=True)}
        return [decided[each.place] if isinstance(each, Due) else each for each in found]

    def _look(self, place: int, task: Task, reply: Reply) -> Due | Judgement:
        """What can be said without the model, or what is to be read by it."""
        query, answer = task.query, reply.answer
        if answer is None:
            return Judgement(None, "no answer")
        if query.seed is None:
            return Judgement(None, "the query had no seed")
        calibration = self._calibrations.find((self.name, self.dtype, query.temperature, query.top_k))
        if calibration is None:
            return Judgement(
                None, f"not calibrated for temperature {query.temperature:g}, top-k {query.top_k}"
            )
        if answer.model != self.name:
            return Judgement(self._otherwise, "another model was claimed")
        if not answer.token_ids:
            return Judgement(self._otherwise, "no token ids")
        sampler = Sampler(query.seed, query.temperature, query.top_k)
        return self._claim(place, task, answer, sampler, calibration)

    def _claim(
        self, place: int, task: Task, answer: Answer, sampler: Sampler, calibration: Calibration
    ) -> Due | Judgement:
        query = task.query
        try:
            prompt = prompt_ids(
                self._reference.tokenizer, [message.model_dump() for message in query.messages]
            )
        except ValueError as refused:
            return Judgement(None, str(refused))
        context = min(self._reference.context, CONTEXT)
        if len(prompt) >= context:
            return Judgement(None, "the prompt is too long for the model")
        if max(answer.token_ids) >= self._reference.vocabulary:
            return Judgement(0.0, "tokens that the claimed model does not have")
        ending = Ending(self._ends, query.stop, min(query.max_tokens, context - len(prompt)))
        wrong = inconsistency(answer.text, answer.token_ids, self._reference.decode, ending)
        if wrong:
            return Judgement(0.0, wrong)
        return Due(place, Claim(prompt, answer.token_ids, sampler), calibration)

    def _read(self, due: Sequence[Due]) -> list[Judgement]:
        borders = [each.calibration.border for each in due]
        readings = self._reference.read([each.claim for each in due], borders)
        return [
            _judgement(weigh(reading, each.calibration), each.calibration)
            for reading, each in zip(readings, due, strict=True)
        ]


def _judgement(evidence: Evidence, calibration: Calibration) -> Judgement:
    wrong = rejection(evidence, calibration)
    if wrong:
        return Judgement(0.0, wrong, evidence)
    if evidence.tokens < calibration.least_tokens:
        return Judgement(None, f"{evidence.tokens} tokens are too few to tell", evidence)
    return Judgement(1.0, "", evidence)
