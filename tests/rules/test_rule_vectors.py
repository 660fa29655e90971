"""The replay of vector files: it reproduces what is right and notices what is wrong."""

import json
from pathlib import Path

import pytest

from subnet.rules.__main__ import main
from subnet.rules.vectors import difference

ROOT = Path(__file__).parents[2]
EXTRACT = ROOT / "tests" / "vectors" / "rules_extract.json"
WHOLE = ROOT.parent / "shared" / "chain" / "yuma_vectors.json"


def test_the_extract_is_reproduced(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(EXTRACT)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "25 of 25 vectors reproduced"


@pytest.mark.skipif(not WHOLE.exists(), reason="the whole vector file is not beside this checkout")
def test_the_whole_file_is_reproduced(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(WHOLE), "--verbose"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "5 behaviour sequences need a chain and were not run" in lines
    assert lines[-1] == "84 of 84 vectors reproduced"


@pytest.mark.parametrize("number", range(25))
def test_a_wrong_expectation_is_noticed(
    number: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = [
        v for v in json.loads(EXTRACT.read_text())["other_vectors"] if v.get("kind") != "behaviour sequence"
    ]
    changed = listed[number]
    changed["expected"] = spoiled(changed["expected"])
    file = tmp_path / "vectors.json"
    file.write_text(json.dumps({"other_vectors": listed}))
    assert main([str(file)]) == 3
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{changed['id']}: ")
    assert lines[-1] == "24 of 25 vectors reproduced"


def spoiled(value: object) -> object:
    """Something else of the same kind."""
    match value:
        case bool():
            return not value
        case None:
            return 0
        case int() | float():
            return value + 5
        case str():
            return value[:-1] + "?"
        case list():
            return [*value[:-1], spoiled(value[-1])]
    raise AssertionError(value)


def test_a_malformed_vector_is_reported_and_the_others_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "vectors.json"
    vectors = [
        {"id": "a"},
        {"id": "b", "input": {"what": 1}, "expected": 1},
        {"id": "c", "input": {"issuance": "x"}},
    ]
    good = {"id": "d", "input": {"half_life": 1}, "expected": 2**31}
    file.write_text(json.dumps({"other_vectors": [*vectors, good]}))
    assert main([str(file)]) == 3
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines[:3]] == ["a", "b", "c"]
    assert lines[-1] == "1 of 4 vectors reproduced"


@pytest.mark.parametrize(
    "content", [None, "not json", "[]", '{"other_vectors": 3}', "{}", "\udcff", "[" * 100_000]
)
def test_an_unreadable_file_is_one_line_and_exit_code_two(
    content: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "vectors.json"
    if content is not None:
        file.write_bytes(content.encode(errors="surrogateescape"))
    assert main([str(file)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1


def test_wrong_usage_is_one_line_and_exit_code_two(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([])
    assert stopped.value.code == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_comparison_is_by_tolerance_type_and_length() -> None:
    assert difference([1, 2.0], [1, 2.5], 0.5) is None
    assert difference([1, 9], [1, None], 0) is None
    assert difference(True, 1, 0) is not None
    assert difference(1, True, 0) is not None
    assert difference([1], [1, 1], 9) is not None
    assert difference(None, 0, 0) is not None
