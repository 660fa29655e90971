"""A process that imports the heavy libraries once and forks neurons from itself.

Seven Python processes that each import torch cost some 20 seconds on two cores; one import and then forks cost
three. The nursery speaks JSON lines: commands on standard input, events on standard output.

    {"start": "strong", "run": "miner", "argv": [...], "log": "FILE"}     -> {"started": "strong", "pid": 4711}
    {"import": true}                                                      -> {"imported": true}
    {"stop": "strong"}                                                    -> {"ended": "strong", "code": 0}

No orphans: when its standard input closes it stops its children, and the kernel signals them if it dies itself.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import json
import os
import select
import signal
import sys
import time
import traceback
from typing import Any

# What `run` may name: the module whose `main(argv) -> int` becomes the child.
PROGRAMS = {
    "chain": "neurons.chain_command",
    "miner": "neurons.miner",
    "validator": "neurons.validator",
}
HEAVY = (
    "subnet.miner.local",
    "transformers.models.llama.modeling_llama",
    "neurons.miner",
    "neurons.validator",
)
GRACE_SECONDS = 1.5
PR_SET_PDEATHSIG = 1
PR_SET_NAME = 15


class Ended(Exception):
    """Somebody asked the nursery to end while it was importing."""


class Nursery:
    """The children and the two pipes."""

    def __init__(self) -> None:
        self.children: dict[int, str] = {}
        self.commands = b""
        self.open = True
        self.importing = False

    def serve(self) -> None:
        """Obeys commands until standard input closes or a SIGTERM arrives, then stops every child."""
        wake_read, wake_write = os.pipe()
        os.set_blocking(wake_write, False)
        signal.set_wakeup_fd(wake_write)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._close)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        with contextlib.suppress(Ended):
            self.obey_until_closed(wake_read)
        self.stop_all()

    def obey_until_closed(self, wake_read: int) -> None:
        """Waits for commands and for children that end."""
        while self.open:
            ready, _, _ = select.select([sys.stdin.fileno(), wake_read], [], [])
            if wake_read in ready:
                os.read(wake_read, 512)
                self.reap()
            if sys.stdin.fileno() in ready:
                self.read_commands()

    def _close(self, *_: Any) -> None:
        self.open = False
        if self.importing:
            raise Ended  # importing takes seconds, and nobody waits for it any more

    def read_commands(self) -> None:
        """Obeys the commands that have arrived; an end of file closes the nursery."""
        received = os.read(sys.stdin.fileno(), 65536)
        self.open = bool(received)
        *lines, self.commands = (self.commands + received).split(b"\n")
        for line in lines:
            self.obey(json.loads(line))

    def obey(self, command: dict[str, Any]) -> None:
        """Carries out one command."""
        if "start" in command:
            self.start(command["start"], command["run"], command["argv"], command["log"])
        elif "stop" in command:
            for pid in [pid for pid, name in self.children.items() if name == command["stop"]]:
                os.kill(pid, signal.SIGTERM)
        elif "import" in command:
            self.importing = True
            import_heavy()
            self.importing = False
            say({"imported": True})

    def start(self, name: str, program: str, argv: list[str], log: str) -> None:
        """Forks a child that runs `program`'s main with `argv` and logs to a file."""
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            os._exit(child(parent, name, program, argv, log))
        self.children[pid] = name
        say({"started": name, "pid": pid})

    def reap(self) -> None:
        """Reports children that have ended."""
        for pid, name in list(self.children.items()):
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                del self.children[pid]
                say({"ended": name, "code": os.waitstatus_to_exitcode(status)})

    def stop_all(self) -> None:
        """Ends every child: politely first, then by force after the grace period."""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        orders: list[tuple[int, float]] = [(signal.SIGTERM, GRACE_SECONDS), (signal.SIGKILL, 5.0)]
        for order, seconds in orders:
            for pid in self.children:
                os.kill(pid, order)
            deadline = time.monotonic() + seconds
            while self.children and time.monotonic() < deadline:
                self.reap()
                time.sleep(0.02)


def import_heavy() -> None:
    """Imports what the neurons need, on one thread, so that a fork copies a quiet process."""
    for module in HEAVY:
        importlib.import_module(module)


def child(parent: int, name: str, program: str, argv: list[str], log: str) -> int:
    """Runs in the fork: own name and log, default signals, tied to the parent's life; returns the exit code."""
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    libc.prctl(PR_SET_NAME, name.encode())
    if os.getppid() != parent:
        return 1
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    target = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, number in ((nothing, 0), (target, 1), (target, 2)):
        os.dup2(source, number)
    try:
        return int(importlib.import_module(PROGRAMS[program]).main(argv))
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001  # process boundary: the log must say why, the parent see a code
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def say(event: dict[str, Any]) -> None:
    """Writes one event line; a closed pipe means that the parent is gone, which standard input tells too."""
    try:
        os.write(1, json.dumps(event).encode() + b"\n")
    except BrokenPipeError:
        signal.raise_signal(signal.SIGTERM)


if __name__ == "__main__":
    Nursery().serve()
