"""Real hotkeys, real servers and real clients on loopback."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from bittensor.sp_core import Keypair

from subnet.errors import Refused
from subnet.protocol import Address, Answer, Coldkey, Heard, Hotkey, Message, Peer, Query
from subnet.transport.client import Client
from subnet.transport.desk import Desk, Limits
from subnet.transport.listening import listen, serving
from subnet.transport.receipts import issue
from subnet.transport.server import Server
from subnet.transport.signing import Nonces, claimed

VERA = Keypair.create_from_uri("//Vera")
MINER = Keypair.create_from_uri("//Miner")
STRANGER = Keypair.create_from_uri("//Stranger")
Raw = Callable[[bytes], Awaitable[tuple[int, bytes]]]
numbers = itertools.count()


def a_query(text: str = "What is two plus two?", seconds: float = 5.0) -> Query:
    """A query with an id of its own."""
    return Query(
        id=f"query-{next(numbers):06d}", messages=(Message(role="user", content=text),), seconds=seconds
    )


def a_peer(address: Address | None, hotkey: str = MINER.ss58_address, uid: int = 0) -> Peer:
    """A miner that published `address`."""
    return Peer(Hotkey(hotkey), Coldkey("cold"), uid, address, 0, False, 0.0, 0.0, 0, 0, 0)


async def echo(caller: Hotkey, query: Query, heard: Heard | None = None) -> Answer:
    """Answers with the last message."""
    return Answer(query_id=query.id, text=query.messages[-1].content, model="echo", tokens=1)


def only_vera(caller: Hotkey) -> None:
    """Serves one validator."""
    if caller != VERA.ss58_address:
        raise Refused("only Vera is served")


@asynccontextmanager
async def a_server(
    answer: Any = echo,
    limits: Limits | None = None,
    admit: Any = only_vera,
    nonces: Nonces | None = None,
    desk: Desk | None = None,
) -> AsyncIterator[Peer]:
    """A running server for MINER, as the peer that the chain would show; it takes nonces from before its start."""
    desk = desk or Desk(answer, limits, Nonces(since_ns=0) if nonces is None else nonces)
    async with serving(Server(MINER, desk, admit), listen("127.0.0.1", 0)) as address:
        yield a_peer(address)


@asynccontextmanager
async def a_hostile(handle: Any, uid: int = 1) -> AsyncIterator[Peer]:
    """A TCP server that does whatever `handle(reader, writer)` does, as a peer with a hotkey of its own."""

    async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handle(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(guarded, "127.0.0.1", 0)
    try:
        hotkey = Keypair.create_from_uri(f"//Hostile{uid}").ss58_address
        yield a_peer(Address("127.0.0.1", server.sockets[0].getsockname()[1]), hotkey, uid)
    finally:
        server.close()


def receipt_line(request: bytes, body: bytes, model: str = "m", uid: int = 1) -> str:
    """The receipt's header line with which `a_hostile`'s hotkey vouches for a reply to a request's bytes."""
    signer = Keypair.create_from_uri(f"//Hostile{uid}")
    top, asked = request.split(b"\r\n\r\n", 1)
    lines = (line.split(": ", 1) for line in top.decode().split("\r\n")[1:])
    headers = {name.lower(): value for name, value in lines}
    payload = claimed(headers, Hotkey(signer.ss58_address)).payload(asked)
    return ": ".join(issue(signer, payload, body, model, 7))


async def raw_exchange(address: Address, sent: bytes, finish: bool = False) -> tuple[int, bytes]:
    """Status and everything after it that a server sends back for exactly these bytes; 0 when it hangs up."""
    reader, writer = await asyncio.open_connection(address.host, address.port)
    try:
        writer.write(sent)
        if finish:
            writer.write_eof()
        async with asyncio.timeout(10):
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            return int(head.split()[1]), await reader.readexactly(length)
    except (asyncio.IncompleteReadError, ConnectionError):
        return 0, b""
    finally:
        writer.close()


def head(headers: dict[str, str], target: str = "/assay/1/query", method: str = "POST") -> bytes:
    """The bytes of a request's head."""
    lines = [f"{method} {target} HTTP/1.1", "Host: x", *(f"{k}: {v}" for k, v in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@pytest.fixture
def wire() -> SimpleNamespace:
    """The helpers above, for test modules."""
    return SimpleNamespace(
        VERA=VERA,
        MINER=MINER,
        STRANGER=STRANGER,
        query=a_query,
        peer=a_peer,
        echo=echo,
        server=a_server,
        hostile=a_hostile,
        exchange=raw_exchange,
        head=head,
        receipt=receipt_line,
        replace=replace,
    )


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    """Vera's client on a local network."""
    async with Client(VERA, allow_private=True) as vera:
        yield vera
