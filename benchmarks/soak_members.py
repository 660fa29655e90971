"""The soak's processes and their supervisor: whatever ends is started again, as systemd's Restart=always does."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from soak_child import SECONDS

RESTART_SECONDS = 1.0
"""An epoch of the soak lasts 80 s and one of mainnet 72 minutes, so this is long against systemd's 10 s."""

END_SECONDS = 10.0
QUIET = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}


@dataclass(frozen=True)
class Program:
    """What a member runs: a module with a `main`, and its arguments."""

    name: str
    module: str
    argv: tuple[str, ...]


@dataclass(frozen=True)
class End:
    """A process that ended at a monotonic time; `killed` says whether the soak did it."""

    name: str
    at: float
    code: int
    killed: bool
    last_line: str


@dataclass
class Member:
    """One supervised process."""

    program: Program
    folder: Path
    paused: bool = False
    largest_file: int = resource.RLIM_INFINITY
    ends: list[End] = field(default_factory=list)
    process: asyncio.subprocess.Process | None = None
    _killed: bool = False
    _ending: bool = False

    def __post_init__(self) -> None:
        self.clock = self.folder / f"{self.program.name}.clock"
        self.log = self.folder / f"{self.program.name}.log"
        self.clock.write_bytes(SECONDS.pack(0.0))

    async def supervise(self) -> None:
        """Runs the program again and again until `end`; cancelled, it kills what runs."""
        try:
            while not self._ending:
                await self._once()
                await asyncio.sleep(RESTART_SECONDS)
                while self.paused and not self._ending:  # noqa: ASYNC110 - looked at so rarely that it costs nothing
                    await asyncio.sleep(0.1)
        finally:
            if self.process is not None and self.process.returncode is None:
                self.process.kill()

    async def _once(self) -> None:
        here = Path(__file__).with_name("soak_child.py")
        words = [str(here), str(self.clock), self.program.module, *self.program.argv]
        with self.log.open("ab") as log:
            self._killed = False
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                *words,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **QUIET},
                cwd=self.folder,
                start_new_session=True,  # Ctrl-C reaches the soak only, which ends the others in order
            )
        self.limit_files(self.largest_file)
        code = await self.process.wait()
        self.ends.append(
            End(self.program.name, time.monotonic(), code, self._killed or self._ending, self._last_line())
        )

    def kill(self) -> None:
        """kill -9, if it runs."""
        if self.process is not None and self.process.returncode is None:
            self._killed = True
            self.process.kill()

    def limit_files(self, most_bytes: int) -> None:
        """Lets the process, and those after it, write no file beyond so many bytes."""
        self.largest_file = most_bytes
        if self.process is not None and self.process.returncode is None:
            resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (most_bytes, resource.RLIM_INFINITY))

    def set_clock(self, seconds: float) -> None:
        """Puts the process's wall clock so far ahead."""
        with self.clock.open("r+b") as file:
            file.write(SECONDS.pack(seconds))

    async def end(self) -> int | None:
        """Ends it politely and for good; returns its exit code, None when it had to be killed or did not run."""
        self._ending = True
        if self.process is None or self.process.returncode is not None:
            return None
        self.process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(END_SECONDS):
                return await self.process.wait()
        except TimeoutError:
            self.process.kill()
            return None

    def memory(self) -> tuple[int, float] | None:
        """The process and the MiB that nobody else has (Pss_Anon and swap), None when it does not run."""
        if self.process is None or self.process.returncode is not None:
            return None
        try:
            text = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text()
        except OSError:
            return None
        kib = sum(
            int(line.split()[1]) for line in text.splitlines() if line.startswith(("Pss_Anon:", "SwapPss:"))
        )
        return self.process.pid, kib / 1024

    def said(self) -> str:
        """All that it logged."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def _last_line(self) -> str:
        lines = self.said().strip().splitlines()
        return lines[-1][:200] if lines else ""
