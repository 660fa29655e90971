"""Named hostile endpoints for which the chain shows a TLS key, rightly or wrongly."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

from subnet.transport.tls import own_key, serving_context
from tests.transport.hostile import BLOCK, HANDLERS
from tests.transport.hostile_world import Asked, Ground, Raw


async def _plain_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\n\r\n{}")
    await reader.read()


async def _garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    writer.write(b"\x16\x03\x03\x40\x00" + bytes(range(256)) * 64)
    await reader.read()


async def _never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def _drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"\x16")
        await writer.drain()
        await asyncio.sleep(0.05)


async def _alerts(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"\x15\x03\x03\x00\x02\x01\x5a" * 100)  # a warning that asks for nothing
        await writer.drain()


async def _records(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"\x16\x03\x03\x40\x00" + BLOCK[:16384])
        await writer.drain()


HANDSHAKES: dict[str, Raw] = {
    "plain HTTP where the chain shows a key": _plain_http,
    "TLS: garbage for a handshake": _garbage,
    "TLS: a handshake that nobody answers": _never,
    "TLS: a handshake by drips": _drip,
    "TLS: warnings for ever": _alerts,
    "TLS: handshake records for ever": _records,
}
OVER_TLS = ("1 GB body, chunked", "plain garbage", "redirect to a canary, 302", "slow drip of the body")
"""What can be wrong after a handshake with the right key, as without TLS."""


async def _right(asked: Asked) -> None:
    await asked.send(asked.vouched(asked.answer()))


async def stand_with_keys(ground: Ground, folder: Path) -> None:
    """Puts all of them on the ground; keys are made in the folder."""
    right, wrong = own_key(folder / "right.pem"), own_key(folder / "wrong.pem")
    context, old = (serving_context(folder / "right.pem") for _ in range(2))
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_2
    for name, raw in HANDSHAKES.items():
        await ground.stand(name, raw, right)
    for name, shown, over in (
        ("TLS: another key", wrong, context),
        ("TLS: a key of an unknown kind", "7f" + right[2:], context),
        ("TLS: an old version", right, old),
        ("TLS: where the chain shows no key", "", context),
    ):
        await ground.stand(name, ground.spoken(name, _right), shown, over)
    for handler in OVER_TLS:
        name = f"TLS: {handler}"
        await ground.stand(name, ground.spoken(name, HANDLERS[handler]), right, context)
