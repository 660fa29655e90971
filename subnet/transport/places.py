"""How many queries are answered at once, whose turn it is, and who need not wait because it would be in vain.

A caller runs at most twice its stake's share of the places, and never more than `per_caller`. When places are
short, queries wait; the next place goes to the caller that has had least for its stake (start-time fair
queueing), so that one who asks without end delays nobody but itself. A query that cannot be done by its
deadline, judged by how long this caller's queries took, is refused at once with the time after which to come
back: who is told "busy" can ask somebody else. One whose turn comes too late after all is refused then.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from dataclasses import dataclass, field

from subnet.protocol import Hotkey

SLACK = 2.0
"""How much more than its stake's share one caller may use at once while others use less."""

LEAST_SHARE = 1e-3
"""The share of whoever is served at all: a turn comes, even without stake."""

NEWEST = 0.1
"""The weight of the newest observation in the mean time per query."""


class Busy(Exception):
    """No place in time; `retry_after` is the whole number of seconds after which there may be one."""

    def __init__(self, detail: str, seconds: float) -> None:
        super().__init__(detail)
        self.retry_after = max(1, math.ceil(seconds))


@dataclass(slots=True, eq=False)
class Place:
    """One place that a caller holds; it must be given back."""

    caller: Hotkey
    began: float


@dataclass(slots=True, eq=False)
class Turn:
    """A query that waits: what it waits for, and the loop's time at which nobody needs it any more."""

    place: asyncio.Future[Place]
    due: float


@dataclass(slots=True)
class Took:
    """The mean time of queries in seconds, newer ones counting more; 0 before the first."""

    seconds: float = 0.0

    def observe(self, seconds: float, finished: bool) -> None:
        """A query took that long, or was ended after it; the latter tells something only when it is long."""
        if not self.seconds:
            self.seconds = seconds
        elif finished or seconds > self.seconds:
            self.seconds += NEWEST * (seconds - self.seconds)


@dataclass(slots=True)
class Account:
    """What is remembered of one caller: its part of the service, the places it holds, and who of it waits.

    `served` is a virtual time: the sum of turns divided by share.
    """

    share: float
    served: float = 0.0
    took: Took = field(default_factory=Took)
    held: int = 0
    waiting: deque[Turn] = field(default_factory=deque)


class Places:
    """A fixed number of places and of seats to wait on."""

    def __init__(self, total: int, per_caller: int, waiting: int = 0) -> None:
        self._total = total
        self._per_caller = per_caller
        self._seats = waiting
        self._accounts: dict[Hotkey, Account] = {}
        self._held = 0
        self._waiting = 0
        self._virtual = 0.0
        self._took = Took()

    async def take(self, caller: Hotkey, share: float, seconds: float) -> Place:
        """A place, at once or in turn; the query has `seconds` left. Raises Busy."""
        account = self._account(caller, max(share, LEAST_SHARE))
        if not account.waiting and self._has_room(account):
            return self._grant(caller, account)
        wait = self._wait(account)
        if len(account.waiting) >= self._part(account.share, self._seats):
            raise Busy("too many queries wait for an answer", wait)
        if wait + self._seconds(account) > seconds:
            raise Busy(f"no place before the query's deadline: about {wait:.1f} s to wait", wait)
        loop = asyncio.get_running_loop()
        turn = Turn(loop.create_future(), loop.time() + seconds)
        account.waiting.append(turn)
        self._waiting += 1
        try:
            return await turn.place
        except asyncio.CancelledError:
            self._leave(account, turn)
            raise

    def give_back(self, place: Place, finished: bool = True) -> None:
        """Frees a place; `finished` says that its time tells how long this caller's queries take."""
        account = self._accounts[place.caller]
        account.held -= 1
        self._held -= 1
        seconds = asyncio.get_running_loop().time() - place.began
        account.took.observe(seconds, finished)
        self._took.observe(seconds, finished)
        if self._waiting:
            self._next()

    def _next(self) -> None:
        """Hands free places to those whose turn it is."""
        while self._held < self._total:
            ready = [
                (account.served, caller)
                for caller, account in self._accounts.items()
                if account.waiting and self._has_room(account)
            ]
            if not ready:
                return
            caller = min(ready)[1]
            account = self._accounts[caller]
            turn = account.waiting.popleft()
            self._waiting -= 1
            if not turn.place.done():
                self._call(caller, account, turn)

    def _call(self, caller: Hotkey, account: Account, turn: Turn) -> None:
        """Gives a place to whom it helps, and a word to whom it does not: a place is wasted on a lost query."""
        left = turn.due - asyncio.get_running_loop().time()
        if self._seconds(account) <= left:
            turn.place.set_result(self._grant(caller, account))
        else:
            turn.place.set_exception(Busy("the query's turn came too late", self._wait(account)))

    def _grant(self, caller: Hotkey, account: Account) -> Place:
        account.held += 1
        self._held += 1
        self._virtual = max(self._virtual, account.served)
        account.served = self._virtual + 1 / account.share
        return Place(caller, asyncio.get_running_loop().time())

    def _leave(self, account: Account, turn: Turn) -> None:
        """Who gives up waiting leaves the queue, or gives back the place that came at the same moment."""
        if turn in account.waiting:
            account.waiting.remove(turn)
            self._waiting -= 1
        elif turn.place.done() and not turn.place.cancelled() and turn.place.exception() is None:
            self.give_back(turn.place.result(), finished=False)

    def _account(self, caller: Hotkey, share: float) -> Account:
        account = self._accounts.get(caller)
        if account is None:
            account = self._accounts[caller] = Account(share, self._virtual)
        account.share = share
        return account

    def _has_room(self, account: Account) -> bool:
        if self._held >= self._total or account.held >= self._per_caller:
            return False
        return account.held < self._part(account.share, self._total)

    def _wait(self, account: Account) -> float:
        """About how long a new query of the caller would wait, in seconds."""
        places = account.held or self._part(account.share, self._total) / SLACK
        return self._seconds(account) * (len(account.waiting) + 1) / max(places, 1)

    def _seconds(self, account: Account) -> float:
        """How long the caller's queries take; those of all callers are the best guess for a new one."""
        return account.took.seconds or self._took.seconds

    @staticmethod
    def _part(share: float, whole: int) -> int:
        return min(whole, math.ceil(SLACK * share * whole))
