"""What supervises the neurons parses, restarts for ever, runs without rights, and names commands that exist."""

import asyncio
import configparser
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from neurons.cli import COMMANDS
from neurons.localnet.cast import Member, make_wallets
from neurons.signer import SignerSettings
from subnet.settings import MinerSettings, NeuronSettings, ValidatorSettings
from subnet.transport.listening import address_of, listen, serving
from subnet.transport.server import Server

ROOT = Path(__file__).resolve().parents[2]
UNITS = sorted((ROOT / "scripts" / "systemd").glob("*.service"))
COMPOSE = ROOT / "scripts" / "compose" / "compose.yml"
SETTINGS: dict[str, type[NeuronSettings]] = {"miner": MinerSettings, "validator": ValidatorSettings}
EXAMPLES: dict[str, type[NeuronSettings]] = {**SETTINGS, "signer": SignerSettings}
VARIABLE = re.compile(r"\$\{(\w+)(?::(?:-([^}]*)|\?[^}]*))?\}")
VALUES = {
    "NETUID": "2",
    "MODEL": "a/model",
    "EXTERNAL_IP": "1.1.1.1",
    "PORT": "8091",
    "WALLETS": "/srv/wallets",
}


def unit(path: Path) -> configparser.ConfigParser:
    """A unit as its sections; systemd's files know no interpolation, and their keys have capitals."""
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(path.read_text())
    return parser


def compose() -> Any:
    """The compose file with the variables filled in."""
    text = VARIABLE.sub(lambda found: VALUES.get(found[1], found[2] or "alice"), COMPOSE.read_text())
    return yaml.safe_load(text)


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_starts_a_command_with_settings_that_exist(path: Path) -> None:
    service = unit(path)["Service"]
    program, role, flag, config = shlex.split(service["ExecStart"])
    assert program.endswith("/.venv/bin/assay") and role in COMMANDS and flag == "--config"
    example = ROOT / "scripts" / "systemd" / f"{Path(config.replace('-%i', '')).name}.example"
    settings = EXAMPLES[role].read(["--config", str(example)], program=role, about="")
    assert str(settings.wallet_path) == "/etc/assay/wallets"
    assert f"# {config}:" in example.read_text().splitlines()[0]


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_restarts_for_ever_but_not_on_wrong_settings_and_sees_no_coldkey(path: Path) -> None:
    text = unit(path)
    service = text["Service"]
    assert service["Restart"] == "always" and service["RestartPreventExitStatus"] == "2"
    assert text["Unit"]["StartLimitIntervalSec"] == "0"
    assert text["Unit"]["AssertPathExistsGlob"] == "!/etc/assay/wallets/*/coldkey"
    assert service["User"] not in ("", "root") and service["NoNewPrivileges"] == "yes"
    assert service["ProtectSystem"] == "strict" and service["CapabilityBoundingSet"] == ""
    assert (ROOT / text["Unit"]["Documentation"].removeprefix("file:///opt/assay/")).is_file()


def test_every_line_of_an_example_that_is_commented_out_can_be_commented_in(tmp_path: Path) -> None:
    for role, kind in EXAMPLES.items():
        example = ROOT / "scripts" / "systemd" / f"{role}.toml.example"
        whole = re.sub(r"^# (?=\w+ = )", "", example.read_text(), flags=re.MULTILINE)
        (tmp_path / "all.toml").write_text(whole)
        kind.read(["--config", str(tmp_path / "all.toml")], program=role, about="")


def test_systemd_knows_every_word_of_the_units() -> None:
    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.skip("systemd-analyze is not installed")
    told = subprocess.run([tool, "verify", *map(str, UNITS)], capture_output=True, text=True, timeout=30)
    wrong = [line for line in told.stderr.splitlines() if "assay" in line and "is not executable" not in line]
    assert wrong == []


@pytest.mark.parametrize("role", list(SETTINGS))
def test_a_service_runs_flags_that_exist_without_rights_and_comes_back(role: str) -> None:
    service = compose()["services"][role]
    command, *flags = service["command"]
    assert command == role and command in COMMANDS
    settings = SETTINGS[role].read(flags, program=role, about="")
    assert settings.netuid == 2
    assert service["restart"] == "always" and service["read_only"] is True
    assert service["cap_drop"] == ["ALL"] and service["security_opt"] == ["no-new-privileges:true"]
    assert service["volumes"][0].endswith(":/wallets:ro")
    known = {(field.json_schema_extra or {}).get("env") for field in MinerSettings.model_fields.values()}
    assert {name for name in service["environment"] if name.startswith("BT_")} <= known


def test_every_variable_of_the_compose_file_is_in_the_example() -> None:
    used = {found[1] for found in VARIABLE.finditer(COMPOSE.read_text())}
    example = (COMPOSE.parent / "env.example").read_text()
    assert used == set(re.findall(r"^(\w+)=", example, re.MULTILINE))


def test_the_image_is_built_from_files_that_exist_and_does_not_run_as_root() -> None:
    build = compose()["services"]["miner"]["build"]
    root = (COMPOSE.parent / build["context"]).resolve()
    lines = (root / build["dockerfile"]).read_text().splitlines()
    copied = [source for line in lines if line.startswith("COPY ") for source in line.split()[1:-1]]
    assert root == ROOT and copied
    assert [source for source in copied if not (ROOT / source).exists()] == []
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "scripts", "benchmarks"}
    assert packages <= set(copied)
    assert [line for line in lines if line.startswith("USER ")][-1] == "USER assay"


async def health(role: str, *replaced: tuple[str, str]) -> int:
    """The exit code of a service's health check."""
    test = compose()["services"][role]["healthcheck"]["test"]
    code = test[-1]
    for old, new in replaced:
        assert old in code
        code = code.replace(old, new)
    process = await asyncio.create_subprocess_exec(
        sys.executable, *test[2:-1], code, stderr=asyncio.subprocess.DEVNULL
    )
    return await asyncio.wait_for(process.wait(), 20)


async def test_the_miners_health_check_tells_a_miner_from_nothing(tmp_path: Path) -> None:
    keys = make_wallets([Member("miner", "miner")], tmp_path, 1)["miner"]
    listener = listen("127.0.0.1", 0)
    answers: Any = None
    async with serving(Server(keys.wallet.hotkey, answers, lambda caller: None), listener):
        assert await health("miner", ("8091", str(address_of(listener).port))) == 0
    assert await health("miner", ("8091", "9")) == 1


async def test_the_validators_health_check_wants_a_round_within_ten_minutes(tmp_path: Path) -> None:
    file = tmp_path / "status.jsonl"
    place = ("/var/lib/assay/status.jsonl", str(file))
    assert await health("validator", place) == 1
    file.touch()
    assert await health("validator", place) == 0
    assert await health("validator", place, ("> 600", "> -1")) == 1
