"""Strangers' code is run only where it can be kept in, and a canary looks for the way out first."""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from subnet.errors import ConditionError
from subnet.sandbox.box import Limits, Run, Sandbox, SandboxFault
from subnet.sandbox.canary import IsolationMissing, check
from subnet.tasks.code import Code

ROOT = Path(__file__).resolve().parent.parent.parent
SYSTEM_PYTHON = "/usr/bin/python3"
NOBODY = 65534


class Missing(Sandbox):
    """A sandbox on a machine that does not allow it."""

    def __init__(self, fault: str) -> None:
        super().__init__()
        self._fault = fault

    def call(
        self, source: str, function: str, inputs: Sequence[Sequence[object]], *, filtered: bool = True
    ) -> Run:
        raise SandboxFault(self._fault)


class Open(Sandbox):
    """A sandbox without walls."""

    def call(
        self, source: str, function: str, inputs: Sequence[Sequence[object]], *, filtered: bool = True
    ) -> Run:
        space: dict[str, object] = {}
        exec(source, space)
        function_called = space[function]
        assert callable(function_called)
        return Run(tuple((function_called(*given),) for given in inputs))


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    box = Sandbox()
    try:
        check(box)
    except IsolationMissing as missing:
        pytest.skip(str(missing))
    return box


def test_the_canary_finds_nothing_to_reach(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "coldkey").write_text("secret")
    check(sandbox, private=[tmp_path, Path.home()])


def test_the_canary_sees_where_there_are_no_walls() -> None:
    with pytest.raises(IsolationMissing, match="can be reached from it"):
        check(Open(), private=[])


def test_the_canary_sees_a_folder_that_is_open(tmp_path: Path) -> None:
    class OpenFolder(Open):
        def call(
            self, source: str, function: str, inputs: Sequence[Sequence[object]], *, filtered: bool = True
        ) -> Run:
            run = super().call(source, function, inputs)
            return Run(((["/wallets: alice"],),)) if function == "reach" else run

    with pytest.raises(IsolationMissing, match="/wallets: alice can be reached"):
        check(OpenFolder(), private=[tmp_path])


@pytest.mark.parametrize(
    ("fault", "cure"),
    [
        ("unshare: Operation not permitted", "CAP_SYS_ADMIN"),
        ("mount: Permission denied", "apparmor_restrict_unprivileged_userns"),
        ("mount_setattr: Function not implemented", "Linux 5.12"),
        ("unshare: No space left on device", "max_user_namespaces"),
        ("uid 60901: Invalid argument", "plain user"),
        ("something new", "leave this kind of task out"),
    ],
)
def test_a_machine_that_cannot_isolate_refuses_in_one_line_with_a_cure(fault: str, cure: str) -> None:
    with pytest.raises(ConditionError) as refusal:
        Code(sandbox=Missing(fault))
    assert fault in str(refusal.value)
    assert cure in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_missing_call_of_the_kernel_is_a_fault_of_the_machine_and_not_of_the_code(sandbox: Sandbox) -> None:
    no_room = Sandbox(Limits(tmp_bytes=-1))
    with pytest.raises(SandboxFault, match="mount"):
        no_room.call("def f(): return 1", "f", [[]])


def test_the_stranger_is_nobody_and_sees_an_empty_world(sandbox: Sandbox) -> None:
    source = (
        "import os, resource\n"
        "def look():\n"
        "    return [os.getuid(), os.getpid(), os.getppid(), dict(os.environ), os.listdir('/tmp'),\n"
        "            sorted(set(os.listdir('/')) - {'usr', 'lib', 'lib64', 'tmp'}),\n"
        "            open('/proc/self/status').read() if os.path.exists('/proc') else 'no /proc']"
    )
    (claim,) = sandbox.call(source, "look", [[]]).claims
    uid, pid, parent, environment, files, others, proc = claim[0]
    assert (uid, pid, parent) == (60901, 1, 0)
    assert environment == {}
    assert files == []
    assert proc == "no /proc"
    assert all(name in sys.base_prefix for name in others)


def test_the_tmp_of_one_run_is_gone_in_the_next(sandbox: Sandbox) -> None:
    source = (
        "import os\ndef f():\n    seen = os.listdir('/tmp')\n    open('/tmp/a', 'w').close()\n    return seen"
    )
    assert sandbox.call(source, "f", [[], []]).claims == (([],), (["a"],))
    assert sandbox.call(source, "f", [[]]).claims == (([],),)


def test_a_validator_with_a_thousand_open_files_can_judge(sandbox: Sandbox) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 4096:
        pytest.skip("this machine does not allow as many open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, hard))
    held = [os.open("/dev/null", os.O_RDONLY) for _ in range(1100)]
    try:
        assert sandbox.call("def f():\n    return 1", "f", [[]]).claims == ((1,),)
    finally:
        for handle in held:
            os.close(handle)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_the_same_code_gives_the_same_result(sandbox: Sandbox) -> None:
    source = "def f():\n    return list({'a', 'b', 'c', 'd', 'e', 'f'})"
    assert sandbox.call(source, "f", [[]]) == sandbox.call(source, "f", [[]])


def test_no_more_run_at_once_than_there_are_places() -> None:
    class Counting(Sandbox):
        inside = most = 0
        lock = threading.Lock()
        together = threading.Event()

        def _run(self, job: bytes) -> tuple[bytes, str]:  # type: ignore[override]
            with self.lock:
                self.inside += 1
                self.most = max(self.most, self.inside)
                if self.inside == 2:
                    self.together.set()
            self.together.wait(30)
            with self.lock:
                self.inside -= 1
            return json.dumps([[]]).encode(), ""

    box = Counting(places=2)
    with ThreadPoolExecutor(6) as judges:
        runs = list(judges.map(lambda _: box.call("", "f", [[]]), range(6)))
    assert len(runs) == 6
    assert box.most == 2


@pytest.fixture
def readable_copy() -> Iterator[Path]:
    """The sandbox where another user can read it."""
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / "subnet"
        shutil.copytree(ROOT / "subnet/sandbox", package / "sandbox")
        for name in ("__init__.py", "errors.py"):
            shutil.copy(ROOT / "subnet" / name, package)
        for path in (Path(folder), *Path(folder).rglob("*")):
            path.chmod(0o755)
        yield Path(folder)


def test_a_plain_user_gets_the_same_walls(readable_copy: Path) -> None:
    found = shutil.which(SYSTEM_PYTHON)
    if os.geteuid() != 0 or found is None:
        pytest.skip("needs root, to become somebody else, and a Python that anybody may run")
    program = (
        "import sys\nif sys.version_info < (3, 11): sys.exit(77)\n"
        "from subnet.sandbox.box import Sandbox\nfrom subnet.sandbox.canary import check\n"
        "check(Sandbox())\nprint(Sandbox().call('import os\\ndef f(): return os.getuid()', 'f', [[]]).claims)"
    )
    done = subprocess.run(
        [found, "-c", program],
        cwd=readable_copy,
        env={"HOME": "/nonexistent"},
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        capture_output=True,
        text=True,
        timeout=60,
    )
    if done.returncode == 77 or "unshare" in done.stderr or "user namespace" in done.stderr:
        pytest.skip("this machine lets only root make namespaces")
    assert done.stdout.strip() == "((60901,),)", done.stderr
