"""An owner's rubric from a file: `FILE.py:NAME`."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from reward.default import DEFAULT
from subnet.errors import SettingsError
from subnet.tasks.base import Judge


def load_rubric(place: str) -> Judge:
    """The rubric at FILE.py:NAME, or Assay's own for an empty place. Raises SettingsError when there is none."""
    if not place:
        return DEFAULT
    path, colon, name = place.rpartition(":")
    if not colon or not path or not name:
        raise SettingsError(f"--rubric {place}: write it as FILE.py:NAME")
    rubric = getattr(_module(Path(path), place), name, None)
    if not callable(rubric):
        raise SettingsError(f"--rubric {place}: {path} has no rubric called {name}")
    judge: Judge = rubric
    return judge


def _module(path: Path, place: str) -> Any:
    spec = importlib.util.spec_from_file_location("assay_rubric", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise SettingsError(f"--rubric {place}: there is no Python file {path}")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (
        Exception
    ) as problem:  # an owner's file may fail in any way; the user needs the line, not our frames
        raise SettingsError(f"--rubric {place}: {type(problem).__name__}: {problem}") from problem
    return module
