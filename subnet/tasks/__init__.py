"""Kinds of tasks: what miners are asked, and what judges an answer. One file makes each kind.

A kind is a `Source`: it lists families and makes instances of them from seeds. `docs/tasks.md` explains each, and
how to add one.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from subnet.tasks.base import Source


@dataclass(frozen=True, slots=True)
class Kind:
    """A source by the names of its module and constructor.

    It is imported when it is first made: a validator that asks arithmetic need not load what text tasks need.
    """

    module: str
    constructor: str

    def __call__(self) -> Source:
        """The source, with the families that it asks by default."""
        module: Any = importlib.import_module(f"subnet.tasks.{self.module}")
        made: Source = getattr(module, self.constructor)()
        return made


TASKS: Mapping[str, Callable[[], Source]] = MappingProxyType(
    {
        "code": Kind("code", "Code"),
        "demo": Kind("reasoning", "Demo"),
        "reasoning": Kind("reasoning", "Reasoning"),
        "text": Kind("text", "Text"),
        "chat": Kind("chat", "Chat"),
        "forecast": Kind("forecast", "Forecast"),
        "storage": Kind("storage", "Storage"),
    }
)
"""The kinds of tasks that a validator can be told to ask, by name."""
