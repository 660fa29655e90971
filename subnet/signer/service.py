"""A signer's socket: answers whoever may open it, one request after the other on each connection."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from subnet.errors import ConditionError
from subnet.signer.calls import Forbidden
from subnet.signer.keeper import Keeper
from subnet.signer.wire import HEADER, MOST_BYTES, Identity, Kind, frame, unpacked_call

log = logging.getLogger(__name__)

MODE = 0o660
"""The owner and the group of the socket may ask; whoever is in the group is a neuron."""

FRAME_SECONDS = 5.0
"""Time for a request once its first bytes are here, and for the other side to take the reply."""

MOST_CONNECTIONS = 64


@asynccontextmanager
async def signing(keeper: Keeper, path: Path) -> AsyncIterator[None]:
    """Signs for whoever may open the socket at `path`, while the block runs. Raises ConditionError."""
    service = Service(keeper)
    server = await asyncio.start_unix_server(service.serve, sock=_bound(path), limit=2 * MOST_BYTES)
    try:
        yield
    finally:
        server.close()
        await service.close()
        _gone(path)


class Service:
    """The connections of one signer."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper
        self._open: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, to its end."""
        task = asyncio.current_task()
        assert task is not None
        if len(self._open) < MOST_CONNECTIONS:
            self._open.add(task)
            try:
                with contextlib.suppress(OSError, EOFError, TimeoutError):
                    while True:
                        await self._one(reader, writer)
            finally:
                self._open.discard(task)
        writer.close()

    async def close(self) -> None:
        """Ends all connections."""
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        length, kind = HEADER.unpack(await reader.readexactly(HEADER.size))
        if length > MOST_BYTES:
            raise EOFError
        async with asyncio.timeout(FRAME_SECONDS):
            payload = await reader.readexactly(length)
            writer.write(self._answer(kind, payload))
            await writer.drain()

    def _answer(self, kind: int, payload: bytes) -> bytes:
        try:
            if kind == Kind.WHO:
                key = self._keeper.key
                told = Identity(key.ss58_address, bytes(key.public_key), key.crypto_type, self._keeper.netuid)
                return frame(Kind.DONE, told.packed())
            if kind == Kind.STATEMENT:
                return frame(Kind.DONE, self._keeper.statement(payload))
            if kind == Kind.CALL:
                return frame(Kind.DONE, self._keeper.call(*unpacked_call(payload)))
            raise Forbidden("a request of an unknown kind")
        except Forbidden as refusal:
            log.warning("refused to sign %s", refusal)
            return frame(Kind.FORBIDDEN, str(refusal).encode())


def _bound(path: Path) -> socket.socket:
    """A socket at the path with its mode from the first moment on; one that was left behind is replaced."""
    listener = socket.socket(socket.AF_UNIX)
    mask = os.umask(0o777 & ~MODE)
    try:
        if path.exists() and stat.S_ISSOCK(path.stat().st_mode) and not _answered(path):
            path.unlink()
        listener.bind(str(path))
    except OSError as problem:
        listener.close()
        reason = (problem.strerror or str(problem)).lower()
        raise ConditionError(f"cannot make the socket {path}: {reason}; choose --socket") from None
    finally:
        os.umask(mask)
    return listener


def _gone(path: Path) -> None:
    path.unlink(missing_ok=True)


def _answered(path: Path) -> bool:
    """Whether somebody listens there."""
    with socket.socket(socket.AF_UNIX) as trying:
        trying.settimeout(1.0)
        try:
            trying.connect(str(path))
        except OSError:
            return False
    return True
