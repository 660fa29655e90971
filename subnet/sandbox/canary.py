"""Proves, before any stranger's code runs, that the sandbox stands, and that nothing can be reached from it.

A probe is run in it twice: behind the walls alone, and with the filter of system calls as well. It looks for a
listener on the loopback interface, one with an abstract socket name, a file with a secret, and for what lies in
folders that nobody may see. The same listeners and the file are reached from outside first: a lure that nobody
can reach proves nothing.
"""

from __future__ import annotations

import hashlib
import secrets
import socket
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from subnet.errors import ConditionError
from subnet.sandbox.box import Sandbox, SandboxFault

PROBE = Path(__file__).with_name("probe.py")

UNPRIVILEGED = (
    "start it as root, or allow user namespaces: sysctl kernel.apparmor_restrict_unprivileged_userns=0"
)
CURES = (
    (
        "unshare: Operation not permitted",
        "start root with CAP_SYS_ADMIN; in a container also with a seccomp profile that allows unshare",
    ),
    ("unshare: No space left", "raise the sysctl user.max_user_namespaces"),
    ("unshare: Invalid argument", "the kernel needs user, mount, network and process namespaces"),
    ("user namespace:", UNPRIVILEGED),
    ("mount: Permission denied", UNPRIVILEGED),
    ("mount_setattr: Function not implemented", "Linux 5.12 or newer is needed"),
    ("uid ", "start it as a plain user, or as a root that can become others"),
)


class IsolationMissing(ConditionError):
    """Strangers' code cannot be kept in on this machine: the text says what is missing and what to do."""


@dataclass(frozen=True, slots=True)
class Lures:
    """What the probe is told to look for."""

    port: int
    name: str
    secret: str


def check(sandbox: Sandbox, private: Sequence[Path] | None = None) -> None:
    """Returns when nothing outside, and nothing in the `private` folders, can be reached from the sandbox.

    `private` are by default the home folder and the wallets in it. Raises IsolationMissing.
    """
    if sys.platform != "linux":
        raise IsolationMissing(
            f"running strangers' code needs Linux, and this is {sys.platform}; leave it out"
        )
    private = _own_folders() if private is None else private
    try:
        with _lures() as lures:
            for filtered in (False, True):
                _check_works(sandbox, filtered)
                _check_reach(sandbox, lures, private, filtered)
    except SandboxFault as fault:
        cure = next((cure for sign, cure in CURES if sign in str(fault)), "leave this kind of task out")
        raise IsolationMissing(f"running strangers' code needs a sandbox, and {fault}; {cure}") from None


def _own_folders() -> tuple[Path, ...]:
    try:
        home = Path.home()
    except RuntimeError:  # a user without a home has no wallets in it
        return ()
    return (home, home / ".bittensor" / "wallets")


def _check_works(sandbox: Sandbox, filtered: bool) -> None:
    text = secrets.token_hex(8)
    run = sandbox.call(PROBE.read_text(encoding="utf-8"), "digest", [[text]], filtered=filtered)
    if run.claims != ((hashlib.sha256(text.encode()).hexdigest(),),):
        raise SandboxFault(f"Python does not work in it ({run.why or 'wrong result'})")


def _check_reach(sandbox: Sandbox, lures: Lures, private: Sequence[Path], filtered: bool) -> None:
    given = [lures.port, lures.name, [lures.secret], [str(path) for path in private]]
    run = sandbox.call(PROBE.read_text(encoding="utf-8"), "reach", [given], filtered=filtered)
    if not run.claims or not run.claims[0]:
        raise SandboxFault(f"the probe did not come to an end in it ({run.why or 'no result'})")
    way = _way_to_python()
    reached = [found for found in run.claims[0][0] if found not in way]
    if reached:
        raise IsolationMissing(f"the sandbox does not hold: {reached[0]} can be reached from it; report this")


def _way_to_python() -> set[str]:
    """The steps from a folder towards the standard library, which is shown wherever it lies."""
    parts = Path(sysconfig.get_path("stdlib"))
    steps = (parts, *parts.parents)
    return {f"{step.parent}: {step.name}" for step in steps}


@contextmanager
def _lures() -> Iterator[Lures]:
    name = f"assay-canary-{secrets.token_hex(8)}"
    with (
        socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp,
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as unix,
        tempfile.NamedTemporaryFile(prefix="assay-canary-") as file,
    ):
        tcp.bind(("127.0.0.1", 0))
        unix.bind("\0" + name)
        for listener in (tcp, unix):
            listener.listen()
            with socket.socket(listener.family, socket.SOCK_STREAM) as line:
                line.settimeout(1.0)
                line.connect(listener.getsockname())
        Path(file.name).read_bytes()
        yield Lures(tcp.getsockname()[1], name, file.name)
