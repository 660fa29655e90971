"""The doctor: which checks each role gets, in the order in which their failures explain each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from subnet.advice import host, membership
from subnet.advice.facts import Facts
from subnet.advice.line import Line

Role = Literal["miner", "validator", "owner"]
Check = Callable[[Facts], Line]

BEFORE: tuple[Check, ...] = (host.sdk, host.hotkey, host.coldkey, membership.chain)
MEMBER: tuple[Check, ...] = (membership.registered, host.clock, host.machine)

CHECKS: dict[Role, tuple[Check, ...]] = {
    "miner": (*BEFORE, *MEMBER, host.port, membership.immunity),
    "validator": (
        *BEFORE,
        *MEMBER,
        membership.stake,
        membership.permit,
        membership.mechanism,
        membership.rate,
        membership.activity,
        membership.version,
        membership.limits,
        membership.hidden,
    ),
    "owner": (
        host.sdk,
        membership.chain,
        membership.owner,
        membership.started,
        membership.registered,
        membership.validators,
        membership.limits,
        membership.room,
    ),
}


def examined(role: Role, facts: Facts) -> list[Line]:
    """One line for each check of the role."""
    return [check(facts) for check in CHECKS[role]]


def healthy(lines: Sequence[Line]) -> bool:
    """Whether nothing must be fixed."""
    return not any(line.status == "failed" for line in lines)
