"""The local network's processes: started once, watched, and never left behind."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from neurons.localnet import command
from neurons.localnet.processes import Processes
from subnet.errors import ConditionError


async def eventually(done: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "did not happen in time"
        await asyncio.sleep(0.02)


async def test_a_process_that_ends_unasked_is_named_with_its_last_word(tmp_path: Path) -> None:
    async with Processes.open(tmp_path) as processes:
        processes.start("weak", "miner", ["--netuid", "none"])
        with pytest.raises(ConditionError, match=r"weak ended with code 2: .*--netuid"):
            await processes.until(lambda: False, "nothing", seconds=20)


async def test_all_children_end_with_the_block_that_started_them(tmp_path: Path) -> None:
    async with Processes.open(tmp_path) as processes:
        processes.start("chain", "chain", ["--port", free_port(), "--block-time", "1"])
        await eventually(lambda: "chain" in processes.running)
        pid = processes.running["chain"]
        assert psutil.pid_exists(pid)
    await eventually(lambda: not psutil.pid_exists(pid))


def test_children_end_when_the_nursery_is_killed(tmp_path: Path) -> None:
    nursery = subprocess.Popen(
        [sys.executable, "-m", "neurons.localnet.nursery"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert nursery.stdin is not None and nursery.stdout is not None
    argv = ["--port", free_port(), "--block-time", "1"]
    order = {"start": "chain", "run": "chain", "argv": argv, "log": str(tmp_path / "chain.log")}
    nursery.stdin.write(json.dumps(order).encode() + b"\n")
    nursery.stdin.flush()
    child = psutil.Process(json.loads(nursery.stdout.readline())["pid"])
    time.sleep(1.0)  # past the child's own start, in which it asks the kernel for the signal

    nursery.kill()
    nursery.wait(10)

    gone, alive = psutil.wait_procs([child], timeout=5)
    assert gone and not alive


def test_a_taken_port_is_one_clear_line_and_exit_code_3(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        code = command.main(["--epochs", "1", "--port", str(other.getsockname()[1])])
    shown = capsys.readouterr().err
    assert code == 3
    assert "is taken" in shown and "--port" in shown and shown.count("\n") == 1


@pytest.mark.parametrize("flag", ["--report", "--picture"])
def test_a_file_that_cannot_be_written_is_found_before_the_run(
    flag: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "missing" / "file"
    assert command.main(["--epochs", "1", "--port", free_port(), flag, str(missing)]) == 3
    shown = capsys.readouterr().err
    assert f"{flag} {missing} cannot be written" in shown and shown.count("\n") == 1


def test_keep_wants_an_empty_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "something").write_text("precious")
    assert command.main(["--epochs", "1", "--port", free_port(), "--keep", str(tmp_path)]) == 3
    assert "no empty folder" in capsys.readouterr().err
    assert (tmp_path / "something").read_text() == "precious"


def free_port() -> str:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def test_the_nursery_ends_when_its_input_closes() -> None:
    nursery = subprocess.Popen(
        [sys.executable, "-m", "neurons.localnet.nursery"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    assert nursery.stdin is not None
    nursery.stdin.close()
    assert nursery.wait(10) == 0


def test_the_nursery_ignores_the_terminals_interrupt_which_belongs_to_the_command() -> None:
    nursery = subprocess.Popen(
        [sys.executable, "-m", "neurons.localnet.nursery"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    assert nursery.stdin is not None
    time.sleep(1.0)
    os.kill(nursery.pid, signal.SIGINT)
    time.sleep(0.2)
    assert nursery.poll() is None
    nursery.stdin.close()
    assert nursery.wait(10) == 0
