"""What a server says to a request that it does not answer: a status, a fixed word, and a line for the caller."""

from __future__ import annotations

import json
from dataclasses import dataclass

JSON_TYPE = b"content-type: application/json\r\n"
STREAM_TYPE = b"content-type: text/event-stream\r\ncache-control: no-store\r\n"
PHRASES = {
    200: b"OK",
    400: b"Bad Request",
    401: b"Unauthorized",
    403: b"Forbidden",
    404: b"Not Found",
    408: b"Request Timeout",
    413: b"Content Too Large",
    429: b"Too Many Requests",
    500: b"Internal Server Error",
    503: b"Service Unavailable",
}


@dataclass(slots=True)
class Response:
    """A whole reply: status, body, and further header lines, each ended by CRLF.

    With `streamed` the body is the last events of a reply whose pieces were sent while it was made.
    """

    status: int
    body: bytes
    headers: bytes = b""
    streamed: bool = False

    def encoded(self, last: bool = False) -> bytes:
        """The reply's bytes on the wire; `last` says that no other follows on its connection."""
        first = b"HTTP/1.1 %d %b\r\n" % (self.status, PHRASES[self.status])
        close = b"connection: close\r\n" if last else b""
        length = b"content-length: %d\r\n" % len(self.body)
        return b"".join((first, JSON_TYPE, length, self.headers, close, b"\r\n", self.body))


def stream_head(last: bool) -> bytes:
    """The head of a reply that comes as events; `last` says that no other reply follows."""
    close = b"connection: close\r\n" if last else b""
    return b"HTTP/1.1 200 OK\r\n" + STREAM_TYPE + b"transfer-encoding: chunked\r\n" + close + b"\r\n"


class Denied(Exception):
    """A request that gets no answer.

    `close` says that nobody has vouched for the request, whose body is then not read. `retry_after` is the
    whole number of seconds after which the same request may succeed. `time` is the server's clock in unix
    seconds, told where clocks are the reason.
    """

    def __init__(
        self,
        status: int,
        error: str,
        detail: str,
        *,
        close: bool = False,
        retry_after: int | None = None,
        time: float | None = None,
    ) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.detail = detail
        self.close = close
        self.retry_after = retry_after
        self.time = time

    def told(self) -> dict[str, object]:
        """What the caller is told."""
        told: dict[str, object] = {"error": self.error, "detail": self.detail}
        return told if self.time is None else {**told, "time": self.time}

    def response(self) -> Response:
        """The refusal as a reply."""
        headers = b"" if self.retry_after is None else b"retry-after: %d\r\n" % self.retry_after
        body = json.dumps(self.told(), separators=(",", ":")).encode()
        return Response(self.status, body, headers)


def where_raised(failure: BaseException) -> str:
    """File and line where an exception was raised."""
    trace = failure.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "an unknown place"
