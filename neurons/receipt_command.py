"""`assay receipt verify FILE`: whether a miner's receipt holds, offline."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from subnet.settings import OneLineParser, fail
from subnet.transport.receipts import Kept, NotAReceipt

MAX_FILE_BYTES = 8 * 1024 * 1024
ABOUT = (
    "What a miner has signed: which request it answered, with which reply, by which model, at which block."
)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code (0 the receipt holds, 3 it does not, 2 usage or no such file)."""
    parser = OneLineParser(prog="assay receipt", description=ABOUT, allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True, metavar="verify")
    verify = commands.add_parser("verify", help="check a receipt; exit code 0 when it holds, 3 when not")
    verify.add_argument("file", type=Path, metavar="FILE", help="a receipt as JSON")
    verify.add_argument("--json", action="store_true", help="print the result as JSON")
    chosen = parser.parse_args(argv)
    try:
        with chosen.file.open("rb") as opened:
            raw = opened.read(MAX_FILE_BYTES + 1)
    except OSError as problem:
        return fail(f"assay receipt: cannot read {chosen.file}: {(problem.strerror or 'error').lower()}", 2)
    return _verified(raw, chosen.json)


def _verified(raw: bytes, as_json: bool) -> int:
    try:
        if len(raw) > MAX_FILE_BYTES:
            raise NotAReceipt(f"more than {MAX_FILE_BYTES} bytes")
        kept = Kept.read(raw)
        kept.check()
    except NotAReceipt as reason:
        if as_json:
            print(json.dumps({"valid": False, "reason": str(reason)}))
            return 3
        return fail(f"assay receipt: not valid: {reason}", 3)
    if as_json:
        print(json.dumps(_told(kept)))
    else:
        receipt = kept.receipt
        checked = " and ".join(_evidence(kept)) or "neither request nor answer (the file holds none)"
        print(
            f"valid: {receipt.hotkey} answered with model {receipt.model!r} at block {receipt.block}; "
            f"checked against it: {checked}"
        )
    return 0


def _evidence(kept: Kept) -> list[str]:
    held = {"request": kept.asked, "query": kept.query, "answer": kept.answer}
    return [name for name, value in held.items() if value is not None]


def _told(kept: Kept) -> dict[str, Any]:
    shown = kept.receipt.model_dump(include={"hotkey", "model", "block", "request", "reply"})
    return {"valid": True, **shown, "checked": _evidence(kept)}


if __name__ == "__main__":
    sys.exit(main())
