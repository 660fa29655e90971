"""What docs/rewards.md shows can be copied and works."""

import re
from pathlib import Path

from neurons.rubrics import load_rubric
from subnet.protocol import Answer, Message, Query, Reply
from subnet.tasks.base import Task

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "rewards.md"


def reply(text: str) -> Reply:
    return Reply(Answer(query_id="documented", text=text, model="any"), seconds=0.1)


def test_the_documented_rubric_loads_and_prefers_the_brief_answer(tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    (tmp_path / "mine.py").write_text(code)
    query = Query(id="documented", messages=(Message(role="user", content="6 * 7?"),))
    task = Task(query=query, reference="42", family="sums", seed=1, verify=lambda text: float("42" in text))

    mine = load_rubric(f"{tmp_path / 'mine.py'}:MINE")
    brief, long, wrong, silent = mine(
        task, [reply("42"), reply("it is 42, surely"), reply("41"), Reply.missing("timeout", 1.0)]
    )

    assert brief.value is not None and long.value is not None
    assert brief.value == 1.0 > long.value > 0.0
    assert wrong.value == silent.value == 0.0
