"""Settings: one declaration, one order of precedence, one line when something is wrong."""

from pathlib import Path

import pytest

from subnet.settings import MinerSettings, ValidatorSettings


def read(*argv: str) -> MinerSettings:
    return MinerSettings.read(argv, program="miner", about="a miner")


def test_a_flag_beats_the_environment_which_beats_the_file_which_beats_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "miner.toml"
    file.write_text('netuid = 7\nwallet = "from-file"\nwallet-hotkey = "from-file"\nhost = "10.0.0.1"\n')
    monkeypatch.setenv("BT_WALLET", "from-environment")
    monkeypatch.setenv("BT_WALLET_HOTKEY", "from-environment")

    settings = read("--config", str(file), "-H", "from-flag")

    assert settings.netuid == 7
    assert settings.host == "10.0.0.1"
    assert settings.wallet == "from-environment"
    assert settings.wallet_hotkey == "from-flag"
    assert settings.port == 8091


def test_the_spellings_of_older_start_scripts_still_work() -> None:
    old = read(
        "--netuid", "2", "--subtensor.network", "test", "--wallet.name", "alice", "--wallet.hotkey", "miner",
        "--wallet.path", "/keys", "--axon.port", "8100", "--logging.debug",
    )  # fmt: skip
    new = read(
        "--netuid", "2", "-n", "test", "-w", "alice", "-H", "miner", "--wallet-path", "/keys", "--port", "8100", "-v"
    )  # fmt: skip
    assert old == new


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        ([], "--netuid"),
        (["--netuid", "0"], "--netuid"),
        (["--netuid", "2", "--port", "99999"], "--port"),
        (["--netuid", "2", "--colour", "red"], "--colour"),
        (["--netuid", "2", "--config", "/nowhere/miner.toml"], "/nowhere/miner.toml"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(
    argv: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        read(*argv)
    shown = capsys.readouterr().err
    assert end.value.code == 2
    assert says in shown
    assert shown.count("\n") == 1


def test_an_unrelated_environment_variable_never_becomes_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETUID", "9")
    monkeypatch.setenv("N", "test")
    assert ValidatorSettings.read(["--netuid", "2"], program="validator", about="").network == "finney"
