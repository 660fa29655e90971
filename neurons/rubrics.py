"""An owner's rubric from a file: `FILE.py:NAME`."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from reward.default import DEFAULT
from reward.rubric import Rubric
from subnet.errors import SettingsError
from subnet.protocol import Message, Query, Reply
from subnet.tasks.base import Judge, Reward, Task

MODULE = "assay_rubric"


def load_rubric(place: str) -> Judge:
    """The rubric at FILE.py:NAME, or Assay's own for an empty place. Raises SettingsError when there is none.

    It is a `Rubric`, or any function that takes a task and replies and returns one Reward for each. A `Rubric` has
    checked its weights and names when it was made; a function is tried on a reply that is silence.
    """
    if not place:
        return DEFAULT
    path, colon, name = place.rpartition(":")
    if not colon or not path or not name:
        raise SettingsError(f"--rubric {place}: write it as FILE.py:NAME")
    try:
        return _rubric(Path(path), name)
    except ValueError as problem:
        raise SettingsError(f"--rubric {place}: {problem}") from problem


def _rubric(path: Path, name: str) -> Judge:
    """The rubric of that name. Raises ValueError that says what the file has instead."""
    module = _module(path)
    found = vars(module).get(name)
    if isinstance(found, Rubric):
        return found
    if found is None:
        rubrics = sorted(each for each, value in vars(module).items() if isinstance(value, Rubric))
        raise ValueError(f"{path} has no rubric {name}; it has {', '.join(rubrics) or 'none at all'}")
    if isinstance(found, type) or not callable(found):
        raise ValueError(f"{name} in {path} is no rubric but {_kind(found)}")
    judge: Judge = found
    _try(judge, name)
    return judge


def _try(judge: Judge, name: str) -> None:
    query = Query(id="rubric-check", messages=(Message(role="user", content="?"),))
    task = Task("check", 0, query, reference="", verify=lambda _: 0.0)
    try:
        rewards = list(judge(task, [Reply.missing("timeout", 1.0)]))
    except Exception as problem:  # an owner's function may fail in any way; the user needs one line
        raise ValueError(
            f"{name} is no rubric: judging silence, it raised {type(problem).__name__}: {_line(problem)}"
        ) from problem
    if len(rewards) != 1 or not isinstance(rewards[0], Reward):
        raise ValueError(f"{name} is no rubric: it returns no list with one Reward for each reply")


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(MODULE, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise ValueError(f"there is no Python file {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[MODULE] = module  # dataclasses look their module up there
    try:
        spec.loader.exec_module(module)
    except SyntaxError as problem:
        raise ValueError(f"{path}, line {problem.lineno}: {problem.msg}") from problem
    except (Exception, SystemExit) as problem:  # an owner's file may fail in any way; the user needs one line
        where = _last_line(problem, path)
        raise ValueError(f"{path}{where}: {type(problem).__name__}: {_line(problem)}") from problem
    return module


def _last_line(problem: BaseException, path: Path) -> str:
    """In which line of the owner's file it failed, or nothing."""
    lines, trace = [], problem.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            lines.append(trace.tb_lineno)
        trace = trace.tb_next
    return f", line {lines[-1]}" if lines else ""


def _line(problem: BaseException) -> str:
    """The first line of a failure's message."""
    return (str(problem).strip().splitlines() or ["it says no more"])[0]


def _kind(found: object) -> str:
    return f"the class {found.__name__}" if isinstance(found, type) else f"of type {type(found).__name__}"
