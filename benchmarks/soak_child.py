"""One process of the soak: `python soak_child.py CLOCK_FILE MODULE ARGUMENT...` runs the module's `main`.

It dies with the soak, whatever becomes of that, and its wall clock can be moved while it runs: `time.time` and
`time.time_ns`, from which signatures, the validator's heartbeat and logs take the time, are ahead by the seconds that
stand in the file. The machine's own clock stays as it is, and so does the monotonic one, as under a step of NTP.
"""

from __future__ import annotations

import ctypes
import importlib
import mmap
import os
import signal
import struct
import sys
import time
from pathlib import Path

PR_SET_PDEATHSIG = 1
SECONDS = struct.Struct("<d")
ROOT = Path(__file__).resolve().parent.parent


def move_clock(path: Path) -> None:
    """Puts this process's wall clock ahead by what the file says at each moment."""
    with path.open("rb") as file:
        shared = mmap.mmap(file.fileno(), SECONDS.size, access=mmap.ACCESS_READ)
    seconds, nanoseconds = time.time, time.time_ns
    time.time = lambda: seconds() + SECONDS.unpack_from(shared)[0]
    time.time_ns = lambda: nanoseconds() + round(SECONDS.unpack_from(shared)[0] * 1e9)


def main(arguments: list[str]) -> int:
    """Runs the program; returns its exit code."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    clock, module, *rest = arguments
    move_clock(Path(clock))
    sys.path[0] = str(ROOT)
    os.environ["PYTHONPATH"] = str(ROOT)  # for processes that this one starts
    return int(importlib.import_module(module).main(rest))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
