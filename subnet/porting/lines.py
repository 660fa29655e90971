"""Finds the calls of older SDKs in a file that does not parse: by its dotted names, line by line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from subnet.porting.members import Kind
from subnet.porting.resolve import ROOTS, Scope
from subnet.porting.words import Finding

_DOTTED = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_IMPORT = re.compile(r"^\s*import\s+([\w.]+)(?:\s+as\s+(\w+))?")
_FROM = re.compile(r"^\s*from\s+([\w.]+)\s+import\s+\(?(.*)")


def uses_the_sdk(text: str) -> bool:
    """Whether an import of the SDK or of a companion stands in the text."""
    return any(path.split(".")[0] in ROOTS for line in text.splitlines() for path, _ in _imports(line))


def findings(file: str, text: str, classes: Mapping[str, Kind], customary: bool) -> set[Finding]:
    """What the dotted names of a text mean; comments are left out, strings are not told from code."""
    scope = Scope(classes, customary)
    found: set[Finding] = set()
    for number, line in enumerate(text.splitlines(), 1):
        code = line.partition("#")[0]
        for path, name in _imports(code):
            if path.split(".")[0] in ROOTS:
                scope.aliases[name] = path
        for match in _DOTTED.finditer(code):
            parts = match[0].split(".")
            meaning = scope.imported(parts) if parts[0] in ROOTS else scope.meaning(parts)
            if meaning:
                shown = ".".join(parts[: meaning.length])
                use = meaning.replacement
                found.add(Finding(file, number, match.start() + 1, shown, use.area, use.use, guessed=True))
    return found


def _imports(line: str) -> Iterator[tuple[str, str]]:
    """(dotted path, local name) pairs of an import that stands on one line."""
    if plain := _IMPORT.match(line):
        yield plain[1], plain[2] or plain[1].split(".")[0]
    elif several := _FROM.match(line):
        for item in several[2].strip(" )").split(","):
            words = item.split()
            if words:
                yield f"{several[1]}.{words[0]}", words[-1]
