"""The signer: holds a hotkey, and signs for a miner or a validator what such a one has to sign, over a socket."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field

from neurons.process import opened_wallet, run
from subnet.settings import NeuronSettings, setting
from subnet.signer.keeper import Bounds, Keeper
from subnet.signer.service import signing

ABOUT = (
    "Keep a hotkey away from the neuron that uses it: sign weights, addresses, requests and receipts only."
)
log = logging.getLogger(__name__)


class SignerSettings(NeuronSettings):
    """Settings of `neurons/signer.py`."""

    socket: Path = setting(None, help="where to listen: a Unix socket that its group may open; required")
    per_second: Annotated[float, Field(gt=0)] = setting(
        2000.0, help="requests and receipts signed in a second, at most"
    )
    calls_per_hour: Annotated[float, Field(gt=0)] = setting(
        120.0, help="calls to the chain (weights, addresses, pledges) signed in an hour, at most"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a signer until a signal; returns the exit code (0 ended, 2 usage, 3 no key or no socket, 1 else)."""
    settings = SignerSettings.read(argv, program="assay signer", about=ABOUT)
    return run("assay signer", sign(settings), settings.verbose)


async def sign(settings: SignerSettings) -> None:
    """Signs for ever."""
    key = opened_wallet(settings).hotkey
    keeper = Keeper(key, settings.netuid, Bounds(settings.per_second, settings.calls_per_hour))
    async with signing(keeper, settings.socket):
        log.info("signing for %s on subnet %d at %s", key.ss58_address, settings.netuid, settings.socket)
        await asyncio.Event().wait()


if __name__ == "__main__":
    sys.exit(main())
