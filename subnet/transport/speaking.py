"""A reply that is sent as events while it is made, in chunks, at the pace at which the other side reads."""

from __future__ import annotations

import asyncio

from subnet.transport import events
from subnet.transport.refusals import stream_head


class Speaking:
    """One streamed reply; pieces that the other side does not read yet are held back and become one."""

    def __init__(self, transport: asyncio.Transport, last: bool, stuck: bool) -> None:
        self._transport = transport
        self._held: list[str] = []
        self.stuck = stuck
        transport.write(stream_head(last))

    def say(self, text: str) -> None:
        """Sends a piece, or holds it back; how much there can be is bounded by what an answer may have."""
        if self.stuck:
            self._held.append(text)
        elif not self._transport.is_closing():
            self._write(events.piece(text))

    def go_on(self) -> None:
        """Sends what was held back."""
        self.stuck = False
        self._release()

    def end(self, last_events: bytes) -> None:
        """Sends the end of the reply."""
        self._release()
        self._write(last_events)
        self._transport.write(b"0\r\n\r\n")

    def _release(self) -> None:
        held, self._held = "".join(self._held), []
        if held:
            self._write(events.piece(held))

    def _write(self, data: bytes) -> None:
        self._transport.write(b"%x\r\n%b\r\n" % (len(data), data))
