"""The fixture for users' own tests, as their pytest sees it: in a folder of theirs, with nothing of this suite."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "chain-in-tests.md"
PLUGIN = "subnet.devnet.pytest_plugin"


def examples() -> list[str]:
    return re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)


def run(folder: Path, *arguments: str) -> str:
    """What a process of Python prints in the folder."""
    finished = subprocess.run(
        (sys.executable, *arguments),
        cwd=folder,
        env=dict(os.environ, PYTHONPATH=str(ROOT), PYTEST_DISABLE_PLUGIN_AUTOLOAD="1"),
        capture_output=True,
        text=True,
        timeout=60,
    )
    return finished.stdout + finished.stderr


def pytest_in(folder: Path, *options: str) -> str:
    return run(folder, "-m", "pytest", "-p", PLUGIN, "-p", "no:cacheprovider", *options)


def test_the_example_of_the_guide_runs(tmp_path: Path) -> None:
    (tmp_path / "test_my_subnet.py").write_text(examples()[0])
    assert "2 passed" in pytest_in(tmp_path, "--assay-chain")


def test_the_program_of_the_guide_runs(tmp_path: Path) -> None:
    assert re.fullmatch(r"ws://127\.0\.0\.1:\d+ 4\n", run(tmp_path, "-c", examples()[1]))


def test_without_the_option_tests_that_need_a_chain_are_skipped_by_name(tmp_path: Path) -> None:
    (tmp_path / "test_my_subnet.py").write_text(examples()[0])
    output = pytest_in(tmp_path, "-rs")
    assert "2 skipped" in output
    assert "run pytest with --assay-chain" in output


def test_a_mark_sets_the_chain_up_and_async_tests_can_use_it(tmp_path: Path) -> None:
    (tmp_path / "test_marked.py").write_text("""
import asyncio, json
import pytest
from websockets.asyncio.client import connect
from subnet.errors import ChainError

@pytest.mark.assay_chain(mode="manual", block_time=7)
def test_marked(assay_chain):
    async def slot():
        async with connect(assay_chain.address) as socket:
            await socket.send(json.dumps({"id": 1, "method": "dev_newBlock", "params": [{"to": 3}]}))
            return json.loads(await socket.recv())
    assert "result" in asyncio.run(slot())
    assert assay_chain.block == 3
    with pytest.raises(ChainError, match="SubnetNotExists"):
        assay_chain.register(99, "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY",
                             "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY")

def test_another(assay_chain):
    assert assay_chain.block == 0
""")
    assert "2 passed" in pytest_in(tmp_path, "--assay-chain", "--strict-markers")


def test_a_run_that_uses_no_chain_does_not_import_one(tmp_path: Path) -> None:
    (tmp_path / "test_plain.py").write_text("""
import sys

def test_plain():
    assert not {"subnet.devnet.node", "bittensor", "bittensor_core", "websockets"} & set(sys.modules)
""")
    assert "1 passed" in pytest_in(tmp_path)


def test_installing_makes_it_known(pytestconfig: pytest.Config) -> None:
    assert f'"pytest11": ["assay = {PLUGIN}"]' in (ROOT / "setup.py").read_text(encoding="utf-8")
