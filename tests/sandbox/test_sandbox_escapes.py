"""A corpus of escapes, bombs and forgeries: each is a fail of its own answer, and of nothing else."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from subnet.attackers.code import BOMBS, ESCAPES, KERNEL, TAMPERING, Facts, hostile
from subnet.sandbox.box import Limits, Sandbox
from subnet.sandbox.canary import IsolationMissing, check
from subnet.tasks.code.exercise import Exercise
from subnet.tasks.code.source import Hidden, truth_of

CORPUS = {**ESCAPES, **KERNEL, **BOMBS, **TAMPERING}
HONEST = "def double(x):\n    return 2 * x"
PR_SET_CHILD_SUBREAPER = 36
ROOT = Path(__file__).resolve().parent.parent.parent

UNDEFENDED = (
    "connect to a server of the host",
    "connect to an abstract socket of the host",
    "send a datagram",
    "read the wallet",
    "overwrite the wallet",
    "read the passwords",
    "read the validator's environment",
    "start a process",
    "make a thread",
    "import the grader",
)
"""Attacks that harm nobody when they work, and so can be shown to work without a sandbox."""


def twice(x: int) -> int:
    return 2 * x


EXERCISE = Exercise("double", "(x: int) -> int", "", partial(twice), tuple((x,) for x in range(12)), 1)


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    box = Sandbox(Limits(cpu_seconds=0.3, wall_seconds=10.0))
    try:
        check(box)
    except IsolationMissing as missing:
        pytest.skip(str(missing))
    return box


@pytest.fixture(scope="module", autouse=True)
def orphans_come_to_us() -> Iterator[None]:
    """A process that outlives its parent becomes a child of the tests', so that none can hide."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    yield
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 0)


class Host:
    """What the attacks are after: two listeners, a wallet, and this very process."""

    def __init__(self, folder: Path) -> None:
        self.wallet = folder / "wallet"
        self.wallet.write_text("secret")
        self.tcp, self.unix = socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_UNIX)
        self.name = f"assay-test-{os.getpid()}-{id(self)}"
        self.unix.bind("\0" + self.name)
        self.unix.listen()
        self.before = self.state()

    @property
    def facts(self) -> Facts:
        return Facts(self.tcp.getsockname()[1], self.name, str(self.wallet), os.getpid())

    def state(self) -> tuple[object, ...]:
        return children(), Path("/proc/self/mountinfo").read_text(), self.wallet.read_text()

    def visitors(self) -> int:
        count = 0
        for listener in (self.tcp, self.unix):
            listener.setblocking(False)
            try:
                listener.accept()[0].close()
                count += 1
            except BlockingIOError:
                pass
        return count

    def close(self) -> None:
        self.tcp.close()
        self.unix.close()


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    made = Host(tmp_path)
    yield made
    made.close()


def children() -> frozenset[str]:
    """The processes below this one, dead ones that nobody has taken away included."""
    tasks = Path("/proc/self/task").iterdir()
    return frozenset(child for task in tasks for child in (task / "children").read_text().split())


def score(sandbox: Sandbox, source: str) -> float:
    """What an answer with this source earns; nothing is remembered from one call to the next."""
    return Hidden(sandbox, EXERCISE, truth_of(EXERCISE)).share_passed(f"```python\n{source}\n```")


@pytest.mark.parametrize("attack", CORPUS)
def test_an_attack_fails_alone_and_leaves_nothing(attack: str, sandbox: Sandbox, host: Host) -> None:
    with ThreadPoolExecutor() as judges:
        attacker = judges.submit(score, sandbox, hostile(CORPUS[attack], host.facts))
        assert score(sandbox, HONEST) == 1.0
    assert attacker.result() == 0.0
    assert score(sandbox, HONEST) == 1.0
    assert host.state() == host.before
    assert host.visitors() == 0


@pytest.mark.parametrize("attack", ESCAPES)
def test_the_walls_hold_without_the_filter_of_system_calls(attack: str, sandbox: Sandbox, host: Host) -> None:
    run = sandbox.call(hostile(ESCAPES[attack], host.facts), "double", [[21]], filtered=False)
    assert run.claims != ((42,),)
    assert host.state() == host.before
    assert host.visitors() == 0


@pytest.mark.parametrize("attack", UNDEFENDED)
def test_the_attack_works_where_nothing_keeps_it_in(attack: str, host: Host) -> None:
    source = hostile(ESCAPES[attack], host.facts) + "print(double(21))"
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, cwd=ROOT, timeout=60)
    assert done.stdout.decode().split()[-1:] == ["42"]


def test_no_name_of_an_attack_is_used_twice() -> None:
    assert len(CORPUS) == len(ESCAPES) + len(KERNEL) + len(BOMBS) + len(TAMPERING) >= 20


def test_a_killed_validator_leaves_no_stranger_behind(sandbox: Sandbox) -> None:
    before = children()
    program = (
        "from subnet.sandbox.box import Limits, Sandbox\n"
        "Sandbox(Limits(cpu_seconds=300, wall_seconds=300)).call('while True: pass', 'f', [[1]])"
    )
    validator = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT)
    until(lambda: len(descendants(validator.pid)) >= 2)
    validator.send_signal(signal.SIGKILL)
    validator.wait()
    until(lambda: not living(children() - before))


def descendants(pid: int) -> list[str]:
    """All processes below one, as far as they can be seen."""
    below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return below + [one for child in below for one in descendants(int(child))]


def living(pids: frozenset[str]) -> list[str]:
    """Those that are not merely waiting to be taken away."""
    return [pid for pid in pids if os.waitpid(int(pid), os.WNOHANG) == (0, 0)]


def until(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)
