"""What the guides tell users to type is accepted by what they tell them to type it into; their code is run."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer.main
from bittensor.cli.main import app
from bittensor.sp_core import Keypair

from neurons.audit_command import AuditSettings
from neurons.cli import COMMANDS
from neurons.signer import SignerSettings
from neurons.why_command import WhySettings
from subnet.chain import Chain
from subnet.devnet import devnet
from subnet.protocol import Message, Query
from subnet.settings import DoctorSettings, MinerSettings, Settings, ValidatorSettings

ROOT = Path(__file__).resolve().parents[2]
GUIDES = [
    ROOT / "docs" / f"{name}.md"
    for name in ("porting", "running-a-miner", "running-a-validator", "why-is-my-score-zero", "threat-model")
]
BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)
BTCLI: Any = typer.main.get_command(app)
SETTINGS: dict[str, type[Settings]] = {
    "miner": MinerSettings,
    "validator": ValidatorSettings,
    "signer": SignerSettings,
    "audit-tasks": AuditSettings,
    "why": WhySettings,
}
# Programs of the system: nothing of ours can tell whether they are there, only whether our files are.
SYSTEM = {"sudo", "curl", "cp", "docker", "journalctl", "git", "source"}
PLACES = {"NETUID": "2", "TAO": "1", "YOUR_PUBLIC_IP": "203.0.113.7"}


def blocks(kind: str) -> list[Any]:
    """(guide, text) of each fenced block of a kind."""
    found = [
        (path, text) for path in GUIDES for name, text in BLOCK.findall(path.read_text()) if name == kind
    ]
    return [pytest.param(text, id=f"{path.stem}-{number}") for number, (path, text) in enumerate(found)]


def commands(text: str) -> list[list[str]]:
    """The words of each command in a block; `a && b` is two commands."""
    lines = text.replace("\\\n", " ").splitlines()
    parts = [part for line in lines if line.strip() for part in line.split(" && ")]
    return [[PLACES.get(word, word) for word in shlex.split(part, comments=True)] for part in parts]


def check(words: list[str]) -> None:
    """Raises when a command could not work as written."""
    program, *rest = words
    if program == "btcli":
        group = BTCLI
        while hasattr(group, "commands"):
            group = group.commands[rest.pop(0)]
        group.make_context("btcli", rest)
    elif program in ("assay", "python"):
        name = Path(rest[0]).stem
        assert name in COMMANDS and (program == "assay" or (ROOT / rest[0]).is_file())
        if name in SETTINGS:
            SETTINGS[name].read(rest[1:], program="x", about="")
        elif name == "doctor":
            assert rest[1] in ("miner", "validator", "owner")
            DoctorSettings.read(rest[2:], program="x", about="")
        else:
            assert name == "port" and set(rest[2:]) <= {"--json"}
    elif program.startswith("./scripts/"):
        assert (ROOT / program).is_file()
    else:
        assert program in SYSTEM or program.startswith("~/.bittensor/"), program
        ours = [word for word in rest if word.startswith("scripts/")]
        assert [word for word in ours if not (ROOT / word).exists() and not word.endswith("/.env")] == []


@pytest.mark.parametrize("text", blocks("sh"))
def test_every_command_is_one_that_exists(text: str) -> None:
    for words in commands(text):
        check(words)


@pytest.mark.parametrize("text", blocks("python"))
def test_every_example_runs(text: str) -> None:
    exec(compile(text, "example", "exec"), {"__name__": "example"})


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.stem)
def test_every_file_and_link_that_a_guide_names_exists(path: Path) -> None:
    text = path.read_text()
    links = [target for target in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in target]
    named = re.findall(r"`((?:subnet|neurons|reward|tests|scripts|docs)/[\w/.-]+)`", text)
    missing = [link for link in links if not (path.parent / link).exists()]
    missing += [name for name in named if not (ROOT / name).exists()]
    assert missing == []
    assert max(map(len, text.splitlines())) < 320


def test_the_old_spellings_in_the_guide_are_those_that_the_neurons_take() -> None:
    text = (ROOT / "docs" / "porting.md").read_text()
    named = set(re.findall(r"`(--(?:subtensor|wallet|axon|logging)\.\w+)`", text))
    taken = {
        flag
        for settings in SETTINGS.values()
        for field in settings.model_fields.values()
        for flag in (field.json_schema_extra or {}).get("flags", [])
        if "." in flag
    }
    assert named == taken - {"--logging.trace", "--model.name"}


async def test_the_examples_of_the_porting_guide_do_what_they_say() -> None:
    names: dict[str, Any] = {"__name__": "example"}
    for block in blocks("python"):
        exec(compile(block.values[0], "example", "exec"), names)
    alice, bob = (Keypair.create_from_uri(f"//{name}") for name in ("Alice", "Bob"))
    query = Query(id="question-1", messages=(Message(role="user", content="well then"),))
    assert (await names["backend"].complete(query)).text == "WELL THEN"
    await names["test_a_registered_hotkey_is_on_the_chain"](bob.ss58_address, alice.ss58_address)
    async with devnet(mode="instant", seed="the guide") as chain:
        await chain.fund(alice.ss58_address, 2_000)
        netuid = await chain.register_subnet(bob.ss58_address, alice.ss58_address)
        assert list(await names["incentives"](chain.address, netuid)) == [bob.ss58_address]
        assert await names["validators"](chain.address, netuid) == []
        async with Chain.connect(chain.address, netuid) as view:
            replies = await names["greet"](alice, (await view.peers()).values())
    assert [reply.failure for reply in replies.values()] == ["unreachable"]
