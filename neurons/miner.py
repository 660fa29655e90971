"""The miner: settings, a backend, a signed server, an address on the chain; then it serves.

It needs the hotkey only. It registers nothing: without a seat it says so, names the command that buys one, and
ends with exit code 3.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from neurons.fronts import fronts, keep_told, listen_together
from neurons.process import opened_wallet, run
from subnet.attackers.backends import Garbage, Silent
from subnet.chain import Chain, seat_hint
from subnet.errors import SettingsError
from subnet.miner.backends import Backend, Echo, Loading, answering
from subnet.miner.openai import API_KEY_VARIABLE, OpenAI
from subnet.miner.policy import RAO, Policy
from subnet.miner.seat import Seat
from subnet.settings import MinerSettings
from subnet.transport.addresses import is_local, to_publish
from subnet.transport.desk import Desk, Limits
from subnet.transport.listening import address_of, serving
from subnet.transport.server import Server
from subnet.transport.signing import Nonces
from subnet.transport.tls import own_key, serving_context
from subnet.transport.workers import Hub

ABOUT = "Serve a model to the validators of a subnet, and earn."
log = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a miner until a signal; the exit code is 0 ended, 2 usage, 3 no seat, port, key or model, 1 else."""
    settings = MinerSettings.read(argv, program="assay miner", about=ABOUT)
    return run("assay miner", mine(settings), settings.verbose)


async def mine(settings: MinerSettings) -> None:
    """Serves for ever. What is wrong is found before the model is loaded, which may take minutes."""
    check_backend(settings)
    if settings.tls_key is not None and not settings.tls:
        raise SettingsError("--tls-key names a key for --tls, which is missing")
    nonces = Nonces()
    wallet = opened_wallet(settings, settings.signer)
    if settings.tls and settings.tls_key is None:
        settings = settings.model_copy(update={"tls_key": default_keyfile(wallet.hotkey.ss58_address)})
    key = own_key(settings.tls_key) if settings.tls and settings.tls_key else ""
    listeners = listen_together(settings)
    bound = address_of(listeners[0])
    policy = Policy(
        int(settings.min_stake * RAO), int(settings.earner_stake * RAO), serve_owner=settings.serve_owner
    )
    async with Chain.connect(settings.network, settings.netuid, settings.chain_seconds) as chain:
        local = is_local(settings.network, await chain.genesis())
        where = to_publish(bound, settings.external_ip, settings.external_port, local)
        published = replace(where, key=key)
        seat = Seat(chain, wallet, published, policy)
        await seat.take(seat_hint(settings))
        making = asyncio.ensure_future(asyncio.to_thread(make_backend, settings))
        backend = Loading(making)
        desk = Desk(answering(backend), limits_of(settings), nonces, share=seat.share, block=seat.block)
        async with served(settings, Parts(wallet.hotkey, desk, seat, backend), listeners) as lost:
            log.info("listening on %s:%d; the model is being loaded", bound.host, bound.port)
            try:
                await _while_whole(_kept(seat, backend, making), lost)
            finally:
                await backend.close()


@dataclass(frozen=True, slots=True)
class Parts:
    """What a server needs: whose signature, what answers, who may come, and how the backend is."""

    hotkey: Any
    desk: Desk
    seat: Seat
    backend: Loading


@asynccontextmanager
async def served(
    settings: MinerSettings, parts: Parts, listeners: list[socket.socket]
) -> AsyncIterator[asyncio.Future[None]]:
    """Serves the desk, in this process and in fronts beside it; yields what fails when a part of it is lost.

    This process takes callers, too, because a query that comes in here needs no way to the desk.
    """
    own, *others = listeners
    tls = serving_context(settings.tls_key) if settings.tls and settings.tls_key else None
    server = Server(parts.hotkey, parts.desk, parts.seat.admit, parts.backend.health)
    async with serving(server, own, tls, shares=bool(others)):
        if not others:
            yield asyncio.get_running_loop().create_future()
            return
        hub = Hub(parts.desk)
        telling = asyncio.ensure_future(keep_told(hub, parts.seat, parts.backend.health))
        try:
            async with fronts(settings, others, hub) as lost:
                yield lost
        finally:
            telling.cancel()


def default_keyfile(hotkey: str) -> Path:
    """Where a hotkey's TLS key is kept unless the settings name another file."""
    return Path.home() / ".assay" / "tls" / f"{hotkey}.pem"


def limits_of(settings: MinerSettings) -> Limits:
    """What the settings give to all callers and to each: half of the places are open to one at most."""
    return Limits(
        concurrency=settings.concurrency,
        per_caller=max(1, settings.concurrency // 2),
        waiting=settings.queue,
        per_minute=settings.quota,
    )


async def _kept(seat: Seat, backend: Loading, making: asyncio.Future[Backend]) -> None:
    log.info("answers come from %s", (await making).model)
    watching = asyncio.ensure_future(backend.watch())
    try:
        await _while_whole(seat.keep(), watching)
    finally:
        watching.cancel()


async def _while_whole(work: Coroutine[Any, Any, None], lost: asyncio.Future[None]) -> None:
    """The work, until it ends or a part is lost; whichever fails first says why."""
    working = asyncio.ensure_future(work)
    try:
        done, _ = await asyncio.wait({working, lost}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        working.cancel()
    for each in done:
        each.result()


def check_backend(settings: MinerSettings) -> None:
    """Raises SettingsError for settings with which no backend can be made."""
    if settings.backend == "transformers" and not settings.model:
        raise SettingsError("--model PATH_OR_HUB_ID is missing (or choose another --backend)")
    if settings.backend == "openai":
        OpenAI(settings.url, settings.model)


def make_backend(settings: MinerSettings) -> Backend:
    """The backend that the settings name; loading a model blocks, so this runs in a thread. Raises ModelError."""
    if settings.backend == "transformers":
        return _local_model(settings)
    if settings.backend == "openai":
        return OpenAI(settings.url, settings.model, os.environ.get(API_KEY_VARIABLE))
    if settings.backend == "garbage":
        return Garbage()
    return Silent() if settings.backend == "silent" else Echo()


def _local_model(settings: MinerSettings) -> Backend:
    try:
        # Here, because torch takes seconds to import and the other backends do without it.
        from subnet.miner import local
    except ImportError as missing:
        raise SettingsError(
            f"--backend transformers needs {missing.name}: pip install '.[local]'"
        ) from missing
    limits = local.Limits(batch=settings.batch, waiting=settings.queue, context=settings.context)
    return local.LocalModel.load(
        settings.model, threads=settings.threads, limits=limits, engine=settings.engine
    )


if __name__ == "__main__":
    sys.exit(main())
