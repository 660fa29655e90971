"""Named hostile endpoints that answer a query for pieces: streams without end, sense or proof."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable

from subnet.transport import events
from tests.transport.hostile_world import Asked, Handle, keys_of

STREAMS: dict[str, Handle] = {}


def _head(asked: Asked, *headers: str) -> bytes:
    return asked.head_of("Content-Type: text/event-stream", "Transfer-Encoding: chunked", *headers)


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _event(name: str, data: bytes) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + data + b"\n\n"


def _proof(asked: Asked, answer: bytes) -> bytes:
    """The last two events of an honest stream."""
    return events.ending(answer, asked.receipt(answer).split(": ")[1])


def endless(name: str, part: bytes, pause: float = 0.0) -> None:
    """An endpoint that begins a stream and repeats one part of it for ever."""

    async def handle(asked: Asked) -> None:
        asked.writer.write(_head(asked))
        await asked.for_ever(part, pause)

    STREAMS[name] = handle


def told(name: str, parts: Callable[[Asked], Iterable[bytes]], *headers: str) -> None:
    """An endpoint that sends these events and ends the stream."""

    async def handle(asked: Asked) -> None:
        chunks = [_chunk(part) for part in parts(asked)]
        await asked.send(_head(asked, *headers), *chunks, b"0\r\n\r\n")

    STREAMS[name] = handle


endless("stream of pieces without end", _chunk(events.piece("more ") * 1000))
endless("stream of pieces, slowly, for ever", _chunk(events.piece("more ")), pause=0.02)
endless("stream of letters without end", _chunk(events.piece("e") * 1000))
endless("stream in chunks of a byte without end", b"1\r\ne\r\n" * 1000)
endless("stream of empty pieces without end", _chunk(_event("piece", b'""')) * 1000)
endless("stream of one event without end", _chunk(b"event: piece\ndata: " + b"x" * 65536))
endless("stream of comments without end", _chunk(b": still here\n\n") * 1000)
endless("stream of blank lines without end", _chunk(b"\n" * 65536))
endless("stream of answers without end", _chunk(_event("answer", b"{}")) * 1000)
endless("stream in chunks of a byte, extended without end", b"1;" + b"x" * 4000 + b"\r\ne\r\n")

told("stream of other pieces", lambda a: [events.piece("41"), _proof(a, a.answer())])
told("stream of too many pieces", lambda a: [events.piece("42"), events.piece("!"), _proof(a, a.answer())])
told("stream of too few pieces", lambda a: [events.piece("4"), _proof(a, a.answer())])
told("stream without pieces", lambda a: [_proof(a, a.answer())])
told("stream without an answer", lambda a: [events.piece("42")])
told("stream without anything", lambda a: [])
told("stream without receipt", lambda a: [events.piece("42"), _event("answer", a.answer())])
told(
    "stream with the receipt of another hotkey",
    lambda a: [
        events.piece("42"),
        events.ending(a.answer(), a.receipt(a.answer(), keys_of("other")).split(": ")[1]),
    ],
)
told(
    "stream with a receipt for another answer",
    lambda a: [
        events.piece("42"),
        events.ending(a.answer(), a.receipt(a.answer(tokens=2)).split(": ")[1]),
    ],
)
told("stream that goes on after its receipt", lambda a: [*_right(a), events.piece("more")])
told(
    "stream with two answers", lambda a: [events.piece("42"), _event("answer", b"{}"), _proof(a, a.answer())]
)
told("stream with a piece after the answer", lambda a: [_event("answer", a.answer()), *_right(a)])
told(
    "stream of an answer to another query",
    lambda a: [events.piece("42"), _proof(a, a.answer(query_id="q" * 9))],
)
told("stream with a deep piece", lambda a: [_event("piece", b"[" * 100_000 + b"]" * 100_000), *_right(a)])
told("stream with a piece that is a number", lambda a: [_event("piece", b"42"), _proof(a, a.answer())])
told("stream with half of a character", lambda a: [_event("piece", b'"\\ud800"'), *_right(a)])
told("stream in invalid UTF-8", lambda a: [_event("piece", b'"\xff\xfe"'), *_right(a)])
told("stream with an unknown event", lambda a: [_event("price", b"1"), *_right(a)])
told("stream with other line ends", lambda a: [b"event: piece\r\ndata: 42\r\n\r\n", *_right(a)])
told("stream with an error of a huge status", lambda a: [_event("error", b'{"status":' + b"9" * 5000 + b"}")])
told("stream with an error of NaN", lambda a: [_event("error", b'{"status":NaN}')])
told("stream, compressed", lambda a: [gzip.compress(b"".join(_right(a)))], "Content-Encoding: gzip")
told("stream that says it is compressed", lambda a: _right(a), "Content-Encoding: gzip")


def _right(asked: Asked) -> list[bytes]:
    """What an honest miner sends."""
    return [events.piece("42"), _proof(asked, asked.answer())]
