"""The command that measures two models against each other, with the character model and a damaged copy of it."""

import json
from pathlib import Path

import pytest

from subnet.inference.calibrate import main
from subnet.inference.calibration import Calibrations
from subnet.inference.power import promises

CHAR = str(Path(__file__).resolve().parents[2] / "models" / "char")
SMALL = ["--reference", CHAR, "--replies", "4", "--draws", "2", "--tokens", "50"]


def test_it_prints_one_document_and_writes_what_the_reward_reads(capsys, tmp_path):
    file = tmp_path / "calibration.json"
    assert main([*SMALL, "--bits", "3", "--top-k", "20", "--write", str(file), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["model"] == "char" and said["dtype"] == "bfloat16"
    assert said["detections"]["its own weights, 3 bits"]["auc"]["10"] > 0.6
    assert said["fingerprint"]["detections"] == {"its own weights, 3 bits": 1.0}
    assert 0.0 < said["border"] < 0.5 and 0.0 < said["cost"] < 1.0
    assert Calibrations.load(file).find(("char", "bfloat16", 1.0, 20)) is not None

    assert main(["--show", str(file), "--audited", "0.25"]) == 0
    shown = capsys.readouterr().out
    assert "25% of the replies audited" in shown and "attestation" in shown


def test_what_an_owner_is_promised_follows_from_the_share_of_replies_audited():
    (kept,) = [
        c for c in Calibrations.load(Path(CHAR) / "calibration.json").calibrations if c.dtype == "bfloat16"
    ]
    always, seldom = promises(kept), promises(kept, audited=0.1)
    found = {each.cheat: each for each in always if each.verifier == "tokens"}
    rarely = {each.cheat: each for each in seldom if each.verifier == "tokens"}
    assert found["other seed's weights"].rounds == 1 and rarely["other seed's weights"].rounds == 10
    assert rarely["other seed's weights"].per_round == pytest.approx(0.1, abs=0.002)
    assert found["int8 weights, bfloat16"].rounds is None
    assert all(each.false_reject <= 0.001 for each in always)


@pytest.mark.parametrize(
    "line",
    [
        [],
        ["--reference", CHAR],
        ["--reference", "no/such/place", "--bits", "4"],
        ["--show", "no-such-file.json"],
    ],
)
def test_wrong_usage_is_one_clear_line_and_exit_code_2(line, capsys):
    try:
        code = main(line)
    except SystemExit as ended:
        code = ended.code
    assert code == 2
    said = capsys.readouterr().err.strip()
    assert said and "Traceback" not in said
