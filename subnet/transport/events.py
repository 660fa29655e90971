"""A reply piece by piece, as server-sent events: pieces of the text, then the whole answer, then its receipt.

    event: piece      data: a JSON string, never empty; the pieces in order are the answer's text
    event: answer     data: the answer's JSON, byte for byte what an unstreamed reply would have as its body
    event: receipt    data: the value of the receipt's header, which vouches for the answer's bytes
    event: error      data: a refusal's JSON with its status; instead of what is still missing

Nothing vouches for a piece before the receipt came. A refusal that is known before the first piece is an
ordinary reply. This is a narrow dialect: whatever else the format allows is malformed here.
"""

from __future__ import annotations

import re
from typing import Any

from pydantic_core import from_json, to_json

from subnet.errors import TransportError
from subnet.protocol import MAX_ANSWER_BYTES, MAX_TEXT_CHARS, MAX_TOKENS, Heard
from subnet.transport.refusals import Denied

MOST_PIECES = MAX_TOKENS
"""Reading a piece costs far more than its bytes do, so that their number is bounded, too."""

MAX_EVENT_BYTES = MAX_ANSWER_BYTES + 64
MAX_STREAM_BYTES = 3 * MAX_ANSWER_BYTES
"""The text in pieces, the answer that has it again, and what frames the pieces."""

EVENT = re.compile(rb"event: (piece|answer|receipt|error)\ndata: (.*)")
END = b"\n\n"


class NotAStream(TransportError):
    """What came is no stream of events, or not in the order in which an answer has them."""


def piece(text: str) -> bytes:
    """A piece of the text as an event."""
    return _event(b"piece", to_json(text))


def ending(answer: bytes, receipt: str) -> bytes:
    """The last two events: the answer's JSON and what vouches for it."""
    return _event(b"answer", answer) + _event(b"receipt", receipt.encode())


def failure(denied: Denied) -> bytes:
    """The last event of a reply that will not be whole."""
    return _event(b"error", to_json({"status": denied.status, **denied.told()}))


def _event(name: bytes, data: bytes) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (name, data)


class Events:
    """The asker's end of a stream: tells the pieces as they come, and keeps what the reply ends with.

    `answer` and `receipt` are the last two events' data; `refused` is the status and JSON of an error event.
    """

    def __init__(self, heard: Heard) -> None:
        self._heard = heard
        self._unread = bytearray()
        self._searched = 0
        self._pieces: list[str] = []
        self._chars = 0
        self.answer: bytes | None = None
        self.receipt: bytes | None = None
        self.refused: tuple[int, bytes] | None = None

    @property
    def text(self) -> str:
        """All pieces so far."""
        return "".join(self._pieces)

    def take(self, data: bytes) -> None:
        """Reads on. Raises NotAStream."""
        self._unread += data
        while (end := self._unread.find(END, self._searched)) >= 0:
            self._one(bytes(self._unread[:end]))
            del self._unread[: end + len(END)]
            self._searched = 0
        self._searched = max(0, len(self._unread) - 1)
        if len(self._unread) > MAX_EVENT_BYTES:
            raise NotAStream("an event without end")

    def _one(self, raw: bytes) -> None:
        event = EVENT.fullmatch(raw)
        if event is None or self.receipt is not None or self.refused is not None:
            raise NotAStream("not an event, or one too many")
        name, data = event.groups()
        if name == b"receipt" and self.answer is not None:
            self.receipt = data
        elif self.answer is not None or name == b"receipt":
            raise NotAStream("events out of order")
        elif name == b"answer":
            self.answer = data
        elif name == b"error":
            self.refused = _status(data), data
        else:
            self._piece(_read(data))

    def _piece(self, text: Any) -> None:
        if not isinstance(text, str) or not text:
            raise NotAStream("a piece that is no text")
        self._chars += len(text)
        if self._chars > MAX_TEXT_CHARS or len(self._pieces) >= MOST_PIECES:
            raise NotAStream("more text than an answer may have")
        self._pieces.append(text)
        self._heard(text)


def _status(data: bytes) -> int:
    told = _read(data)
    status = told.get("status") if isinstance(told, dict) else None
    if not isinstance(status, int) or not 400 <= status < 600:
        raise NotAStream("an error that is none")
    return status


def _read(data: bytes) -> Any:
    try:
        return from_json(data, cache_strings="keys")
    except ValueError:
        raise NotAStream("an event whose data is no JSON") from None
