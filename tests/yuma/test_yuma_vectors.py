"""The replay of consensus vectors: it reproduces what is right and notices what is wrong."""

import json
from pathlib import Path
from typing import Any

import pytest

from subnet.yuma.__main__ import main
from subnet.yuma.compact import expectations, per_uid, weight_rows

ROOT = Path(__file__).parents[2]
EXTRACT = ROOT / "tests" / "vectors" / "yuma_extract.json"
WHOLE = ROOT.parent / "shared" / "chain" / "yuma_vectors.json"
LARGE = {
    "stakes": "5 for uid 0..1, 0 for uid 2..3",
    "weights": "every uid 0..1 sets [j,127] for all j in 2..3",
    "expect_last_step": "validators (0..1): consensus 0, bond to uid 2 = 65535; "
    "servers (2..3): consensus 32767, bonds 0",
}


def test_the_extract_is_reproduced(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(EXTRACT)]) == 0
    assert capsys.readouterr().out == "32 of 32 vectors reproduced\n"


@pytest.mark.skipif(not WHOLE.exists(), reason="the whole vector file is not beside this checkout")
def test_the_whole_file_is_reproduced(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(WHOLE)]) == 0
    assert capsys.readouterr().out == "103 of 103 vectors reproduced\n"


@pytest.mark.parametrize(
    ("vector", "step", "path"),
    [
        ("zero_weight_fallbacks", 3, ("expect", "emission", 0)),
        ("activity_cutoff_masks_stake", 3, ("expect", "dividends", 1)),
        ("activity_cutoff_masks_stake", 2, ("expect_bonds", 2, 2)),
        ("bonds_ema_classic_8_epochs", 1, ("comment_values", "emission", 7)),
        ("yuma3_stable_miner", 4, ("expect_dividends_proportion", 1)),
        ("yuma3_stable_miner", 6, ("expect_bonds_proportion", "1", 0, 1)),
        ("mechanisms_bonds_separate", 0, ("expect_mechanism", 1, "bonds", "1", 0, 1)),
    ],
)
def test_a_wrong_figure_of_an_epoch_is_noticed(
    vector: str, step: int, path: tuple[Any, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = json.loads(EXTRACT.read_text())
    place = next(v for v in content["epoch_vectors"] if v["id"] == vector)["steps"][step]
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] += 3
    lines = replayed(content, tmp_path, capsys)
    assert lines[0].startswith(f"{vector}: step {step}: ")
    assert lines[-1] == "31 of 32 vectors reproduced"


def replayed(content: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Lines printed for a file of which something is not reproduced."""
    file = tmp_path / "vectors.json"
    file.write_text(json.dumps(content))
    assert main([str(file)]) == 3
    return capsys.readouterr().out.splitlines()


def large(**changes: str) -> dict[str, Any]:
    """A small vector in the short notation of large ones."""
    setup = {**json.loads(EXTRACT.read_text())["epoch_vectors"][0]["setup"], "n": 4, "stakes": [0]}
    setup |= {"block_at_registration": "0 for every uid", "last_update": "0 for every uid"}
    setup |= {"validator_permit": "false for every uid"}
    first = {"block": 1, "emission": 1000}
    steps = [first, {**first, "note": "set weights by generator.weights"}]
    return {
        "epoch_vectors": [{"id": "large", "setup": setup, "steps": steps, "generator": {**LARGE, **changes}}]
    }


def test_the_short_notation_is_run_and_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "vectors.json"
    file.write_text(json.dumps(large()))
    assert main([str(file)]) == 0
    assert capsys.readouterr().out == "1 of 1 vectors reproduced\n"
    wrong = large(expect_last_step="servers (2..3): consensus 32766")
    assert replayed(wrong, tmp_path, capsys)[0] == "large: consensus of 2 expected 32766, got 32767"


@pytest.mark.parametrize(
    "changes",
    [{"expect_last_step": "all is well"}, {"weights": "some"}, {"stakes": "5 for uid 0..1"}],
)
def test_a_notation_not_understood_is_never_counted(
    changes: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = replayed(large(**changes), tmp_path, capsys)
    assert lines[0].startswith("large: not run: the notation")
    assert lines[-1] == "0 of 1 vectors reproduced"


def test_an_unknown_step_or_function_is_never_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = large()
    content["epoch_vectors"][0]["steps"][0]["expect_miracle"] = 1
    content["math_vectors"] = [{"id": "new", "function": "square", "input": 2, "expected": 4}]
    lines = replayed(content, tmp_path, capsys)
    assert lines == [
        "large: not run: step 0 has ['expect_miracle']",
        "new: not run: no function called square",
        "0 of 2 vectors reproduced",
    ]


def test_notations_spell_out_every_uid() -> None:
    assert per_uid("5 for uid 0..1, 0 for uid 2..3", 4) == [5, 5, 0, 0]
    assert weight_rows("every uid 0..0 sets [j,9] for all j in 1..2") == {0: [(1, 9), (2, 9)]}
    wanted = list(expectations("v (0..0): incentive 3, bond to uid 1 = 7"))
    assert [(e.uid, e.field, e.value, e.target) for e in wanted] == [
        (0, "incentive", 3, None),
        (0, "bond", 7, 1),
    ]


def test_wrong_usage_and_unreadable_files_exit_with_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path)]) == 2
    with pytest.raises(SystemExit) as stopped:
        main(["a", "b"])
    assert stopped.value.code == 2
    assert len(capsys.readouterr().err.splitlines()) == 2
