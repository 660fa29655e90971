"""Runs a stranger's Python function behind walls, and says what it returned.

The truth never goes in: the child is given source and inputs, and whoever calls compares what comes out. What
comes out is a stranger's claim in a strict form; anything else is no result.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Literal

from subnet.sandbox import contract
from subnet.sandbox.claims import Claim, read_claims

ROOT = Path(__file__).resolve().parent.parent.parent
START = f"import sys; sys.path.append({str(ROOT)!r}); from subnet.sandbox.inside import main; main()"
ENVIRONMENT = {"PYTHONHASHSEED": "0", "PYTHONUTF8": "1"}
"""All that the child finds in its environment; the hash seed, so that the same code gives the same result."""

GRACE_SECONDS = 10.0
"""How much longer than the stranger's time the walls may take, on a machine that is busy."""

Why = Literal["", "time", "too much output", "unreadable output"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may use. The seconds count the stranger's code, not the making of the walls."""

    cpu_seconds: float = 1.0
    wall_seconds: float = 10.0
    memory_bytes: int = 256 << 20
    tmp_bytes: int = 4 << 20
    tmp_files: int = 64
    file_bytes: int = 1 << 20
    open_files: int = 32
    output_bytes: int = 256 << 10


@dataclass(frozen=True, slots=True)
class Run:
    """What a stranger's code claims, one claim for each input, or why it claims nothing."""

    claims: tuple[Claim, ...]
    why: Why = ""


class SandboxFault(Exception):
    """The walls could not be set up this time, by no fault of the code that was to run."""


class Sandbox:
    """A place for strangers' code; at most `places` of them run at once, the others wait for a place."""

    def __init__(self, limits: Limits = Limits(), places: int | None = None) -> None:
        self.limits = limits
        # A semaphore of threads: judges run in threads, and each run holds one until its child has ended.
        self._places = threading.BoundedSemaphore(places or os.cpu_count() or 1)

    def call(
        self, source: str, function: str, inputs: Sequence[Sequence[object]], *, filtered: bool = True
    ) -> Run:
        """Calls `function` of `source` with each of `inputs` (JSON values), all in one child.

        `filtered` false leaves the filter of system calls away, so that a test can lean on the walls alone.
        Raises SandboxFault.
        """
        job = {
            "source": source,
            "function": function,
            "inputs": inputs,
            "limits": asdict(self.limits),
            "filtered": filtered,
        }
        with self._places:
            data, why = self._run(json.dumps(job).encode())
        claims = None if why else read_claims(data, len(inputs))
        return Run((), why or "unreadable output") if claims is None else Run(claims)

    def _run(self, job: bytes) -> tuple[bytes, Why]:
        with _memory_file("job", job) as given, _memory_file("complaints") as complaints:
            child = _start(given, complaints)
            try:
                data, why = self._heard(child)
            except SandboxFault:
                child.kill()
                raise
            finally:
                code = child.wait()
            if why:
                return b"", why
            if code not in (contract.ENDED, contract.OUT_OF_TIME):
                raise SandboxFault(_said(complaints) or f"the child ended with exit code {code}")
        return data, "time" if code == contract.OUT_OF_TIME else ""

    def _heard(self, child: subprocess.Popen[bytes]) -> tuple[bytes, Why]:
        """What the child wrote until nobody held the other end any more: until the stranger's code had ended."""
        assert child.stdout is not None
        deadline = time.monotonic() + self.limits.wall_seconds + GRACE_SECONDS
        pieces: list[bytes] = []
        room = self.limits.output_bytes
        news = select.poll()  # and not select(), which knows no file above 1023
        news.register(child.stdout, select.POLLIN)
        with child.stdout as pipe:
            while news.poll(max(0.0, deadline - time.monotonic()) * 1000):
                piece = os.read(pipe.fileno(), 1 << 16)
                if not piece:
                    return b"".join(pieces), "too much output" if room < 0 else ""
                room -= len(piece)
                if room >= 0:
                    pieces.append(piece)
                else:
                    child.terminate()  # it kills the stranger, whose end of the pipe then closes
        raise SandboxFault("the machine is too busy to run a sandbox")


def _start(given: IO[bytes], complaints: IO[bytes]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            [sys.executable, "-s", "-S", "-P", "-c", START],
            stdin=given,
            stdout=subprocess.PIPE,
            stderr=complaints,
            env=ENVIRONMENT,
            cwd="/",
            start_new_session=True,
        )
    except OSError as problem:
        raise SandboxFault(f"no process for the sandbox: {problem.strerror}") from None


def _memory_file(name: str, content: bytes = b"") -> IO[bytes]:
    """A file without a place on any disk, so that a child reads its job without anyone pumping a pipe."""
    try:
        file = os.fdopen(os.memfd_create(name), "w+b")
        file.write(content)
        file.seek(0)
    except OSError as problem:
        raise SandboxFault(f"no file in memory: {problem.strerror}") from None
    return file


def _said(complaints: IO[bytes]) -> str:
    complaints.seek(0)
    lines = complaints.read(1 << 16).decode(errors="replace").strip().splitlines()
    return lines[-1][:200] if lines else ""
