"""How much of a miner each caller may use over time: its stake's share of what the operator gives away.

For miners whose answers cost money. A caller may use a minute's worth at once, and then as much as comes back.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from subnet.protocol import Hotkey

MINUTE = 60.0


class Spent(Exception):
    """A caller's quota is used up; `retry_after` is the whole number of seconds until there is one query more."""

    def __init__(self, per_minute: float, seconds: float) -> None:
        super().__init__(f"this hotkey's stake gives it {per_minute:.3g} queries per minute here")
        self.retry_after = max(1, math.ceil(seconds))


class Quotas:
    """`per_minute` queries for all callers together; 0 sets no limit."""

    def __init__(self, per_minute: float = 0.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._left: dict[Hotkey, tuple[float, float]] = {}

    def spend(self, caller: Hotkey, share: float) -> None:
        """Takes one query from the caller's quota, by its share of the stake. Raises Spent."""
        if not self._per_minute:
            return
        now, quota = self._clock(), self._per_minute * share
        most = max(1.0, quota)
        left, seen = self._left.get(caller, (most, now))
        left = min(most, left + (now - seen) * quota / MINUTE)
        if left < 1.0:
            self._left[caller] = left, now
            raise Spent(quota, (1.0 - left) * MINUTE / quota if quota else MINUTE)
        self._left[caller] = left - 1.0, now
