"""`assay port` as a command: its lines, its document, its exit codes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from neurons import port_command

ROOT = Path(__file__).resolve().parents[2]
OLD = "import bittensor as bt\n\nbt.axon()\n"


def test_what_is_old_is_listed_as_compilers_do_and_the_exit_code_is_3(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "miner.py").write_text(OLD)
    assert port_command.main([str(tmp_path)]) == 3
    line, summary = capsys.readouterr().out.splitlines()
    assert line.startswith("miner.py:3:1: bt.axon -> `subnet.transport.server.Server`")
    assert summary == "1 Python files read: 1 old calls (axon 1); docs/porting.md has the way"


def test_the_document_holds_every_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "miner.py").write_text(OLD)
    (tmp_path / "broken.py").write_text("def (")
    assert port_command.main([str(tmp_path), "--json"]) == 3
    document = json.loads(capsys.readouterr().out)
    assert (
        document["files"] == 2 and document["unparsed"] == ["broken.py"] and document["areas"] == {"axon": 1}
    )
    assert document["findings"][0]["line"] == 3


def test_a_clean_code_base_ends_with_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.py").write_text("print()\n")
    assert port_command.main([str(tmp_path)]) == 0
    assert capsys.readouterr().out == "1 Python files read: nothing is old\n"


@pytest.mark.parametrize("argv", [[], ["/nowhere"], ["a", "b"]])
def test_wrong_usage_is_one_line_and_exit_code_2(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = port_command.main(argv)
    except SystemExit as end:
        code = int(str(end.code))
    assert code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_reader_that_has_had_enough_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import bittensor as bt\n" + "bt.axon()\n" * 5_000)
    shell = f"{sys.executable} -m neurons.port_command {tmp_path} | head -1"
    told = subprocess.run(["sh", "-c", shell], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert told.stderr == "" and told.stdout.count("\n") == 1
