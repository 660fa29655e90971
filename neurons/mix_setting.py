"""The settings `--tasks` and `--sampling`, for all commands that have them."""

from __future__ import annotations

from dataclasses import replace

from subnet.errors import SettingsError
from subnet.tasks import TASKS
from subnet.tasks.mix import Mix, mixed
from subnet.tasks.sampling import sampling_named


def mix_setting(tasks: str, sampling: str) -> Mix:
    """What the two settings say is asked, and how miners are to sample. Raises SettingsError."""
    try:
        mix = mixed(tasks, TASKS)
    except ValueError as problem:
        raise SettingsError(f"--tasks {tasks}: {problem}") from problem
    try:
        return replace(mix, sampling=sampling_named(sampling))
    except ValueError as problem:
        raise SettingsError(f"--sampling {problem}") from problem
