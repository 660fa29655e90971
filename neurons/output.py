"""Standard output of commands that print a document."""

from __future__ import annotations

import os
import sys


def show(text: str) -> None:
    """Prints a document; whoever reads it may stop in the middle, as `head` does."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        # Without this the interpreter complains once more while it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
