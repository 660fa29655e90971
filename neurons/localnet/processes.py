"""The local network's processes as its command sees them: started, watched, and always ended."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from subnet.errors import ConditionError

START_SECONDS = 60.0
END_SECONDS = 4.0
# One thread each: a fork must not copy a thread pool, and seven processes share few cores.
QUIET = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}


class Processes:
    """Starts and ends neurons by name through the nursery; made by `Processes.open`."""

    def __init__(self, nursery: asyncio.subprocess.Process, logs: Path) -> None:
        self._nursery = nursery
        self._logs = logs
        self._expected: set[str] = set()
        self._imported = asyncio.Event()
        self.running: dict[str, int] = {}
        self.died: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    @classmethod
    @asynccontextmanager
    async def open(cls, logs: Path) -> AsyncIterator[Processes]:
        """The nursery process, its children's logs under `logs`; on leaving everything has ended."""
        nursery = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "neurons.localnet.nursery",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=(logs / "nursery.log").open("wb"),
            env={**os.environ, **QUIET},
            start_new_session=True,  # Ctrl-C reaches the command only, which then ends the others in order
        )
        processes = cls(nursery, logs)
        listening = asyncio.create_task(processes._listen())
        try:
            yield processes
        finally:
            processes._expected |= set(processes.running)
            await processes._close()
            listening.cancel()

    def start(self, name: str, run: str, argv: list[str]) -> None:
        """Forks `name`, running the program `run` with `argv`; its log is NAME.log."""
        self._expected.discard(name)
        self._tell({"start": name, "run": run, "argv": argv, "log": str(self.log(name))})

    def stop(self, name: str) -> None:
        """Ends one process politely; its end is no failure."""
        self._expected.add(name)
        self._tell({"stop": name})

    async def import_heavy(self) -> None:
        """Returns when the nursery has imported the heavy libraries; forks are cheap from then on."""
        self._tell({"import": True})
        async with asyncio.timeout(START_SECONDS):
            await self._imported.wait()

    async def until(self, done: Callable[[], bool], what: str, seconds: float = START_SECONDS) -> None:
        """Waits for `done()`, or raises ConditionError when a process died or the time is over."""
        deadline = asyncio.get_running_loop().time() + seconds
        while not done():
            self.check()
            if asyncio.get_running_loop().time() > deadline:
                raise ConditionError(f"{what} did not happen within {seconds:g} s; logs are in {self._logs}")
            await asyncio.sleep(0.02)

    def check(self) -> None:
        """Raises ConditionError when a process that should run has ended."""
        if self.died.done():
            raise ConditionError(self.died.result())

    def log(self, name: str) -> Path:
        """Where a process logs."""
        return self._logs / f"{name}.log"

    def last_line(self, name: str) -> str:
        """The last line that a process logged, for messages."""
        log = self.log(name)
        lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
        return lines[-1][:300] if lines else "it logged nothing"

    def _tell(self, command: dict[str, Any]) -> None:
        assert self._nursery.stdin is not None
        self._nursery.stdin.write(json.dumps(command).encode() + b"\n")

    async def _listen(self) -> None:
        assert self._nursery.stdout is not None
        while line := await self._nursery.stdout.readline():
            event = json.loads(line)
            if "started" in event:
                self.running[event["started"]] = event["pid"]
            elif "imported" in event:
                self._imported.set()
            elif "ended" in event:
                self._ended(event["ended"], event["code"])
        self._dead("the process that starts the neurons ended")

    def _ended(self, name: str, code: int) -> None:
        self.running.pop(name, None)
        if name not in self._expected:
            how = (
                f"was killed by signal {-code}"
                if code < 0
                else f"ended with code {code}: {self.last_line(name)}"
            )
            self._dead(f"{name} {how} (log: {self.log(name)})")

    def _dead(self, message: str) -> None:
        if not self.died.done():
            self.died.set_result(message)

    async def _close(self) -> None:
        """Closes the nursery's input, upon which it ends its children and itself."""
        assert self._nursery.stdin is not None
        self._nursery.stdin.close()
        if self._nursery.returncode is None:
            self._nursery.terminate()
        try:
            async with asyncio.timeout(END_SECONDS):
                await self._nursery.wait()
        except TimeoutError:
            self._nursery.kill()  # its children go with it: each asked the kernel for that
            await self._nursery.wait()
