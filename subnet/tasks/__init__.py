"""Task families: what miners are asked, and what judges an answer."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from subnet.tasks.base import Source
from subnet.tasks.reasoning import Reasoning

TASKS: Mapping[str, Callable[[], Source]] = MappingProxyType({"reasoning": Reasoning})
"""The kinds of tasks that a validator can be told to ask, by name."""
