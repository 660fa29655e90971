"""Vector files: reading them, comparing what the library computes with what they expect, reporting.

A file is a JSON object of lists of vectors; each vector has an `id`, what to compute, what is expected and
how far off a number may be. `subnet.rules` and `subnet.yuma` each replay the lists they know.
"""

import json
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

EXIT_DIFFERENT = 3
Vector = Mapping[str, Any]
_LONGEST_VALUE = 120


class UnreadableFile(Exception):
    """The file is missing, not JSON, or not a file of vectors; the message is one line for the user."""


class CannotRun(Exception):
    """The library has no function for this vector; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Report:
    """Lines to print, and how many of how many vectors came out as the file says."""

    lines: list[str]
    reproduced: int
    total: int

    @property
    def exit_code(self) -> int:
        """0 when everything was reproduced, else 3."""
        return 0 if self.reproduced == self.total else EXIT_DIFFERENT

    def text(self) -> str:
        """All lines, the count last."""
        return "\n".join([*self.lines, f"{self.reproduced} of {self.total} vectors reproduced"])


def joined(first: Report, second: Report) -> Report:
    """Both reports as one."""
    return Report(
        first.lines + second.lines, first.reproduced + second.reproduced, first.total + second.total
    )


def load(path: Path, lists: Sequence[str]) -> dict[str, list[Vector]]:
    """The named lists of a vector file (missing ones empty); raises UnreadableFile."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as failure:
        raise UnreadableFile(f"cannot read {path}: {failure.strerror}") from failure
    except (ValueError, RecursionError) as failure:
        raise UnreadableFile(f"{path} is not a JSON file: {failure}") from failure
    found = {name: content.get(name, []) for name in lists} if isinstance(content, dict) else {}
    if not any(name in content for name in lists) or not all(map(_is_vector_list, found.values())):
        raise UnreadableFile(f"{path} holds no vectors: expected lists named {', '.join(lists)}")
    return found


def _is_vector_list(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(v, dict) and isinstance(v.get("id"), str) for v in value
    )


def difference(got: Any, expected: Any, tolerance: float) -> str | None:
    """How `got` differs from `expected`, None when it does not; an expected None inside a list is not compared."""
    if isinstance(expected, list):
        if not isinstance(got, list) or len(got) != len(expected):
            return _mismatch(got, expected)
        for position, (mine, theirs) in enumerate(zip(got, expected, strict=True)):
            found = None if theirs is None else difference(mine, theirs, tolerance)
            if found:
                return f"[{position}] {found}"
        return None
    if isinstance(expected, bool) or not isinstance(expected, int | float):
        return None if got == expected and type(got) is type(expected) else _mismatch(got, expected)
    numeric = isinstance(got, int | float) and not isinstance(got, bool)
    return None if numeric and abs(got - expected) <= tolerance else _mismatch(got, expected)


def _mismatch(got: Any, expected: Any) -> str:
    return f"expected {_short(expected)}, got {_short(got)}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + "..."


def replay(vectors: Iterable[Vector], run: Callable[[Vector], str | None]) -> Report:
    """Run each vector; `run` says how the result differs, None when it is reproduced."""
    lines, total = [], 0
    for vector in vectors:
        total += 1
        found = outcome(vector, run)
        if found:
            lines.append(f"{vector['id']}: {found}")
    return Report(lines, total - len(lines), total)


def outcome(vector: Vector, run: Callable[[Vector], str | None]) -> str | None:
    """How one vector's result differs or why it could not be computed, None when it is reproduced."""
    try:
        return run(vector)
    except CannotRun as missing:
        return f"not run: {missing}"
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, ArithmeticError) as failure:
        # a file is foreign data: a malformed vector is reported and the others still run
        return f"not run: {type(failure).__name__}: {failure}"


class _OneLineParser(ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; usage: {self.prog} FILE.json\n")


def parser(program: str, description: str) -> ArgumentParser:
    """Command line of a vector replay, which takes one FILE; wrong usage is one line and exit code 2."""
    command = _OneLineParser(prog=program, description=description)
    command.add_argument("file", type=Path, metavar="FILE.json", help="vector file")
    return command
