"""How many queries are answered at once, in all and for one caller.

Nobody waits in line here: a caller that is told "busy" at once can ask somebody else, one that waits cannot.
"""

from __future__ import annotations

from collections import Counter

from subnet.protocol import Hotkey


class Places:
    """A fixed number of places, of which one caller holds at most its share."""

    def __init__(self, total: int, per_caller: int) -> None:
        self._total = total
        self._per_caller = per_caller
        self._held: Counter[Hotkey] = Counter()

    def take(self, caller: Hotkey) -> bool:
        """Whether the caller got a place; one that got it must give it back."""
        if self._held.total() >= self._total or self._held[caller] >= self._per_caller:
            return False
        self._held[caller] += 1
        return True

    def give_back(self, caller: Hotkey) -> None:
        """Frees one place of the caller."""
        self._held[caller] -= 1
        if self._held[caller] <= 0:
            del self._held[caller]
