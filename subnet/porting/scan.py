"""Walks a code base and collects what of older SDKs stands in it."""

from __future__ import annotations

import ast
import io
import os
import re
import tokenize
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from subnet.porting import lines, reading
from subnet.porting.words import Finding, Replacement

SKIPPED = frozenset(("node_modules", "site-packages", "__pycache__", "build", "dist", "venv", "env"))
"""Folders with code of others or with copies; folders whose name begins with a dot are left out as well."""

MAX_BYTES = 4 * 1024 * 1024
"""Larger files are data, not code."""

_PINS = ("requirements*.txt", "pyproject.toml", "setup.py", "setup.cfg", "environment.y*ml", "Pipfile")
_PIN = re.compile(r"""(?<![\w./-])(bittensor(?:[-_](?:wallet|cli|drand|commit[-_]reveal))?)(?![\w-])\s*["']?\s*
                      (?:=\s*["']|[=<>~!]=?|["',\]]|$)[^"'\]#;\s]*""", re.VERBOSE)  # fmt: skip
_PINNED = Replacement("dependency", "`bittensor>=11.3,<12`; the companions come with it")
_QUOTES = str.maketrans("", "", "\"'")
_TODAY = re.compile(r"[=>~]=?\s*[\"']?\s*1[1-9]\b")


@dataclass(frozen=True)
class Report:
    """What was found under `root`: `files` counts the modules read, `unparsed` names those read line by line."""

    root: Path
    files: int
    unparsed: tuple[str, ...]
    findings: tuple[Finding, ...]


def scanned(root: Path) -> Report:
    """Reads every Python file and requirement under `root`, which may be one file. Raises OSError."""
    texts = {path: _text(path) for path in sorted(_files(root))}
    base = root if root.is_dir() else root.parent
    trees = {path: _tree(text) for path, text in texts.items() if path.suffix == ".py"}
    parsed = [tree for tree in trees.values() if tree is not None]
    classes = reading.derived(parsed)
    customary = any(map(reading.uses_the_sdk, parsed)) or any(
        lines.uses_the_sdk(texts[path]) for path, tree in trees.items() if tree is None
    )
    found: set[Finding] = set()
    for path, text in texts.items():
        name = path.relative_to(base).as_posix()
        found |= _pins(name, text) if any(path.match(pattern) for pattern in _PINS) else set()
        if path in trees:
            tree = trees[path]
            if tree is None:
                found |= lines.findings(name, text, classes, customary)
            else:
                reader = reading.Reader(name, reading.scope_of(tree, classes, customary))
                reader.visit(tree)
                found |= reader.findings
    unparsed = tuple(path.relative_to(base).as_posix() for path, tree in trees.items() if tree is None)
    return Report(root, len(trees), unparsed, tuple(sorted(found)))


def _files(root: Path) -> Iterator[Path]:
    """Code and requirements, links not followed; a file that is named is read whatever its name."""
    if not root.is_dir():
        yield root
        return
    for folder, below, names in os.walk(root):
        below[:] = [name for name in below if name not in SKIPPED and not name.startswith(".")]
        for name in names:
            path = Path(folder, name)
            wanted = path.suffix == ".py" or any(path.match(pattern) for pattern in _PINS)
            if wanted and not path.is_symlink() and path.is_file() and path.stat().st_size <= MAX_BYTES:
                yield path


def _text(path: Path) -> str:
    raw = path.read_bytes()
    try:
        encoding = tokenize.detect_encoding(io.BytesIO(raw).readline)[0]
        return raw.decode(encoding, errors="replace")
    except (SyntaxError, LookupError):
        return raw.decode("utf-8", errors="replace")


def _tree(text: str) -> ast.Module | None:
    """The syntax tree, or None when this Python cannot parse the text."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the scanned code, which is not ours to warn of
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _pins(file: str, text: str) -> set[Finding]:
    """Requirements that ask for an older SDK, or for one of its companions."""
    found = set()
    for number, line in enumerate(text.splitlines(), 1):
        match = _PIN.search(line.partition("#")[0])
        if match and not (match[1] == "bittensor" and _TODAY.search(match[0])):
            use = _PINNED
            found.add(
                Finding(
                    file,
                    number,
                    match.start() + 1,
                    match[0].translate(_QUOTES).strip(" ,])"),
                    use.area,
                    use.use,
                )
            )
    return found
