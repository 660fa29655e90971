"""The documentation's own kind of tasks works as it stands there."""

import re
from pathlib import Path

from subnet.tasks.base import Source
from subnet.tasks.mix import Entry, Mix
from subnet.tasks.storage import Storage, leaves, proof, tree

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "tasks.md").read_text(encoding="utf-8")


def test_the_kind_in_ten_lines_makes_tasks_that_its_own_answers_solve():
    (code,) = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    assert len(code[code.index("class") :].strip().splitlines()) <= 10
    space: dict[str, object] = {}
    exec(compile(code, "docs/tasks.md", "exec"), space)
    made: Source = space["Primes"]()
    mix = Mix((Entry("primes", made, made.families),))
    for task in mix.probe():
        assert task.verify(task.reference) == 1.0
        assert task.verify("4") == task.verify("") == 0.0


def test_the_command_that_names_the_root_uses_what_there_is():
    (command,) = re.findall(r'python -c "(.*?)"', TEXT)
    assert {"tree", "leaves"} <= set(re.findall(r"\w+", command))
    data = b"some data" * 100
    task = Storage().make(f"{tree(data)[-1][0].hex()}:{len(leaves(data))}", 1, "storage-1", 1.0)
    assert task.verify(proof(data, task.query)) == 1.0
