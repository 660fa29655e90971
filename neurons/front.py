"""One front of a miner with several workers: checks signatures and signs receipts; started by `fronts.py`."""

from __future__ import annotations

import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from neurons.process import opened_wallet, run
from subnet.miner.policy import Callers
from subnet.protocol import Hotkey
from subnet.settings import NeuronSettings, setting
from subnet.transport.tls import serving_context
from subnet.transport.workers import front

ABOUT = "One front of a miner; `assay miner --workers N` starts these."


class FrontSettings(NeuronSettings):
    """A miner's settings, as far as a front needs them, and its two open files."""

    listener: int = setting(None, help="number of the open socket to accept from")
    desk: int = setting(None, help="number of the open socket to the miner")
    tls_key: Path | None = setting(None, help="file of the TLS key; none for plain HTTP")
    signer: Path | None = setting(None, help="socket of the signer; none for a hotkey of its own")


class Door:
    """Who may come in and how the backend is, as the miner last said."""

    def __init__(self) -> None:
        self._callers = Callers()
        self._health: Mapping[str, Any] = {}

    def tell(self, told: Mapping[str, Any]) -> None:
        """Takes new lists, and how the backend is."""
        self._callers = Callers(told["served"], told["refused"])
        self._health = told["health"]

    def admit(self, caller: Hotkey) -> None:
        """Raises Refused for a caller that is not served."""
        self._callers.admit(caller)

    def health(self) -> Mapping[str, Any]:
        """What the miner last said of its backend."""
        return self._health


def main(argv: Sequence[str] | None = None) -> int:
    """Runs until the miner closes its end; returns the exit code."""
    settings = FrontSettings.read(argv, program="assay front", about=ABOUT)
    return run("assay front", serve(settings), settings.verbose)


async def serve(settings: FrontSettings) -> None:
    """Serves for as long as the miner does."""
    door = Door()
    listener, desk = socket.socket(fileno=settings.listener), socket.socket(fileno=settings.desk)
    tls = None if settings.tls_key is None else serving_context(settings.tls_key)
    await front(
        opened_wallet(settings, settings.signer).hotkey,
        listener,
        desk,
        door.admit,
        door.tell,
        tls,
        door.health,
    )


if __name__ == "__main__":
    sys.exit(main())
