"""`--rubric FILE.py:NAME`: what loads, and the one line that each way of being wrong gives."""

import pytest

from neurons.rubrics import load_rubric
from reward.default import DEFAULT
from reward.rubric import Rubric
from subnet.errors import SettingsError

PARTS = """
from __future__ import annotations
from dataclasses import dataclass
from reward.rubric import Rubric
from reward.text import solved, tidy
from subnet.tasks.base import Reward
"""


def test_no_place_is_the_default():
    assert load_rubric("") is DEFAULT


def test_a_rubric_loads_with_whatever_else_its_file_declares(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(PARTS + "@dataclass\nclass Own:\n    x: int = 1\nMINE = Rubric({solved: 1, tidy: 1})")
    loaded = load_rubric(f"{path}:MINE")
    assert isinstance(loaded, Rubric)
    assert loaded.names == ("solved", "tidy")


def test_a_plain_function_may_judge(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(
        PARTS + "def judge(task, replies):\n    return [Reward(0.0, 1.0, (), '') for _ in replies]"
    )
    assert callable(load_rubric(f"{path}:judge"))


@pytest.mark.parametrize(
    ("code", "name", "said"),
    [
        (None, "MINE", "there is no Python file"),
        ("MINE = Rubric({solved: 1}", "MINE", "line 7: '(' was never closed"),
        ("MINE = Rubric({solved: 1})", "YOURS", "has no rubric YOURS; it has MINE"),
        ("", "MINE", "has no rubric MINE; it has none at all"),
        ("MINE = {solved: 1}", "MINE", "no rubric but of type dict"),
        ("MINE = Rubric", "MINE", "no rubric but the class Rubric"),
        ("MINE = solved", "MINE", "MINE is no rubric: judging silence, it raised"),
        ("def MINE(task, replies): return 1 / 0", "MINE", "raised ZeroDivisionError: division by zero"),
        ("def MINE(task, replies): return [1.0]", "MINE", "no list with one Reward for each reply"),
        ("def MINE(task, replies): return []", "MINE", "no list with one Reward for each reply"),
        ("import no_such_module", "MINE", "line 7: ModuleNotFoundError: No module named 'no_such_module'"),
        ("raise SystemExit", "MINE", "line 7: SystemExit: it says no more"),
        ("MINE = Rubric({solved: 0})", "MINE", "ValueError: the weight of solved is 0"),
        ("MINE = Rubric({solved: float('nan')})", "MINE", "the weight of solved is nan"),
        ("MINE = Rubric({solved: '1'})", "MINE", "the weight of solved is 1: it must be a positive number"),
        ("MINE = Rubric({})", "MINE", "at least one weighed reward function"),
        ("MINE = Rubric({solved: 1}, gates=['tidy'])", "MINE", "'tidy' is no reward function"),
        ("MINE = Rubric({solved: 1}, penalties={tidy: 2})", "MINE", "the penalty tidy is 2"),
    ],
)
def test_each_way_of_being_wrong_gives_one_line_that_says_so(tmp_path, code, name, said):
    path = tmp_path / "mine.py"
    if code is not None:
        path.write_text(PARTS + code)
    with pytest.raises(SettingsError) as raised:
        load_rubric(f"{path}:{name}")
    line = str(raised.value)
    assert said in line
    assert line.startswith(f"--rubric {path}:{name}: ")
    assert "\n" not in line


@pytest.mark.parametrize("place", ["mine.py", ":MINE", "mine.py:"])
def test_a_place_without_a_file_or_a_name_says_how_to_write_it(place):
    with pytest.raises(SettingsError, match=r"write it as FILE\.py:NAME"):
        load_rubric(place)
