"""One line of the doctor's report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "note", "failed", "unknown"]
"""Fine; worth knowing; must be fixed; could not be told."""


@dataclass(frozen=True, slots=True)
class Line:
    """What one check came to; a failed one carries the command that fixes it."""

    check: str
    status: Status
    says: str
    fix: str = ""


def ok(check: str, says: str) -> Line:
    """All is well."""
    return Line(check, "ok", says)


def note(check: str, says: str, fix: str = "") -> Line:
    """Worth knowing; nothing must be done."""
    return Line(check, "note", says, fix)


def failed(check: str, says: str, fix: str) -> Line:
    """Something must be fixed, and this is how."""
    return Line(check, "failed", says, fix)


def unknown(check: str, why: str) -> Line:
    """What it takes to tell could not be had."""
    return Line(check, "unknown", why)
