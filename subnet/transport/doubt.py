"""How many signatures of strangers a server checks: enough for newcomers, too few to keep it busy.

A forged request in the name of a served caller costs a signature check, as much as an honest one. Connections
and hosts that have brought an accepted request are checked always; for all others together there is a budget
that failed checks use up. So a flood of forgeries costs a bounded part of a core, and honest callers on kept
connections do not notice it; whoever comes anew from an unknown host in that second is told to come again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from subnet.transport.refusals import Denied

FAILED_PER_SECOND = 200.0
"""Failed checks that are afforded in a second: about a hundredth of one core."""

MOST_HOSTS = 4096


@dataclass(slots=True)
class Source:
    """Where requests come from: a host, and whether this connection has brought an accepted one."""

    host: str = ""
    proven: bool = False


class Doubt:
    """The budget of one server."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._left = FAILED_PER_SECOND
        self._seen = clock()
        self._hosts: dict[str, None] = {}

    def check(self, source: Source) -> None:
        """Returns when a signature from there is worth checking; raises Denied when it has to wait."""
        if source.proven or source.host in self._hosts:
            return
        self._refill()
        if self._left < 1.0:
            raise Denied(503, "busy", "too many forged requests in this second", close=True, retry_after=1)

    def accepted(self, source: Source) -> None:
        """A request from there was signed, and for the first time."""
        if not source.proven:
            source.proven = True
            self._hosts[source.host] = None
            if len(self._hosts) > MOST_HOSTS:
                del self._hosts[next(iter(self._hosts))]

    def failed(self, source: Source) -> None:
        """A signature from there was wrong or used before."""
        source.proven = False
        self._hosts.pop(source.host, None)
        self._refill()
        self._left = max(0.0, self._left - 1.0)

    def _refill(self) -> None:
        now = self._clock()
        self._left = min(FAILED_PER_SECOND, self._left + (now - self._seen) * FAILED_PER_SECOND)
        self._seen = now
