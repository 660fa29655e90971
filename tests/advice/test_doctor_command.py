"""The doctor as a command: wrong usage, and what its report looks like."""

import pytest

from neurons import doctor_command
from subnet.advice.line import failed, note, ok, unknown

LINES = [ok("sdk", "bittensor 11.3.0"), note("permit", "not yet"), unknown("clock", "nobody told")]
BAD = failed("registered", "no seat", "btcli subnets register")


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        ([], "miner|validator|owner"),
        (["banker"], "miner|validator|owner"),
        (["miner"], "--netuid is required"),
        (["miner", "--netuid", "2", "--min-compute", "/nowhere"], "/nowhere"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(
    argv: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = doctor_command.main(argv)
    except SystemExit as end:
        code = int(str(end.code))
    shown = capsys.readouterr().err
    assert code == 2
    assert says in shown and shown.count("\n") == 1


def test_a_failed_line_is_followed_by_its_fix_and_the_last_line_counts() -> None:
    assert doctor_command.text([*LINES, BAD]).splitlines()[-3:] == [
        "FAILED registered no seat",
        "                  fix: btcli subnets register",
        "1 of 4 checks failed",
    ]
    assert doctor_command.text(LINES).splitlines()[-1] == "nothing must be fixed"


def test_notes_and_what_could_not_be_told_are_no_failures() -> None:
    assert doctor_command.document("miner", LINES)["healthy"] is True
    assert doctor_command.document("miner", [*LINES, BAD])["healthy"] is False
