"""The child's side: builds the walls, runs a stranger's function behind them, and ends it when its time is up.

Two processes. The keeper reads the job (source, name of the function, its inputs: no expected value), builds the
walls and forks. The prisoner, first process of its own process namespace, gives up everything, calls the function
and writes what it returned as one JSON document. When the prisoner ends, the kernel ends all that is left of its
namespace. Whatever the prisoner writes is a stranger's claim: nothing here can be trusted once its code runs.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time

from subnet.sandbox import contract, filter, walls

# Every run pays for what is imported here, and typing costs more than all else but json.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    Job = dict[str, Any]

RESULT = 1
POLL_MS = 20
READY, GO = b"ready", b"go"
Talk = tuple[tuple[int, int], tuple[int, int]]
"""The pipe in which the prisoner says that it is ready, and the one in which the keeper tells it to go on."""


def main() -> NoReturn:
    """Runs the job on standard input; see `contract` for the exit code."""
    walls.die_with_parent()
    job: Job = json.loads(sys.stdin.buffer.read())
    talk = (os.pipe(), os.pipe())
    null = os.open("/dev/null", os.O_RDWR)
    try:
        walls.enter(job["limits"])
        walls.die_with_parent()  # once more: new privileges undo that wish
        prisoner = os.fork()
    except (walls.WallError, OSError) as problem:
        _refuse(str(problem))
    if prisoner == 0:
        _be_prisoner(job, talk, null)
    os.close(RESULT)
    _keep(prisoner, job["limits"], talk)


def _keep(prisoner: int, limits: dict[str, float], talk: Talk) -> NoReturn:
    (hear, tell), (unused, allow) = talk
    os.close(tell)
    os.close(unused)
    said = os.read(hear, 512)
    # Whoever started this one may have heard enough.
    signal.signal(signal.SIGTERM, lambda *_: os.kill(prisoner, signal.SIGKILL))
    if said == READY:
        os.write(allow, GO)
    in_time = _wait(prisoner, limits)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.waitpid(prisoner, 0)
    if said != READY:
        _refuse(said.decode(errors="replace") or "the child ended before it was ready")
    os._exit(contract.ENDED if in_time else contract.OUT_OF_TIME)


def _wait(prisoner: int, limits: dict[str, float]) -> bool:
    """Whether the prisoner ended within its time; it is killed when it does not."""
    deadline = time.monotonic() + limits["wall_seconds"]
    # The id of another process' CPU clock, as clock_getcpuclockid(3) makes it.
    clock = (~prisoner << 3) | 2
    ended = select.poll()
    ended.register(os.pidfd_open(prisoner), select.POLLIN)
    while not ended.poll(POLL_MS):
        try:
            used = time.clock_gettime(clock)
        except OSError:
            continue  # it ended between the two lines
        if used > limits["cpu_seconds"] or time.monotonic() > deadline:
            os.kill(prisoner, signal.SIGKILL)
            return False
    return True


def _be_prisoner(job: Job, talk: Talk, null: int) -> NoReturn:
    (hear, tell), (wait, allow) = talk
    os.close(hear)
    os.close(allow)
    try:
        os.dup2(null, 0)
        os.dup2(null, 2)
        os.setsid()  # a signal to its process group reaches nobody else
        walls.give_up_privileges(job["limits"])
        if job["filtered"]:
            filter.install(walls.libc)
        os.write(tell, READY)
    except (walls.WallError, OSError) as problem:
        os.write(tell, str(problem).encode()[:512])
        os._exit(1)
    # From here on the prisoner dies with its keeper; had the keeper died before, there would be no word.
    if os.read(wait, len(GO)) != GO:
        os._exit(1)
    os.closerange(3, int(job["limits"]["open_files"]))
    os.environ.clear()
    # What a function prints is not its result.
    sys.stdout = sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - for as long as it lives
    _write(_called(job["source"], job["function"], job["inputs"]))
    os._exit(0)


def _called(source: str, name: str, inputs: list[list[Any]]) -> str:
    """A JSON list with one list for each input: it holds the value that the function returned, if any."""
    space: dict[str, Any] = {"__name__": "answer"}
    exec(compile(source, "answer", "exec"), space)
    return "[" + ",".join(_result(space[name], arguments) for arguments in inputs) + "]"


def _result(function: Any, arguments: list[Any]) -> str:
    try:
        return "[" + json.dumps(function(*arguments), allow_nan=False) + "]"
    except Exception:  # noqa: BLE001 - a stranger's function: whatever it raises, this test has no result
        return "[]"


def _write(text: str) -> None:
    left = memoryview(text.encode())
    while left:
        left = left[os.write(RESULT, left) :]


def _refuse(reason: str) -> NoReturn:
    os.write(2, reason.encode())
    os._exit(contract.NO_WALLS)
