"""The setting `--sampling`, for all commands that have it."""

from __future__ import annotations

from subnet.errors import SettingsError
from subnet.tasks.sampling import Sampling, sampling_named


def sampling_setting(text: str) -> Sampling | None:
    """The sampling that the setting describes, None for an empty one. Raises SettingsError."""
    try:
        return sampling_named(text)
    except ValueError as problem:
        raise SettingsError(f"--sampling {problem}") from problem
