"""`assay doctor miner|validator|owner`: is everything in place, and by which command is it put there?"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import get_args

from neurons.doctor_facts import gathered
from neurons.output import show
from subnet.advice.doctor import Role, examined, healthy
from subnet.advice.line import Line
from subnet.errors import SettingsError
from subnet.settings import DoctorSettings, fail

ABOUT = "Look at keys, chain, machine, clock and port; say what must be fixed, and by which command."
ROLES: tuple[Role, ...] = get_args(Role)
MARKS = {"ok": "ok     ", "note": "note   ", "failed": "FAILED ", "unknown": "?      "}


def main(argv: Sequence[str] | None = None) -> int:
    """Prints one line for each check; returns 0, or 3 when something must be fixed, or 2 for wrong usage."""
    words = list(sys.argv[1:] if argv is None else argv)
    role = next((role for role in ROLES if words[:1] == [role]), None)
    if role is None and not {"-h", "--help"} & set(words):
        return fail(f"assay doctor: say for whom: assay doctor {'|'.join(ROLES)} --netuid NETUID ...", 2)
    program = f"assay doctor {role or '|'.join(ROLES)}"
    settings = DoctorSettings.read(words[1:] if role else words, program=program, about=ABOUT)
    assert role is not None  # --help has ended the process
    try:
        lines = examined(role, asyncio.run(gathered(role, settings)))
    except SettingsError as problem:
        return fail(f"{program}: {problem}", 2)
    except KeyboardInterrupt:
        return fail(f"{program}: interrupted", 1)
    show(json.dumps(document(role, lines), indent=2) if settings.as_json else text(lines))
    return 0 if healthy(lines) else 3


def document(role: Role, lines: Sequence[Line]) -> dict[str, object]:
    """The report as JSON: role, whether all is well, and the checks with status, words and fix."""
    return {"role": role, "healthy": healthy(lines), "checks": [asdict(line) for line in lines]}


def text(lines: Sequence[Line]) -> str:
    """The report for people: a line for each check, and below a failed one the command that fixes it."""
    shown = []
    for line in lines:
        shown.append(f"{MARKS[line.status]}{line.check:<11}{line.says}")
        shown += [f"{'':<18}fix: {line.fix}"] if line.fix else []
    wrong = sum(line.status == "failed" for line in lines)
    return "\n".join([*shown, f"{wrong} of {len(lines)} checks failed" if wrong else "nothing must be fixed"])


if __name__ == "__main__":
    sys.exit(main())
