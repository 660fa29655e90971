"""What crosses the wire between a validator and a miner, and how both name each other.

Wire models are frozen, versioned and bounded: unknown fields are refused, and every text, list and number
has a limit, so that a hostile message is rejected by its shape before anything looks at its meaning.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal, NewType

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Hotkey = NewType("Hotkey", str)
"""The ss58 address of a neuron's hotkey: the identity to which scores belong."""

Coldkey = NewType("Coldkey", str)
"""The ss58 address that owns hotkeys and holds funds."""

VERSION = "assay/1"
QUERY_PATH = "/assay/1/query"
"""The request target of a query; it is part of what a caller signs."""

MAX_QUERY_BYTES = 256 * 1024
MAX_ANSWER_BYTES = 1024 * 1024
MAX_MESSAGES = 64
MAX_PROMPT_CHARS = 64 * 1024
MAX_TEXT_CHARS = 256 * 1024
MAX_TOKENS = 8192
SEED_BITS = 63

Text = Annotated[str, StringConstraints(max_length=MAX_PROMPT_CHARS)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=256)]
TokenId = Annotated[int, Field(ge=0, lt=1 << 24)]


class Wire(BaseModel):
    """Base of all wire models: frozen, no unknown fields, no silent type conversion."""

    # Values hardly come twice, and pydantic would keep 16,384 of them for ever, whoever sent them.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, cache_strings="keys")


class Message(Wire):
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: Text


class Query(Wire):
    """What a miner is asked; nothing in it tells how the reply will be judged.

    `seconds` is the time the caller will wait, counted from its side. `seed`, when given, is the sampling
    seed that an honest miner uses; `top_k`, when given, the number of likeliest tokens it samples from. `stop`
    holds strings at which the text ends (they are not returned). With `stream` the answer is sent piece by
    piece as it is made.
    """

    version: Literal["assay/1"] = "assay/1"
    id: Annotated[str, StringConstraints(min_length=8, max_length=64, pattern=r"^[0-9A-Za-z_-]+$")]
    messages: Annotated[tuple[Message, ...], Field(min_length=1, max_length=MAX_MESSAGES, strict=False)]
    max_tokens: Annotated[int, Field(ge=1, le=MAX_TOKENS)] = 64
    temperature: Annotated[float, Field(ge=0.0, le=2.0, allow_inf_nan=False)] = 0.0
    top_k: Annotated[int, Field(ge=1, le=1024)] | None = None
    seed: Annotated[int, Field(ge=0, lt=1 << SEED_BITS)] | None = None
    stream: bool = False
    stop: Annotated[tuple[Name, ...], Field(max_length=8, strict=False)] = ()
    seconds: Annotated[float, Field(gt=0.0, le=600.0, allow_inf_nan=False)] = 12.0


class Answer(Wire):
    """What a miner sends back for one query.

    `query_id` repeats the query's id; `model` is the model that the miner claims to have run; `tokens` counts
    the generated tokens by the miner's own tokenizer. `token_ids` are those tokens in the claimed model's
    vocabulary, the one that ended the text included, where the backend knows them: what a check of the claimed
    model reads.
    """

    version: Literal["assay/1"] = "assay/1"
    query_id: Annotated[str, StringConstraints(min_length=8, max_length=64)]
    text: Annotated[str, StringConstraints(max_length=MAX_TEXT_CHARS)]
    model: Name
    tokens: Annotated[int, Field(ge=0, le=1 << 20)] = 0
    token_ids: Annotated[tuple[TokenId, ...], Field(max_length=MAX_TOKENS, strict=False)] = ()


@dataclass(frozen=True, slots=True)
class Completion:
    """What a backend produced: the text after stop strings were cut, the number of its generated tokens, and
    their ids where the backend knows them.
    """

    text: str
    tokens: int
    token_ids: tuple[int, ...] = ()


Heard = Callable[[str], None]
"""Is told every piece of a text as soon as it is made; the pieces in order are the text."""


Failure = Literal["unreachable", "timeout", "refused", "busy", "malformed", "oversized", "error"]
"""Why there is no answer. Every one of them is silence to a score."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One peer's reply to one query as the asker saw it; silence is data.

    Exactly one of `answer` and `failure` is set. `seconds` is wall time from sending to the last byte, or
    until the failure was known. `detail` is a short machine-made line for logs and never holds prompt text.
    """

    answer: Answer | None
    seconds: float
    failure: Failure | None = None
    detail: str = ""

    @classmethod
    def missing(cls, failure: Failure, seconds: float, detail: str = "") -> Reply:
        """The reply of a peer that gave no usable answer."""
        return cls(answer=None, seconds=seconds, failure=failure, detail=detail[:200])

    @property
    def text(self) -> str | None:
        """The answered text, or None when the peer was silent."""
        return None if self.answer is None else self.answer.text


@dataclass(frozen=True, slots=True)
class Address:
    """Where a peer published that it listens: an IP address (never a name), a port, and its TLS key.

    `key` is what `serve_axon_tls` stored for it, algorithm byte and public key, as hex text. Who has one is spoken
    to over TLS only; without one it is plain HTTP.
    """

    host: str
    port: int
    key: str = ""


@dataclass(frozen=True, slots=True)
class Peer:
    """A member of the subnet as the chain shows it at one block.

    `uid` is its seat at that block and must not outlive it. `stake` is the total stake weight in rao,
    `emission` the alpha rao of the last epoch; `incentive` and `dividends` are proportions in [0, 1];
    `registered_at` and `last_update` are block numbers. `address` is None when no axon is published.
    """

    hotkey: Hotkey
    coldkey: Coldkey
    uid: int
    address: Address | None
    stake: int
    validator_permit: bool
    incentive: float
    dividends: float
    emission: int
    registered_at: int
    last_update: int
