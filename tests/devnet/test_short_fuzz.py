"""The fuzzer in short: a few thousand inputs of each kind do no harm, and it finds what does.

`python benchmarks/fuzz_chain.py --inputs 1000000` is the long form.
"""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))  # the programs there import one another by their plain names

import fuzz_engine  # noqa: E402
import fuzz_targets  # noqa: E402

from subnet.devnet.rpc import METHODS  # noqa: E402

INPUTS = {"frames": 4000, "extrinsics": 1500, "scale": 10_000}
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary().map(lambda b: "0x" + b.hex()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
REQUEST = st.fixed_dictionaries(
    {"method": st.sampled_from(sorted(METHODS)) | JSON, "params": st.lists(JSON, max_size=4) | JSON},
    optional={"id": JSON, "jsonrpc": JSON},
)
FRAME = (REQUEST | st.lists(REQUEST, max_size=3) | JSON).map(json.dumps)
QUIET = settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))


@cache
def target(name: str) -> Any:
    """One chain for all inputs: each must leave it as it was."""
    return fuzz_targets.TARGETS[name]()


@pytest.mark.parametrize("name", INPUTS)
def test_changed_inputs_break_nothing(name: str, tmp_path: Path) -> None:
    judge = fuzz_engine.Judge(target(name), INPUTS[name], 2.0, tmp_path)
    fuzz_engine.blind(judge, seed=1)
    assert judge.findings.error == "", f"python benchmarks/fuzz_chain.py --replay {judge.findings.crash}"
    assert judge.findings.inputs == INPUTS[name]


@given(FRAME | st.text() | st.binary())
@QUIET
def test_any_json_is_answered(frame: str | bytes) -> None:
    target("frames").run(frame.encode("utf-8", "surrogatepass") if isinstance(frame, str) else frame)


@given(st.data())
@QUIET
def test_any_change_of_a_recorded_extrinsic_or_call_is_survived(data: st.DataObject) -> None:
    raw = bytearray(data.draw(st.sampled_from(target("extrinsics").seeds())))
    for place, byte in data.draw(
        st.lists(st.tuples(st.integers(0, len(raw) - 1), st.integers(0, 255)), max_size=4)
    ):
        raw[place] = byte
    target("extrinsics").run(bytes(raw) + data.draw(st.binary(max_size=2)))


def broken(data: bytes) -> None:
    if data.startswith(b"bad"):
        raise KeyError("a bug")
    while data.startswith(b"slow"):
        pass


def test_a_crash_and_a_hang_are_found_and_written_down(tmp_path: Path) -> None:
    for data, error in ((b"bad input", "KeyError: 'a bug'"), (b"slow input", "Hang: ")):
        judge = fuzz_engine.Judge(SimpleNamespace(run=broken), 10, 0.05, tmp_path)
        for fed in (b"good", data, b"never seen"):
            judge(fed)
        assert judge.findings.inputs == 2
        assert judge.findings.error.startswith(error)
        assert Path(judge.findings.crash).read_bytes() == data


def test_the_same_seed_proposes_the_same_inputs() -> None:
    frames = target("frames")
    made = []
    for _ in range(2):
        rng = Random(5)
        made.append([fuzz_engine.proposed(rng, frames, frames.seeds(), frames.tokens()) for _ in range(50)])
    assert made[0] == made[1]


def fuzz(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the program."""
    command = [sys.executable, str(ROOT / "benchmarks" / "fuzz_chain.py"), *arguments]
    environment = {"PYTHONPATH": str(ROOT), "PATH": ""}
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, check=False)


def test_the_program_prints_one_document_and_replays(tmp_path: Path) -> None:
    flags = (
        "--inputs",
        "300",
        "--target",
        "scale",
        "--engine",
        "blind",
        "--crashes",
        str(tmp_path),
        "--json",
    )
    ran = fuzz(*flags)
    assert ran.returncode == 0, ran.stderr
    document = json.loads(ran.stdout)
    assert (document["benchmark"], document["missed"]) == ("fuzz_chain", [])
    assert document["figures"]["inputs"] == 300
    replayed = tmp_path / "scale-0000"
    replayed.write_bytes(b"\x00\x00\x00\x00")
    assert fuzz("--replay", str(replayed)).returncode == 0
    assert fuzz("--replay", str(tmp_path / "nothing")).returncode == 2
