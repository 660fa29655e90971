"""What the parts of the calibration table share: where everything is, and how the work goes on."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from calibration_cheats import Models


@dataclass(frozen=True, slots=True)
class Work:
    """Where the models are, where results are kept, and how many honest replies are made."""

    reference: Path
    others: Path
    folder: Path
    replies: int
    write: Path | None

    def models(self) -> Models:
        """All checkpoints."""
        return Models.load(self.reference, self.others)


def noted(what: str) -> None:
    """Say how far the work is."""
    print(f"  {what}", file=sys.stderr, flush=True)
