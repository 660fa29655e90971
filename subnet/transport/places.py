"""How many queries are answered at once, whose turn it is, and who need not wait because it would be in vain.

A caller runs at most twice its stake's share of the places, and never more than `per_caller`. When places are
short, queries wait; the next place goes to the caller that has had least for its stake (start-time fair
queueing), so that one who asks without end delays nobody but itself. A query that cannot be done by its
deadline, judged by how long this caller's queries took, is refused at once with the time after which to come
back: who is told "busy" can ask somebody else.
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


@dataclass(slots=True)
class Account:
    """What is remembered of one caller: its part of the service, the places it holds, and who of it waits.

    `served` is a virtual time: the sum of turns divided by share. `seconds` is the mean time of its queries,
    0 until one was finished.
    """

    share: float
    served: float = 0.0
    seconds: float = 0.0
    held: int = 0
    waiting: deque[asyncio.Future[Place]] = field(default_factory=deque)


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

    async def take(self, caller: Hotkey, share: float, seconds: float) -> Place:
        """A place, at once or in turn; the query has `seconds` left. Raises Busy."""
        account = self._account(caller, max(share, LEAST_SHARE))
        if not account.waiting and self._has_room(account):
            return self._grant(caller, account)
        wait = self._wait(account)
        if len(account.waiting) >= self._part(account.share, self._seats):
            raise Busy("too many queries wait for an answer", wait)
        if wait + account.seconds > seconds:
            raise Busy(f"no place before the query's deadline: about {wait:.1f} s to wait", wait)
        turn: asyncio.Future[Place] = asyncio.get_running_loop().create_future()
        account.waiting.append(turn)
        self._waiting += 1
        try:
            return await turn
        except asyncio.CancelledError:
            self._leave(account, turn)
            raise

    def give_back(self, place: Place, finished: bool = True) -> None:
        """Frees a place; `finished` says that its time tells how long this caller's queries take."""
        account = self._accounts[place.caller]
        account.held -= 1
        self._held -= 1
        if finished:
            took = asyncio.get_running_loop().time() - place.began
            account.seconds = account.seconds + NEWEST * (took - account.seconds) if account.seconds else took
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
            if not turn.done():
                turn.set_result(self._grant(caller, account))

    def _grant(self, caller: Hotkey, account: Account) -> Place:
        account.held += 1
        self._held += 1
        self._virtual = max(self._virtual, account.served)
        account.served = self._virtual + 1 / account.share
        return Place(caller, asyncio.get_running_loop().time())

    def _leave(self, account: Account, turn: asyncio.Future[Place]) -> None:
        """Who gives up waiting leaves the queue, or gives back the place that came at the same moment."""
        if turn in account.waiting:
            account.waiting.remove(turn)
            self._waiting -= 1
        elif turn.done() and not turn.cancelled():
            self.give_back(turn.result(), finished=False)

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
        return account.seconds * (len(account.waiting) + 1) / max(places, 1)

    @staticmethod
    def _part(share: float, whole: int) -> int:
        return min(whole, math.ceil(SLACK * share * whole))
