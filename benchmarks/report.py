"""The document that every benchmark makes of its figures: which are missed, how it is printed, the exit code."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

Limits = Mapping[str, float]
"""The least (`min`) and the most (`max`) that a figure may be, or one of them."""


def document(
    name: str, figures: Mapping[str, Any], targets: Mapping[str, Limits], digits: int = 4
) -> dict[str, Any]:
    """{benchmark, figures, targets, missed}: figures are rounded once they are judged; what has a target is there."""
    return {
        "benchmark": name,
        "figures": {title: rounded(value, digits) for title, value in figures.items()},
        "targets": dict(targets),
        "missed": [title for title, limits in targets.items() if missed(figures[title], limits)],
    }


def rounded(value: Any, digits: int) -> Any:
    """A fraction to so many digits; anything else as it is."""
    return round(value, digits) if isinstance(value, float) else value


def missed(figure: float, limits: Limits) -> bool:
    """Whether a figure is outside its limits."""
    return figure < limits.get("min", figure) or figure > limits.get("max", figure)


def lines(found: Mapping[str, Any], decimals: int = 2) -> list[str]:
    """The document as a table, as wide as its longest title."""
    width = max(map(len, found["figures"]), default=0)
    return [
        f"{title:{width}} {value:12,.{decimals}f}{note(found, title)}"
        for title, value in found["figures"].items()
    ]


def note(found: Mapping[str, Any], title: str) -> str:
    """A figure's limits and whether it misses them; nothing where it has none."""
    limits = ", ".join(f"{kind} {limit:g}" for kind, limit in found["targets"].get(title, {}).items())
    return f"  ({limits}{', missed' if title in found['missed'] else ''})" if limits else ""


def printed(found: Mapping[str, Any], as_json: bool, table: Sequence[str] | None = None) -> int:
    """Prints the document or a table of it; returns the exit code."""
    print(json.dumps(found, indent=1) if as_json else "\n".join(lines(found) if table is None else table))
    return exit_code(found)


def exit_code(found: Mapping[str, Any]) -> int:
    """3 when a target is missed."""
    return 3 if found["missed"] else 0
