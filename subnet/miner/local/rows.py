"""One query on its way through a model: its prompt, its sampler, the tokens it has, and who waits for them."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field

from subnet.errors import BackendError
from subnet.inference.sampler import Sampler
from subnet.miner.local.loading import Loaded
from subnet.miner.speech import Letters, Speech
from subnet.protocol import SEED_BITS, Completion, Heard, Query


@dataclass(slots=True, eq=False)
class Caller:
    """Who waits for a completion, told on its event loop alone; without a future: nobody, as at the warm-up."""

    waiter: asyncio.Future[Completion] | None = None
    heard: Heard | None = None
    gone: bool = False

    def tell(self, piece: str) -> None:
        """Says a piece to who listens and has not left."""
        if piece and self.heard is not None and not self.gone:
            try:
                self.heard(piece)
            except BackendError as failure:
                # It is this caller's failure alone; the others of the same step are yet to be told.
                self.settle(failure)

    def settle(self, outcome: Completion | BackendError) -> None:
        """Gives the caller its outcome; one that has left or has an outcome already keeps what it has."""
        if self.waiter is None or self.waiter.done():
            return
        if isinstance(outcome, BackendError):
            self.waiter.set_exception(outcome)
        else:
            self.waiter.set_result(outcome)


@dataclass(slots=True, eq=False)
class Row:
    """A query's place in a running batch.

    `room` is how many tokens there may be; `tokens` are all that were generated, the one that ended the text
    included.
    """

    prompt: list[int]
    room: int
    sampler: Sampler
    ends: frozenset[int]
    letters: Letters
    speech: Speech
    caller: Caller
    tokens: list[int] = field(default_factory=list)
    ended: bool = False

    @property
    def length(self) -> int:
        """Tokens of prompt and reply together."""
        return len(self.prompt) + len(self.tokens)

    def take(self, token: int) -> str:
        """Append a generated token; the text that may be said with it.

        The row ends at an end token, a stop string, the last of its room, or when the caller is gone.
        """
        self.tokens.append(token)
        over = token in self.ends or self.caller.gone
        piece = ""
        if not over and self._read_along:
            piece = self.speech.add(self.letters.add(token))
        elif not over:
            self.letters.keep(token)
        self.ended = over or self.speech.stopped or len(self.tokens) >= self.room
        if self.ended and not self.speech.stopped:
            piece += self.speech.add(self.letters.rest()) + self.speech.rest()
        return piece

    @property
    def _read_along(self) -> bool:
        """Whether the text is wanted before its end; making it costs as much as a step of a small model."""
        return self.caller.heard is not None or bool(self.speech.stop)

    def completion(self) -> Completion:
        """The text so far and the tokens it came from."""
        return Completion(self.speech.text, len(self.tokens), tuple(self.tokens))


Said = list[tuple[Row, str]]
"""What a step brought: rows that have a new piece of text, or have ended."""


def deliver(said: Said) -> None:
    """Tells callers their pieces and gives those whose rows have ended their completions; on the event loop."""
    for row, piece in said:
        row.caller.tell(piece)
        if row.ended:
            row.caller.settle(row.completion())


def row_of(query: Query, caller: Caller, loaded: Loaded) -> Row:
    """The row of a query; encodes its prompt, which takes a while. Raises BackendError as `encoded` does."""
    prompt = loaded.encoded(query)
    seed = query.seed if query.seed is not None else secrets.randbits(SEED_BITS)
    room = min(query.max_tokens, loaded.limits.context - len(prompt))
    sampler = Sampler(seed, query.temperature, query.top_k)
    return Row(prompt, room, sampler, loaded.ends, Letters(loaded.decoded), Speech(query.stop), caller)


def warm_up_row(loaded: Loaded) -> Row:
    """A row of a few tokens that nobody waits for, sampled so that all parts of a step run once."""
    sampler = Sampler(0, 1.0, top_k=8)
    return Row([0, 0, 0, 0], 3, sampler, frozenset(), Letters(loaded.decoded), Speech(), Caller())
