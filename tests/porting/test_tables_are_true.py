"""The tables hold against the SDK that is installed, against the names of SDK 9 and 10, and against Assay."""

import ast
import importlib
import json
import re
from pathlib import Path
from typing import Any

import bittensor as bt
import pytest

from subnet.porting import sdk11
from subnet.porting.members import MEMBERS
from subnet.porting.names import CHANGED, COMPANIONS, ELSEWHERE, NAMES
from subnet.porting.reading import Reader, scope_of
from subnet.porting.words import Replacement

ROOT = Path(__file__).resolve().parents[2]
OLD = json.loads((ROOT / "tests" / "vectors" / "sdk_9_10_names.json").read_text())
CLIENT = bt.Client("local")
USES = sorted(
    {row for table in (NAMES, COMPANIONS, *MEMBERS.values()) for row in table.values()},
    key=lambda row: row.use,
)
QUOTED = sorted({text for row in USES for text in re.findall(r"`([^`]+)`", row.use)})


def findings(text: str) -> set[str]:
    """What is found in a module of this text."""
    tree = ast.parse(text)
    reader = Reader("a.py", scope_of(tree, {}, customary=True))
    reader.visit(tree)
    return {finding.found for finding in reader.findings}


def test_the_names_of_sdk_11_are_those_of_the_installed_one() -> None:
    offered = {name for name in dir(bt) if not name.startswith("_")}
    modules = {path.stem for path in Path(bt.__file__).parent.glob("*.py")} | {"cli"}
    assert offered <= sdk11.NAMES
    assert sdk11.NAMES <= offered | modules


def test_no_listed_name_is_alive_in_sdk_11_unless_it_changed() -> None:
    assert {name for name in NAMES if hasattr(bt, name)} - {"logging"} <= CHANGED


@pytest.mark.parametrize("name", OLD["bittensor"].split())
def test_a_name_of_sdk_9_or_10_is_found_unless_sdk_11_has_it(name: str) -> None:
    text = f"import bittensor as bt\nbt.{name}\n"
    if name in CHANGED or not hasattr(bt, name):
        assert findings(text) == {f"bt.{name}"}
        assert NAMES.get(name, ELSEWHERE) is not ELSEWHERE
    else:
        assert findings(text) == set()


@pytest.mark.parametrize("kind", ["subtensor", "axon", "dendrite", "synapse", "terminal", "mock_subtensor"])
def test_every_method_of_an_old_class_has_its_row(kind: str) -> None:
    kept = {"model_config", "name", "synapse"}  # the framework's, and two words that anything may be called
    if "subtensor" in kind:
        kept |= set(dir(bt.Subtensor)) | set(vars(CLIENT))
    table = MEMBERS["mock" if kind == "mock_subtensor" else kind]
    assert not set(OLD[kind].split()) - kept - set(table)


def test_every_attribute_of_the_old_metagraph_has_its_row_or_is_still_there() -> None:
    kept = set(bt.Metagraph.__dataclass_fields__) | set(dir(bt.Metagraph))
    assert set(OLD["metagraph"].split()) - kept - set(MEMBERS["metagraph"]) == set()
    assert set(MEMBERS["metagraph"]) & kept == set()


def test_every_copied_weight_function_is_known() -> None:
    assert set(OLD["weight_functions"].split()) <= set(NAMES)


@pytest.mark.parametrize("row", USES, ids=lambda row: row.use[:40])
def test_a_replacement_is_one_short_line(row: Replacement) -> None:
    assert "\n" not in row.use
    assert len(row.use) < 180


@pytest.mark.parametrize(
    "text", [t for t in QUOTED if re.match(r"(?:subnet|neurons|bt|client|Chain|Peer)\.", t)]
)
def test_what_a_replacement_names_exists(text: str) -> None:
    path = re.match(r"[\w.]+", text)[0].split(".")
    if {"PALLET", "API"} & set(path):
        return
    roots: dict[str, Any] = {"bt": bt, "client": CLIENT}
    if path[0] in roots:
        there = roots[path[0]]
    else:
        chain, protocol = (importlib.import_module(f"subnet.{name}") for name in ("chain", "protocol"))
        classes = {"Chain": chain.Chain, "Peer": protocol.Peer}
        there = classes.get(path[0]) or importlib.import_module(path[0])
    for part in path[1:]:
        if part in {read["name"] for read in CLIENT.reads()} and there is not bt:
            return
        there = getattr(there, part, None) or importlib.import_module(f"{there.__name__}.{part}")
