"""A miner's front processes: started before the chain is asked, ended with the miner, missed when one is gone."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from subnet.errors import ConditionError, SubnetError
from subnet.miner.policy import Callers
from subnet.miner.seat import Seat
from subnet.settings import MinerSettings
from subnet.transport.listening import listen
from subnet.transport.server import Health
from subnet.transport.workers import Hub

HEALTH_SECONDS = 1.0
"""How old what a front says of the backend may be."""

END_SECONDS = 1.5
"""What fronts get to finish what they are at; the miner's own end takes two seconds in all."""


def listen_together(settings: MinerSettings) -> list[socket.socket]:
    """One listening socket per worker, all at one port. Raises ConditionError when it cannot be had.

    Sockets that share a port share it with any other program of the same user, so that a second miner at this
    port would take half of the first one's callers; the first socket is therefore tried alone.
    """
    if settings.workers == 1:
        return [listen(settings.host, settings.port)]
    listen(settings.host, settings.port).close()
    return [listen(settings.host, settings.port, shared=True) for _ in range(settings.workers)]


@asynccontextmanager
async def fronts(
    settings: MinerSettings, listeners: list[socket.socket], hub: Hub
) -> AsyncIterator[asyncio.Future[None]]:
    """Front processes for the sockets; yields what fails with a SubnetError as soon as one of them is gone."""
    started = [await _start(settings, listener, hub) for listener in listeners]
    watching = asyncio.ensure_future(_first_gone(started))
    try:
        yield watching
    finally:
        watching.cancel()
        hub.close()
        await _ended(started)


async def keep_told(hub: Hub, seat: Seat, health: Health) -> None:
    """Tells the fronts for ever who may call and how the backend is, whenever either has changed."""
    last: dict[str, object] = {}

    def tell(callers: Callers) -> None:
        last.update(served=callers.served, refused=callers.refused, health=health())
        hub.tell(last)

    seat.tell(tell)
    while True:
        await asyncio.sleep(HEALTH_SECONDS)
        if last["health"] != (now := health()):
            last["health"] = now
            hub.tell(last)


async def _start(settings: MinerSettings, listener: socket.socket, hub: Hub) -> asyncio.subprocess.Process:
    ours, theirs = socket.socketpair()
    given = {"listener": listener.fileno(), "desk": theirs.fileno()}
    keys = ("network", "netuid", "wallet", "wallet_hotkey", "wallet_path")
    tls = {"tls_key": settings.tls_key} if settings.tls else {}
    signer = {"signer": settings.signer} if settings.signer else {}
    words = {**{key: getattr(settings, key) for key in keys}, **given, **tls, **signer}
    argv = [word for key, value in words.items() for word in (f"--{key.replace('_', '-')}", str(value))]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "neurons.front",
        *argv,
        *(["--verbose"] if settings.verbose else []),
        pass_fds=tuple(given.values()),
        start_new_session=True,  # Ctrl-C is for the miner, which ends its fronts in order
    )
    theirs.close()
    listener.close()
    await hub.connect(ours)
    return process


async def _first_gone(started: list[asyncio.subprocess.Process]) -> None:
    waits = [asyncio.ensure_future(process.wait()) for process in started]
    try:
        done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
    code = done.pop().result()
    if code == 3:
        raise ConditionError("a worker could not start; its reason stands above")
    raise SubnetError(f"a worker ended unasked (exit code {code}); start the miner again")


async def _ended(started: list[asyncio.subprocess.Process]) -> None:
    try:
        async with asyncio.timeout(END_SECONDS):
            for process in started:
                await process.wait()
    except TimeoutError:
        for process in started:
            if process.returncode is None:
                process.kill()
