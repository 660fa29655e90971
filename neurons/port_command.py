"""`assay port PATH`: which calls of SDK 9 and 10 stand in a code base, and what replaces each."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from neurons.output import show
from subnet.porting import Finding, Report, scanned
from subnet.settings import OneLineParser, fail

GUIDE = "docs/porting.md"
ABOUT = "List the calls of SDK 9 and 10 in a code base, with what replaces each. The code is read, never run."


def main(argv: Sequence[str] | None = None) -> int:
    """Prints what was found; returns 0 when that is nothing, 3 when something is old, 2 for wrong usage."""
    parser = OneLineParser(prog="assay port", description=ABOUT, allow_abbrev=False)
    parser.add_argument("path", type=Path, metavar="PATH", help="a folder, or one file")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    words = parser.parse_args(argv)
    if not words.path.exists():
        return fail(f"assay port: {words.path} does not exist", 2)
    try:
        report = scanned(words.path)
    except OSError as problem:
        return fail(f"assay port: {problem.filename} cannot be read: {problem.strerror}", 1)
    show(json.dumps(document(report), indent=2) if words.json else text(report))
    return 3 if report.findings else 0


def document(report: Report) -> dict[str, object]:
    """The report as JSON: path, files, unparsed, counts by area, and the findings by file and line."""
    return {
        "path": str(report.root),
        "files": report.files,
        "unparsed": list(report.unparsed),
        "areas": dict(Counter(finding.area for finding in report.findings)),
        "findings": [asdict(finding) for finding in report.findings],
    }


def text(report: Report) -> str:
    """The report for people: one line for each finding, as compilers print them, then a summary."""
    lines = [_line(finding) for finding in report.findings]
    lines += [
        f"{name}: does not parse; read line by line, see each hit for yourself" for name in report.unparsed
    ]
    counted = Counter(finding.area for finding in report.findings).most_common()
    by_area = ", ".join(f"{area} {count}" for area, count in counted)
    found = (
        f"{len(report.findings)} old calls ({by_area}); {GUIDE} has the way" if counted else "nothing is old"
    )
    return "\n".join([*lines, f"{report.files} Python files read: {found}"])


def _line(finding: Finding) -> str:
    unsure = " (by its name)" if finding.guessed else ""
    place = f"{finding.file}:{finding.line}:{finding.column}"
    return f"{place}: {finding.found}{unsure} -> {finding.use}"


if __name__ == "__main__":
    sys.exit(main())
