"""The layers hold: who may import whom, how long a module may be, where torch may appear."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("subnet", "reward", "neurons")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
MAX_LINES = 350

# A row's modules may import their own package, the modules in its list, and nothing else of ours.
# The longest matching row applies. docs/decisions.md explains each wall.
ALLOWED: dict[str, tuple[str, ...]] = {
    "neurons": ("neurons", "reward", "subnet"),
    "reward": ("subnet.tasks.base", "subnet.protocol", "subnet.inference"),
    "subnet.gateway": ("subnet.validator", "subnet.transport", "subnet.protocol", "subnet.errors"),
    "subnet.recording": ("subnet.validator.round", "subnet.tasks", "subnet.protocol"),
    "subnet.simulator": ("subnet.rules", "subnet.yuma", "subnet.validator.weights", "subnet.attackers"),
    "subnet.advice": ("subnet.rules", "subnet.yuma", "subnet.validator", "subnet.protocol", "subnet.errors"),
    "subnet.attackers": ("subnet.tasks", "subnet.protocol"),
    "subnet.validator": ("subnet.tasks", "subnet.transport.client", "subnet.protocol", "subnet.errors"),
    "subnet.chain": (
        "subnet.chain_board",
        "subnet.chain_line",
        "subnet.chain_values",
        "subnet.protocol",
        "subnet.errors",
    ),
    "subnet.chain_board": ("subnet.chain_line", "subnet.protocol"),
    "subnet.chain_values": ("subnet.protocol",),
    "subnet.chain_line": ("subnet.errors",),
    "subnet.transport": ("subnet.protocol", "subnet.errors"),
    "subnet.signer": ("subnet.transport.receipts", "subnet.transport.signing", "subnet.errors"),
    "subnet.miner": ("subnet.protocol", "subnet.errors", "subnet.inference"),
    "subnet.tasks": ("subnet.protocol", "subnet.sandbox"),
    "subnet.sandbox": ("subnet.errors",),
    "subnet.devnet": ("subnet.rules", "subnet.yuma", "subnet.errors"),
    "subnet.yuma": ("subnet.rules",),
    "subnet.rules": (),
    "subnet.porting": (),
    "subnet.inference": (),
    "subnet.protocol": (),
    "subnet.errors": (),
    "subnet.settings": (),
    "subnet": (),
}
RUNS_A_MODEL_IN = (
    "subnet/inference/",
    "subnet/miner/local/",
    "reward/models.py",
    "reward/semantic.py",
    "reward/preference.py",
    "reward/likelihood.py",
    "reward/judge_models.py",
    "reward/claimed_model.py",
)
SPEAKS_TO_THE_CHAIN = {"subnet/chain.py", "subnet/chain_board.py", "subnet/chain_line.py"}


def module_name(path: Path) -> str:
    """The dotted name of a module file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> set[str]:
    """Every module that a file imports, anywhere in it; `from a import b` counts as a.b."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the layer"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def under(name: str, prefix: str) -> bool:
    """Whether a dotted name is the prefix or lies in it."""
    return name == prefix or name.startswith(prefix + ".")


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_a_module_imports_only_what_its_layer_may(path: Path) -> None:
    name = module_name(path)
    row = max((row for row in ALLOWED if under(name, row)), key=len)
    ours = {found for found in imports(path) if found.split(".")[0] in PACKAGES}
    wrong = {found for found in ours if not any(under(found, allowed) for allowed in (row, *ALLOWED[row]))}
    assert not wrong, f"{name} belongs to {row}, which may not import {sorted(wrong)}"


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_a_module_stays_short_enough_to_read(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= MAX_LINES, f"{path.relative_to(ROOT)} has {lines} lines: name the idea in it and split"


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_torch_is_imported_only_where_a_model_runs(path: Path) -> None:
    relative = path.relative_to(ROOT).as_posix()
    heavy = {found for found in imports(path) if found.split(".")[0] in {"torch", "transformers"}}
    assert not heavy or relative.startswith(RUNS_A_MODEL_IN), heavy


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_chain_and_embedded_chain_meet_on_a_websocket_only(path: Path) -> None:
    relative = path.relative_to(ROOT).as_posix()
    if relative.startswith("subnet/devnet/"):
        assert not {found for found in imports(path) if found.split(".")[0] == "bittensor"}
    if relative.startswith("subnet/") and relative not in SPEAKS_TO_THE_CHAIN:
        assert "bittensor.Client" not in imports(path)
