"""The miner: settings, a backend, a signed server, an address on the chain; then it serves.

It needs the hotkey only. It registers nothing: without a seat it says so, names the command that buys one, and
ends with exit code 3.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Sequence

from neurons.process import opened_wallet, run
from subnet.attackers.backends import Garbage, Silent
from subnet.chain import Chain, seat_hint
from subnet.errors import SettingsError
from subnet.miner.backends import API_KEY_VARIABLE, Backend, Echo, Loading, OpenAI, answering
from subnet.miner.policy import RAO, Policy
from subnet.miner.seat import Seat
from subnet.settings import MinerSettings
from subnet.transport.addresses import is_local, to_publish
from subnet.transport.desk import Desk, Limits
from subnet.transport.listening import address_of, listen, serving
from subnet.transport.server import Server
from subnet.transport.signing import Nonces

ABOUT = "Serve a model to the validators of a subnet, and earn."
log = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a miner until a signal; returns the exit code (0 ended, 2 usage, 3 no seat, key or model, 1 else)."""
    settings = MinerSettings.read(argv, program="assay miner", about=ABOUT)
    return run("assay miner", mine(settings), settings.verbose)


async def mine(settings: MinerSettings) -> None:
    """Serves for ever. What is wrong is found before the model is loaded, which may take minutes."""
    check_backend(settings)
    nonces = Nonces()
    wallet = opened_wallet(settings)
    listener = listen(settings.host, settings.port)
    policy = Policy(int(settings.min_stake * RAO), int(settings.earner_stake * RAO))
    async with Chain.connect(settings.network, settings.netuid, settings.chain_seconds) as chain:
        local = is_local(settings.network, await chain.genesis())
        published = to_publish(address_of(listener), settings.external_ip, settings.external_port, local)
        seat = Seat(chain, wallet, published, policy)
        await seat.take(seat_hint(settings.network, settings.netuid, settings.wallet, settings.wallet_hotkey))
        making = asyncio.ensure_future(asyncio.to_thread(make_backend, settings))
        backend = Loading(making)
        limits = Limits(settings.concurrency, max(1, settings.concurrency // 2))
        desk = Desk(answering(backend), limits, nonces)
        server = Server(wallet.hotkey, desk, seat.admit)
        async with serving(server, listener) as address:
            log.info("listening on %s:%d; the model is being loaded", address.host, address.port)
            try:
                log.info("answers come from %s", (await making).model)
                await seat.keep()
            finally:
                await backend.close()


def check_backend(settings: MinerSettings) -> None:
    """Raises SettingsError for settings with which no backend can be made."""
    if settings.backend == "transformers" and not settings.model:
        raise SettingsError("--model PATH_OR_HUB_ID is missing (or choose another --backend)")
    if settings.backend == "openai":
        OpenAI(settings.url, settings.model)


def make_backend(settings: MinerSettings) -> Backend:
    """The backend that the settings name; loading a model blocks, so this runs in a thread. Raises ModelError."""
    if settings.backend == "transformers":
        return _local_model(settings.model, settings.threads)
    if settings.backend == "openai":
        return OpenAI(settings.url, settings.model, os.environ.get(API_KEY_VARIABLE))
    if settings.backend == "garbage":
        return Garbage()
    return Silent() if settings.backend == "silent" else Echo()


def _local_model(model: str, threads: int) -> Backend:
    try:
        # Here, because torch takes seconds to import and the other backends do without it.
        from subnet.miner.local import LocalModel
    except ImportError as missing:
        raise SettingsError(
            f"--backend transformers needs {missing.name}: pip install '.[local]'"
        ) from missing
    return LocalModel.load(model, threads=threads)


if __name__ == "__main__":
    sys.exit(main())
