"""Runs btcli's own entry point in one forked process for each request, so that its imports are paid for once.

A request is a line on standard input: {"id", "arguments", "output"}. What the command prints, on
both streams, goes to the file `output`; a line {"id", "code"} on standard output says how it ended.
"""

import json
import os
import select
import sys
from typing import Any

from bittensor.cli.main import main

_TICK = 0.01  # seconds


def born(request: dict[str, Any]) -> int:
    """The process id of a btcli that runs the request."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        output = os.open(request["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for stream, descriptor in ((0, nothing), (1, output), (2, output)):
            os.dup2(descriptor, stream)
        sys.argv = ["btcli", *request["arguments"]]
        code = int(main() or 0)
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def serve() -> None:
    """Takes requests until standard input ends."""
    running: dict[int, Any] = {}
    while True:
        if select.select([sys.stdin], [], [], _TICK)[0]:
            line = os.read(0, 1 << 20)
            if not line:
                return
            for part in line.splitlines():
                request = json.loads(part)
                running[born(request)] = request["id"]
        while running:
            child, status = os.waitpid(-1, os.WNOHANG)
            if not child:
                break
            told = {"id": running.pop(child), "code": os.waitstatus_to_exitcode(status)}
            os.write(1, json.dumps(told).encode() + b"\n")


if __name__ == "__main__":
    serve()
