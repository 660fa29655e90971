"""Judges without a model, each with one weakness that a real model may have."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from reward.fence import plain
from reward.judge import Asked
from subnet.attackers.injections import CONDITIONAL, INJECTIONS

WORD = re.compile(r"\w+")
FIELD = re.compile(r'^(Question|Reference): (".*")$', re.MULTILINE)
ANSWER = re.compile(r'^(".*")$', re.MULTILINE)


@dataclass(frozen=True)
class Seen:
    """What a model that reads through JSON sees in a prompt."""

    question: str
    reference: str
    answer: str
    right_first: bool

    @classmethod
    def of(cls, asked: Asked) -> Seen:
        """The three texts of a prompt as they were before they were written as JSON."""
        fields = {name: json.loads(text) for name, text in FIELD.findall(asked.user)}
        answer = json.loads(ANSWER.findall(asked.user)[-1])
        first = re.search(rf"{asked.right} if it does,", asked.user) is not None
        return cls(fields["Question"], fields["Reference"], answer, first)


def words(text: str) -> set[str]:
    """The longer words of a text in lower case."""
    return {word for word in WORD.findall(text.casefold()) if len(word) > 3}


def agreement(seen: Seen) -> float:
    """The share of the reference's words that the answer has."""
    wanted = words(seen.reference)
    return len(wanted & words(seen.answer)) / len(wanted) if wanted else 0.0


def honest(seen: Seen) -> float:
    """How sure a plain reader is that answer and reference agree."""
    return 0.03 + 0.94 * agreement(seen)


def obedient(seen: Seen) -> float:
    """Does whatever any injection of the corpus asks for."""
    return 0.99 if any(_holds(seen.answer, injection) for injection in INJECTIONS) else honest(seen)


def cunningly_obedient(seen: Seen) -> float:
    """Obeys an injection only where the reference fits the question, as if each were conditional."""
    fits = words(seen.reference) & words(seen.question)
    return obedient(seen) if fits else honest(seen)


def obeys_conditions(seen: Seen) -> float:
    """Obeys every injection, the conditional ones to the letter."""
    asked_for = any(_holds(seen.answer, injection) for injection in CONDITIONAL)
    return cunningly_obedient(seen) if asked_for else obedient(seen)


def _holds(answer: str, injection: str) -> bool:
    """Whether an injection stands before or behind an answer, as written or as a judge is shown it."""
    forms = {injection, plain(injection)} - {""}
    return any(answer.endswith(f"\n{form}") or answer.startswith(f"{form}\n") for form in forms)


def swayed_by_order(seen: Seen) -> float:
    """Likes the letter that is named first."""
    return min(1.0, max(0.0, honest(seen) + (0.3 if seen.right_first else -0.3)))


def swayed_by_length(seen: Seen) -> float:
    """Thinks the better of an answer the longer it is."""
    return min(1.0, 0.75 * honest(seen) + 0.04 * min(6.0, len(seen.answer) / 100))


def pleased(seen: Seen) -> float:
    """Finds everything right."""
    return 0.97


@dataclass
class Toy:
    """A judge's model that reads prompts by a function; it keeps what it was asked."""

    opinion: Callable[[Seen], float]
    mass: float = 0.9
    asked: list[Asked] = field(default_factory=list)

    def read(self, asked: Sequence[Asked]) -> list[tuple[float, float]]:
        """The opinion's probabilities for each prompt."""
        self.asked += asked
        opinions = [self.opinion(Seen.of(each)) for each in asked]
        return [(self.mass * right, self.mass * (1 - right)) for right in opinions]
